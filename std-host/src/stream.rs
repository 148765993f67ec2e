//! Streams.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec},
    io::Errno as Os,
};
use wasmote_wasi::{Errno, host::Streams, types::Filetype};

use crate::{
    StdHost,
    convert::os,
    files::{kind, slices, slices_mut},
};

/// A stream: one of this process's own, an open descriptor, or memory.
#[derive(Debug)]
pub struct StdStream(pub(crate) Kind);

#[derive(Debug)]
pub(crate) enum Kind {
    Stdin(io::Stdin),
    Stdout(io::Stdout),
    Stderr(io::Stderr),
    Fd(OwnedFd),
    Bytes { bytes: Arc<[u8]>, position: usize },
    Capture(Capture),
}

impl StdStream {
    /// This process's standard input, without the standard library's buffer.
    pub fn stdin() -> StdStream {
        StdStream(Kind::Stdin(io::stdin()))
    }

    /// This process's standard output, without the standard library's buffer.
    pub fn stdout() -> StdStream {
        StdStream(Kind::Stdout(io::stdout()))
    }

    /// This process's standard error.
    pub fn stderr() -> StdStream {
        StdStream(Kind::Stderr(io::stderr()))
    }

    /// Input that is these bytes.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> StdStream {
        StdStream(Kind::Bytes {
            bytes: bytes.into(),
            position: 0,
        })
    }

    /// The descriptor below, unless it is memory.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.0 {
            Kind::Stdin(stdin) => Some(stdin.as_fd()),
            Kind::Stdout(stdout) => Some(stdout.as_fd()),
            Kind::Stderr(stderr) => Some(stderr.as_fd()),
            Kind::Fd(fd) => Some(fd.as_fd()),
            Kind::Bytes { .. } | Kind::Capture(_) => None,
        }
    }
}

/// A pipe, a terminal, a file: read and written without a position.
impl From<OwnedFd> for StdStream {
    fn from(fd: OwnedFd) -> StdStream {
        StdStream(Kind::Fd(fd))
    }
}

impl From<Capture> for StdStream {
    fn from(capture: Capture) -> StdStream {
        StdStream(Kind::Capture(capture))
    }
}

/// Memory that takes what a program writes, up to a limit; beyond it writing fails with `nospc`. Clones
/// share the memory.
#[derive(Clone, Debug)]
pub struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
}

impl Capture {
    /// Takes at most `limit` bytes.
    pub fn new(limit: usize) -> Capture {
        Capture {
            bytes: Arc::default(),
            limit,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy of what was written so far.
    pub fn contents(&self) -> Vec<u8> {
        self.lock().clone()
    }

    /// A copy of what was written after the first `seen` bytes.
    pub fn since(&self, seen: usize) -> Vec<u8> {
        self.lock().get(seen..).unwrap_or_default().to_vec()
    }

    /// Takes what there is room for, as a program's write does.
    ///
    /// # Errors
    /// [`Errno::NoSpc`] at the limit.
    pub fn write(&self, bufs: &[&[u8]]) -> Result<usize, Errno> {
        let mut bytes = self.lock();
        let before = bytes.len();
        for buf in bufs {
            let room = self.limit - bytes.len();
            bytes
                .try_reserve(buf.len().min(room))
                .map_err(|_| Errno::NoMem)?;
            bytes.extend_from_slice(&buf[..buf.len().min(room)]);
        }
        if bytes.len() == before && bufs.iter().any(|buf| !buf.is_empty()) {
            return Err(Errno::NoSpc);
        }
        Ok(bytes.len() - before)
    }
}

/// Waits until the descriptor is ready, or only looks.
///
/// # Errors
/// [`Errno::Again`] if it is not ready and this only looks; [`Errno::Intr`] after a signal.
pub(crate) fn ready(fd: BorrowedFd<'_>, flags: PollFlags, look: bool) -> Result<(), Errno> {
    let zero = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut fds = [PollFd::new(&fd, flags)];
    match rustix::event::poll(&mut fds, look.then_some(&zero)) {
        Ok(0) => Err(Errno::Again),
        Ok(_) => Ok(()),
        Err(error) => Err(os(error)),
    }
}

/// Calls until the descriptor does not answer `again` any more: it may be in nonblocking mode although the
/// program did not ask for it, because others share it. In turn the program's wish is not put on the
/// descriptor, for the same reason.
fn transfer(
    fd: BorrowedFd<'_>,
    flags: PollFlags,
    nonblocking: bool,
    mut call: impl FnMut() -> rustix::io::Result<usize>,
) -> Result<usize, Errno> {
    if nonblocking {
        ready(fd, flags, true)?;
    }
    loop {
        match call() {
            Err(Os::AGAIN) if !nonblocking => ready(fd, flags, false)?,
            result => return result.map_err(os),
        }
    }
}

/// A pipe that is ready takes this much without waiting (`PIPE_BUF` of POSIX).
const READY_ROOM: usize = 512;

impl Streams for StdHost {
    type Stream = StdStream;

    fn stream_filetype(&mut self, stream: &StdStream) -> Filetype {
        match stream.fd() {
            // `/dev/null` is a character device too, but programs ask to find out about terminals.
            Some(fd) => match kind(rustix::fs::fstat(fd)) {
                Filetype::CharacterDevice if !io::IsTerminal::is_terminal(&fd) => Filetype::Unknown,
                kind => kind,
            },
            None => Filetype::Unknown,
        }
    }

    fn stream_read(
        &mut self,
        stream: &mut StdStream,
        bufs: &mut [&mut [u8]],
        nonblocking: bool,
    ) -> Result<usize, Errno> {
        if let Kind::Bytes { bytes, position } = &mut stream.0 {
            let before = *position;
            for buf in bufs {
                let rest = &bytes[*position..];
                let len = rest.len().min(buf.len());
                buf[..len].copy_from_slice(&rest[..len]);
                *position += len;
            }
            return Ok(*position - before);
        }
        let fd = stream.fd().ok_or(Errno::Badf)?;
        let count = bufs.len();
        let mut bufs = slices_mut(bufs);
        transfer(fd, PollFlags::IN, nonblocking, || {
            rustix::io::readv(fd, &mut bufs[..count])
        })
    }

    fn stream_write(
        &mut self,
        stream: &mut StdStream,
        bufs: &[&[u8]],
        nonblocking: bool,
    ) -> Result<usize, Errno> {
        if let Kind::Capture(capture) = &stream.0 {
            return capture.write(bufs);
        }
        let fd = stream.fd().ok_or(Errno::Badf)?;
        if nonblocking {
            let buf = bufs.first().copied().unwrap_or_default();
            let buf = &buf[..buf.len().min(READY_ROOM)];
            return transfer(fd, PollFlags::OUT, true, || rustix::io::write(fd, buf));
        }
        let (bufs, count) = (slices(bufs), bufs.len());
        transfer(fd, PollFlags::OUT, false, || {
            rustix::io::writev(fd, &bufs[..count])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_end_at_their_limit() {
        let capture = Capture::new(5);
        assert_eq!(capture.write(&[b"abc", b"def"]), Ok(5));
        assert_eq!(capture.write(&[b"g"]), Err(Errno::NoSpc));
        assert_eq!(capture.write(&[]), Ok(0));
        assert_eq!(capture.contents(), b"abcde");
    }

    #[test]
    fn pipes() {
        let mut host = StdHost::new();
        let (reader, writer) = io::pipe().unwrap();
        let mut reader = StdStream::from(OwnedFd::from(reader));
        let mut writer = StdStream::from(OwnedFd::from(writer));
        let (mut a, mut b) = ([0; 2], [0; 9]);
        let read = host.stream_read(&mut reader, &mut [&mut a, &mut b], true);
        assert_eq!(read, Err(Errno::Again));
        assert_eq!(
            host.stream_write(&mut writer, &[b"he", b"llo"], false),
            Ok(5)
        );
        assert_eq!(
            host.stream_read(&mut reader, &mut [&mut a, &mut b], true),
            Ok(5)
        );
        assert_eq!((&a, &b[..3]), (b"he", &b"llo"[..]));
        let mut written = 0;
        let full = loop {
            match host.stream_write(&mut writer, &[&[0; 100_000]], true) {
                Ok(len) => written += len,
                Err(errno) => break errno,
            }
        };
        assert_eq!(full, Errno::Again);
        assert!(written >= 4096);
        assert_eq!(host.stream_filetype(&writer), Filetype::Unknown);
        drop(reader);
        assert_eq!(
            host.stream_write(&mut writer, &[b"x"], false),
            Err(Errno::Pipe)
        );
    }
}
