//! A host without an operating system: files, time and randomness in memory, the same in every run.
//!
//! It is what tests and `wasmote run --virtual` use, and the model for hosts of your own. A program can tell
//! it from the host of an operating system by these things:
//!
//! | | `MemHost` | an operating system |
//! |---|---|---|
//! | sleeping | takes no time: the clock is set forward | takes its time |
//! | waiting for nothing, without a timeout | `deadlk` | waits |
//! | processor time | is the time since the start | is less |
//! | access times | change only when they are set | change with reads, on some filesystems |
//! | `fd_sync` on a directory | succeeds | may be refused |
//! | sockets | none | those given |
//! | `mkdir` of a dangling link with a slash behind it | makes what it points to | `exist` |
//! | an error where several fit (`mkdir file/`, `rmdir dir/..`) | `notdir`, `notempty` | the system's choice |

mod fs;
mod nodes;

use alloc::{boxed::Box, vec::Vec};

pub use fs::{MemDir, MemFile, MemFs};

use crate::{
    determinism::{SeededRandom, VirtualClock},
    errno::Errno,
    host::{Clocks, Entropy, Interest, Never, Readiness, Sockets, Streams, Wait},
    types::Clockid,
};

/// Gives a program its input; 0 is the end.
type Reader = Box<dyn FnMut(&mut [u8]) -> Result<usize, Errno> + Send>;
/// Takes a program's output, as much as it likes.
type Writer = Box<dyn FnMut(&[u8]) -> Result<usize, Errno> + Send>;

enum Stream {
    Bytes { bytes: Vec<u8>, position: usize },
    Capture { bytes: Vec<u8>, limit: usize },
    Reader(Reader),
    Writer(Writer),
}

/// A stream of a [`MemHost`], made by its methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemStream(usize);

/// The host.
///
/// ```
/// use wasmote_wasi::{DirRights, MemHost, WasiCtxBuilder};
///
/// let mut host = MemHost::new();
/// host.fs.write("greeting", b"hello").unwrap();
/// let (root, out) = (host.fs.root(), host.capture(1 << 20));
/// let ctx = WasiCtxBuilder::new()
///     .arg("prog")?
///     .stdout(out)
///     .preopen(root, "/", DirRights::READ_ONLY)?
///     .build(host)?;
/// // … run a program with it, then look at what it wrote:
/// assert_eq!(ctx.host().captured(out), b"");
/// # Ok::<(), wasmote_wasi::BuildError>(())
/// ```
pub struct MemHost {
    /// The files.
    pub fs: MemFs,
    /// The time.
    pub clock: VirtualClock,
    /// The randomness.
    pub random: SeededRandom,
    streams: Vec<Stream>,
}

impl Default for MemHost {
    fn default() -> Self {
        MemHost::new()
    }
}

impl MemHost {
    /// No files, the time 2000-01-01, the randomness of seed 0.
    pub fn new() -> MemHost {
        MemHost {
            fs: MemFs::new(),
            clock: VirtualClock::new(946_684_800_000_000_000),
            random: SeededRandom::new(0),
            streams: Vec::new(),
        }
    }

    fn stream(&mut self, stream: Stream) -> MemStream {
        self.streams.push(stream);
        MemStream(self.streams.len() - 1)
    }

    /// Input that is these bytes.
    pub fn bytes(&mut self, bytes: impl Into<Vec<u8>>) -> MemStream {
        let bytes = bytes.into();
        self.stream(Stream::Bytes { bytes, position: 0 })
    }

    /// Output that is kept, up to `limit` bytes; more fails with `nospc`.
    pub fn capture(&mut self, limit: usize) -> MemStream {
        let bytes = Vec::new();
        self.stream(Stream::Capture { bytes, limit })
    }

    /// Input that is asked for.
    pub fn reader(
        &mut self,
        read: impl FnMut(&mut [u8]) -> Result<usize, Errno> + Send + 'static,
    ) -> MemStream {
        self.stream(Stream::Reader(Box::new(read)))
    }

    /// Output that is handed on.
    pub fn writer(
        &mut self,
        write: impl FnMut(&[u8]) -> Result<usize, Errno> + Send + 'static,
    ) -> MemStream {
        self.stream(Stream::Writer(Box::new(write)))
    }

    /// What a captured output has.
    pub fn captured(&self, stream: MemStream) -> &[u8] {
        match self.streams.get(stream.0) {
            Some(Stream::Capture { bytes, .. }) => bytes,
            _ => &[],
        }
    }

    /// The time for files.
    fn now(&mut self) -> u64 {
        self.clock.look(true)
    }
}

impl Clocks for MemHost {
    fn clock_now(&mut self, clock: Clockid) -> Result<u64, Errno> {
        Ok(self.clock.look(clock == Clockid::Realtime))
    }

    fn clock_resolution(&mut self, _: Clockid) -> Result<u64, Errno> {
        Ok(1)
    }
}

impl Entropy for MemHost {
    fn random_fill(&mut self, buf: &mut [u8]) -> Result<(), Errno> {
        self.random.fill(buf);
        Ok(())
    }
}

impl Streams for MemHost {
    type Stream = MemStream;

    fn stream_read(
        &mut self,
        stream: &mut MemStream,
        bufs: &mut [&mut [u8]],
        _: bool,
    ) -> Result<usize, Errno> {
        match self.streams.get_mut(stream.0).ok_or(Errno::Badf)? {
            Stream::Bytes { bytes, position } => {
                let before = *position;
                for buf in bufs {
                    let len = buf.len().min(bytes.len() - *position);
                    buf[..len].copy_from_slice(&bytes[*position..*position + len]);
                    *position += len;
                }
                Ok(*position - before)
            }
            Stream::Reader(read) => bufs.first_mut().map_or(Ok(0), |buf| {
                let len = read(buf)?;
                Ok(len.min(buf.len()))
            }),
            Stream::Capture { .. } | Stream::Writer(_) => Err(Errno::Badf),
        }
    }

    fn stream_write(
        &mut self,
        stream: &mut MemStream,
        bufs: &[&[u8]],
        _: bool,
    ) -> Result<usize, Errno> {
        match self.streams.get_mut(stream.0).ok_or(Errno::Badf)? {
            Stream::Capture { bytes, limit } => {
                let before = bytes.len();
                for buf in bufs {
                    let len = buf.len().min(*limit - bytes.len());
                    bytes.try_reserve(len).map_err(|_| Errno::NoMem)?;
                    bytes.extend_from_slice(&buf[..len]);
                }
                match bytes.len() - before {
                    0 if bufs.iter().any(|buf| !buf.is_empty()) => Err(Errno::NoSpc),
                    len => Ok(len),
                }
            }
            Stream::Writer(write) => bufs.first().map_or(Ok(0), |buf| {
                let len = write(buf)?;
                Ok(len.min(buf.len()))
            }),
            Stream::Bytes { .. } | Stream::Reader(_) => Err(Errno::Badf),
        }
    }
}

impl Sockets for MemHost {
    type Socket = Never;
}

impl Wait for MemHost {
    fn wait(
        &mut self,
        interests: &mut [Interest<'_, MemStream, Never>],
        timeout: Option<u64>,
    ) -> Result<(), Errno> {
        // Memory never makes anybody wait.
        for interest in interests.iter_mut() {
            let (nbytes, hangup) = (1, false);
            interest.ready = Some(Ok(Readiness { nbytes, hangup }));
        }
        if interests.is_empty() {
            self.clock.advance(timeout.ok_or(Errno::Deadlk)?);
        }
        Ok(())
    }
}
