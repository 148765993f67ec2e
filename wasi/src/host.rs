//! What a WASI program's surroundings must provide.
//!
//! A host is one value that implements [`Clocks`], [`Entropy`], [`Streams`], [`Files`], [`Sockets`]
//! and [`Wait`]; [`Host`] is all of them and needs no implementation of its own. Every method that a
//! host cannot serve is left out: it answers [`Errno::NotSup`].
//!
//! **Capabilities.** No method takes an absolute path or a name of something global. Files are
//! reached from a directory handle, and handles come from the embedder or from another handle.
//! A path is relative, UTF-8, not empty, without NUL, and shorter than [`crate::path::MAX`];
//! resolving it must not leave the directory, whatever links and `..` it meets on the way. For a host
//! that has no symbolic links ([`Files::SYMLINKS`] is false) paths that climb out are refused
//! before the host sees them.
//!
//! **Handles are associated types, and all operations are methods of the host.** A boxed object
//! per open file would cost an allocation per open and a pointer chase per read, and on a chip the
//! object could not reach the filesystem it belongs to without shared ownership. As plain values
//! owned by the descriptor table, handles may be a number, an index, or an open file, and the host
//! sees itself as `&mut self` in every call. A wrapper around another host (fault injection,
//! recording) takes over the inner handles unchanged.
//!
//! Positions, append mode, synchronous writes, rights and descriptor numbers are not the host's
//! business: this crate keeps them.

mod files;

pub use files::{DirEntry, Files, Filestat, OpenHow, Opened, OpenedBy, SetTime};

use crate::{
    errno::Errno,
    types::{Clockid, Filetype, Riflags, Roflags, Sdflags},
};

/// Everything a WASI program may ask for.
pub trait Host: Clocks + Entropy + Streams + Files + Sockets + Wait {}

impl<T: Clocks + Entropy + Streams + Files + Sockets + Wait> Host for T {}

/// The handle type of something a host does not have.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

/// Clocks; times are nanoseconds.
pub trait Clocks {
    /// The time.
    ///
    /// # Errors
    /// [`Errno::Inval`] for a clock that the host does not have.
    fn clock_now(&mut self, clock: Clockid) -> Result<u64, Errno> {
        let _ = clock;
        Err(Errno::Inval)
    }

    /// The time between two ticks, not 0.
    ///
    /// # Errors
    /// [`Errno::Inval`] for a clock that the host does not have.
    fn clock_resolution(&mut self, clock: Clockid) -> Result<u64, Errno> {
        let _ = clock;
        Err(Errno::Inval)
    }
}

/// Randomness.
pub trait Entropy {
    /// Fills the whole buffer with random bytes fit for keys.
    ///
    /// # Errors
    /// If there is no such source.
    fn random_fill(&mut self, buf: &mut [u8]) -> Result<(), Errno> {
        let _ = buf;
        Err(Errno::NotSup)
    }
}

/// Byte streams without a position: standard input and output, pipes, terminals, serial lines.
///
/// Buffers are several, as in `readv`, none of them empty, at most [`crate::guest::BATCH`].
pub trait Streams {
    /// A stream's handle.
    type Stream;

    /// What the guest takes the stream for: a terminal is a [`Filetype::CharacterDevice`].
    fn stream_filetype(&mut self, stream: &Self::Stream) -> Filetype {
        let _ = stream;
        Filetype::Unknown
    }

    /// Reads what there is, waiting for the first byte unless `nonblocking`; 0 is the end.
    ///
    /// # Errors
    /// [`Errno::Again`] if there is nothing yet and `nonblocking`.
    fn stream_read(
        &mut self,
        stream: &mut Self::Stream,
        bufs: &mut [&mut [u8]],
        nonblocking: bool,
    ) -> Result<usize, Errno> {
        let _ = (stream, bufs, nonblocking);
        Err(Errno::NotSup)
    }

    /// Writes as much as it takes and says how much that was.
    ///
    /// # Errors
    /// Only if nothing was written: [`Errno::Pipe`] if nobody reads, [`Errno::Again`] if there is no
    /// room and `nonblocking`.
    fn stream_write(
        &mut self,
        stream: &mut Self::Stream,
        bufs: &[&[u8]],
        nonblocking: bool,
    ) -> Result<usize, Errno> {
        let _ = (stream, bufs, nonblocking);
        Err(Errno::NotSup)
    }

    /// Gives the handle back.
    ///
    /// # Errors
    /// What closing reports; the handle is gone all the same.
    fn stream_close(&mut self, stream: Self::Stream) -> Result<(), Errno> {
        drop(stream);
        Ok(())
    }
}

/// Sockets, connected or listening. The guest can make none: it gets listeners from the embedder
/// and connections from those. Buffers as for [`Streams`].
pub trait Sockets {
    /// A socket's handle.
    type Socket;

    /// [`Filetype::SocketStream`] or [`Filetype::SocketDgram`].
    fn sock_filetype(&mut self, socket: &Self::Socket) -> Filetype {
        let _ = socket;
        Filetype::SocketStream
    }

    /// Takes a connection.
    ///
    /// # Errors
    /// As `accept`; [`Errno::Again`] if there is none and `nonblocking`.
    fn sock_accept(
        &mut self,
        listener: &mut Self::Socket,
        nonblocking: bool,
    ) -> Result<Self::Socket, Errno> {
        let _ = (listener, nonblocking);
        Err(Errno::NotSup)
    }

    /// Receives.
    ///
    /// # Errors
    /// As `recvmsg`.
    fn sock_recv(
        &mut self,
        socket: &mut Self::Socket,
        bufs: &mut [&mut [u8]],
        flags: Riflags,
        nonblocking: bool,
    ) -> Result<(usize, Roflags), Errno> {
        let _ = (socket, bufs, flags, nonblocking);
        Err(Errno::NotSup)
    }

    /// Sends as much as it takes and says how much that was.
    ///
    /// # Errors
    /// As `sendmsg`, and only if nothing was sent.
    fn sock_send(
        &mut self,
        socket: &mut Self::Socket,
        bufs: &[&[u8]],
        nonblocking: bool,
    ) -> Result<usize, Errno> {
        let _ = (socket, bufs, nonblocking);
        Err(Errno::NotSup)
    }

    /// Ends one or both directions.
    ///
    /// # Errors
    /// As `shutdown`.
    fn sock_shutdown(&mut self, socket: &mut Self::Socket, how: Sdflags) -> Result<(), Errno> {
        let _ = (socket, how);
        Err(Errno::NotSup)
    }

    /// Gives the handle back.
    ///
    /// # Errors
    /// What closing reports; the handle is gone all the same.
    fn sock_close(&mut self, socket: Self::Socket) -> Result<(), Errno> {
        drop(socket);
        Ok(())
    }
}

/// What can become ready.
#[derive(Debug)]
pub enum Source<'a, S, K> {
    /// A stream.
    Stream(&'a S),
    /// A socket; a listener is ready to read when it has a connection.
    Socket(&'a K),
}

/// What became ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Readiness {
    /// How many bytes can be read or written without waiting, if known; otherwise 1.
    pub nbytes: u64,
    /// The other side has closed.
    pub hangup: bool,
}

/// One thing to wait for.
#[derive(Debug)]
pub struct Interest<'a, S, K> {
    /// In what.
    pub source: Source<'a, S, K>,
    /// Room to write, or data to read.
    pub write: bool,
    /// The answer: `None` while it is not ready.
    pub ready: Option<Result<Readiness, Errno>>,
}

/// Waiting.
pub trait Wait: Streams + Sockets {
    /// Waits until one of the interests is ready or `timeout` nanoseconds are over (`None`: as long as
    /// it takes), and fills in all that are ready then. Without interests it is a sleep. It may
    /// return early with nothing ready.
    ///
    /// # Errors
    /// If it cannot wait for these; [`Errno::Intr`] if a signal came.
    fn wait(
        &mut self,
        interests: &mut [Interest<'_, Self::Stream, Self::Socket>],
        timeout: Option<u64>,
    ) -> Result<(), Errno> {
        let _ = (interests, timeout);
        Err(Errno::NotSup)
    }

    /// Lets others run.
    fn yield_now(&mut self) {}
}
