//! Sockets: connections are kept in blocking mode and told call by call not to wait; listeners, for which
//! no such flag exists, are kept in nonblocking mode and waited for.

use std::{
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::{UnixDatagram, UnixListener, UnixStream},
    },
};

use rustix::{
    event::PollFlags,
    io::Errno as Os,
    net::{
        RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendFlags, Shutdown,
        SocketType, sockopt,
    },
};
use wasmote_wasi::{
    Errno,
    host::Sockets,
    types::{Filetype, Riflags, Roflags, Sdflags},
};

use crate::{
    StdHost,
    convert::os,
    files::{slices, slices_mut},
    stream::ready,
};

/// A socket, listening or connected.
#[derive(Debug)]
pub struct StdSocket(OwnedFd);

impl StdSocket {
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

macro_rules! from_sockets {
    ($($Socket:ty),*) => { $(
        impl From<$Socket> for StdSocket {
            fn from(socket: $Socket) -> StdSocket {
                StdSocket(socket.into())
            }
        }
    )* };
}
from_sockets!(
    OwnedFd,
    TcpListener,
    TcpStream,
    UdpSocket,
    UnixListener,
    UnixStream,
    UnixDatagram
);

/// Calls until the answer is not `again`, waiting in between unless the program does not want to: the socket
/// may be in nonblocking mode although nobody asked for it.
fn transfer<T>(
    fd: BorrowedFd<'_>,
    flags: PollFlags,
    nonblocking: bool,
    mut call: impl FnMut() -> rustix::io::Result<T>,
) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Os::AGAIN) if !nonblocking => ready(fd, flags, false)?,
            result => return result.map_err(os),
        }
    }
}

impl Sockets for StdHost {
    type Socket = StdSocket;

    fn sock_filetype(&mut self, socket: &StdSocket) -> Filetype {
        match sockopt::socket_type(socket.fd()) {
            Ok(SocketType::STREAM) => Filetype::SocketStream,
            Ok(SocketType::DGRAM) => Filetype::SocketDgram,
            _ => Filetype::Unknown,
        }
    }

    fn sock_accept(
        &mut self,
        listener: &mut StdSocket,
        nonblocking: bool,
    ) -> Result<StdSocket, Errno> {
        let fd = listener.fd();
        // A connection that is gone again must not make `accept` wait for the next one.
        rustix::io::ioctl_fionbio(fd, true).map_err(os)?;
        let accept = || match rustix::net::accept(fd) {
            // It was reset before it was taken: to the program it never was.
            Err(Os::CONNABORTED) => Err(Os::AGAIN),
            result => result,
        };
        let connection = transfer(fd, PollFlags::IN, nonblocking, accept)?;
        rustix::io::fcntl_setfd(&connection, rustix::io::FdFlags::CLOEXEC).map_err(os)?;
        // Some systems hand the listener's mode on.
        rustix::io::ioctl_fionbio(&connection, false).map_err(os)?;
        Ok(StdSocket(connection))
    }

    fn sock_recv(
        &mut self,
        socket: &mut StdSocket,
        bufs: &mut [&mut [u8]],
        flags: Riflags,
        nonblocking: bool,
    ) -> Result<(usize, Roflags), Errno> {
        let fd = socket.fd();
        let mut how = RecvFlags::empty();
        how.set(RecvFlags::PEEK, flags.contains(Riflags::RECV_PEEK));
        how.set(RecvFlags::WAITALL, flags.contains(Riflags::RECV_WAITALL));
        how.set(RecvFlags::DONTWAIT, nonblocking);
        let count = bufs.len();
        let mut bufs = slices_mut(bufs);
        let message = transfer(fd, PollFlags::IN, nonblocking, || {
            let mut control = RecvAncillaryBuffer::default();
            rustix::net::recvmsg(fd, &mut bufs[..count], &mut control, how)
        })?;
        let cut = if message.flags.contains(ReturnFlags::TRUNC) {
            Roflags::RECV_DATA_TRUNCATED
        } else {
            Roflags::EMPTY
        };
        Ok((message.bytes, cut))
    }

    fn sock_send(
        &mut self,
        socket: &mut StdSocket,
        bufs: &[&[u8]],
        nonblocking: bool,
    ) -> Result<usize, Errno> {
        let fd = socket.fd();
        // A program that is not there any more to read is an error of this call, not a signal for all.
        #[cfg(not(target_vendor = "apple"))]
        let mut how = SendFlags::NOSIGNAL;
        #[cfg(target_vendor = "apple")]
        let mut how = SendFlags::empty();
        #[cfg(target_vendor = "apple")]
        sockopt::set_socket_nosigpipe(fd, true).map_err(os)?;
        how.set(SendFlags::DONTWAIT, nonblocking);
        let (bufs, count) = (slices(bufs), bufs.len());
        transfer(fd, PollFlags::OUT, nonblocking, || {
            let mut control = SendAncillaryBuffer::default();
            rustix::net::sendmsg(fd, &bufs[..count], &mut control, how)
        })
    }

    fn sock_shutdown(&mut self, socket: &mut StdSocket, how: Sdflags) -> Result<(), Errno> {
        let how = match (how.contains(Sdflags::RD), how.contains(Sdflags::WR)) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval),
        };
        rustix::net::shutdown(socket.fd(), how).map_err(os)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        thread,
    };

    use super::*;

    #[test]
    fn connections_are_taken_and_both_directions_carry_data() {
        let mut host = StdHost::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut listener = StdSocket::from(listener);
        let none = host.sock_accept(&mut listener, true);
        assert_eq!(none.err(), Some(Errno::Again));
        assert_eq!(host.sock_filetype(&listener), Filetype::SocketStream);

        let client = thread::spawn(move || {
            let mut client = TcpStream::connect(address).unwrap();
            client.write_all(b"hello ").unwrap();
            client.write_all(b"world").unwrap();
            client.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).unwrap();
            answer
        });
        let mut socket = host.sock_accept(&mut listener, false).unwrap();
        let mut recv = |len: usize, flags| {
            let (mut a, mut b) = ([0; 2], [0; 20]);
            let mut bufs: [&mut [u8]; 2] = [&mut a, &mut b[..len - 2]];
            let (got, _) = host.sock_recv(&mut socket, &mut bufs, flags, false)?;
            Ok::<_, Errno>([&a[..got.min(2)], &b[..got.saturating_sub(2)]].concat())
        };
        let all = Riflags::RECV_WAITALL;
        assert_eq!(recv(11, all | Riflags::RECV_PEEK).unwrap(), b"hello world");
        assert_eq!(recv(5, all).unwrap(), b"hello");
        assert_eq!(recv(6, all).unwrap(), b" world");
        assert_eq!(recv(6, Riflags::EMPTY).unwrap(), b"");
        assert_eq!(host.sock_send(&mut socket, &[b"an", b"swer"], false), Ok(6));
        assert_eq!(host.sock_shutdown(&mut socket, Sdflags::WR), Ok(()));
        assert_eq!(client.join().unwrap(), "answer");
        let sent = host.sock_send(&mut socket, &[b"x"], false);
        assert_eq!(sent, Err(Errno::Pipe));
    }

    #[test]
    fn datagrams_are_cut_and_that_is_told() {
        let mut host = StdHost::new();
        let (a, b) = UnixDatagram::pair().unwrap();
        let mut socket = StdSocket::from(a);
        assert_eq!(host.sock_filetype(&socket), Filetype::SocketDgram);
        let mut buf = [0; 3];
        let nothing = host.sock_recv(&mut socket, &mut [&mut buf], Riflags::EMPTY, true);
        assert_eq!(nothing, Err(Errno::Again));
        b.send(b"12345").unwrap();
        b.send(b"67").unwrap();
        let first = host.sock_recv(&mut socket, &mut [&mut buf], Riflags::EMPTY, true);
        assert_eq!(first, Ok((3, Roflags::RECV_DATA_TRUNCATED)));
        let second = host.sock_recv(&mut socket, &mut [&mut buf], Riflags::EMPTY, false);
        assert_eq!((second, &buf[..2]), (Ok((2, Roflags::EMPTY)), &b"67"[..]));
    }
}
