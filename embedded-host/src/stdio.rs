//! Standard input, output and errors over serial lines.

use embedded_io::{ErrorKind, Read, ReadReady, Write};
use wasmote_wasi::{Errno, host::Never};

/// One of the standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StdStream {
    /// Input.
    In,
    /// Output.
    Out,
    /// Errors.
    Err,
}

/// Where the standard streams lead.
pub trait Stdio {
    /// A stream's handle: [`StdStream`], or [`Never`] if there are none.
    type Stream: Copy;

    /// Reads what there is, waiting for the first byte; 0 is the end.
    ///
    /// # Errors
    /// [`Errno::Badf`] for a stream that cannot be read; what the line says.
    fn read(&mut self, stream: Self::Stream, buf: &mut [u8]) -> Result<usize, Errno>;

    /// Whether reading, or writing, can be done without waiting.
    ///
    /// # Errors
    /// As [`Self::read`].
    fn ready(&mut self, stream: Self::Stream, write: bool) -> Result<bool, Errno>;

    /// Writes as much as it takes.
    ///
    /// # Errors
    /// [`Errno::Badf`] for a stream that cannot be written; what the line says.
    fn write(&mut self, stream: Self::Stream, bytes: &[u8]) -> Result<usize, Errno>;

    /// Waits until what was written is on its way.
    ///
    /// # Errors
    /// As [`Self::write`].
    fn flush(&mut self, stream: Self::Stream) -> Result<(), Errno>;
}

/// No standard streams.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStdio;

impl Stdio for NoStdio {
    type Stream = Never;

    fn read(&mut self, stream: Never, _: &mut [u8]) -> Result<usize, Errno> {
        match stream {}
    }

    fn ready(&mut self, stream: Never, _: bool) -> Result<bool, Errno> {
        match stream {}
    }

    fn write(&mut self, stream: Never, _: &[u8]) -> Result<usize, Errno> {
        match stream {}
    }

    fn flush(&mut self, stream: Never) -> Result<(), Errno> {
        match stream {}
    }
}

/// One line for all three.
#[derive(Debug)]
pub struct Serial<U>(pub U);

impl<U: Read + ReadReady + Write> Stdio for Serial<U> {
    type Stream = StdStream;

    fn read(&mut self, stream: StdStream, buf: &mut [u8]) -> Result<usize, Errno> {
        match stream {
            StdStream::In => self.0.read(buf).map_err(errno),
            StdStream::Out | StdStream::Err => Err(Errno::Badf),
        }
    }

    fn ready(&mut self, stream: StdStream, write: bool) -> Result<bool, Errno> {
        match stream {
            StdStream::In if !write => self.0.read_ready().map_err(errno),
            _ => Ok(true),
        }
    }

    fn write(&mut self, stream: StdStream, bytes: &[u8]) -> Result<usize, Errno> {
        match stream {
            StdStream::In => Err(Errno::Badf),
            StdStream::Out | StdStream::Err => self.0.write(bytes).map_err(errno),
        }
    }

    fn flush(&mut self, _: StdStream) -> Result<(), Errno> {
        self.0.flush().map_err(errno)
    }
}

/// A line for each. Streams that a program is not to have are left out of its `WasiCtxBuilder`.
#[derive(Debug)]
pub struct Console<I, O, E> {
    /// Input.
    pub input: I,
    /// Output.
    pub output: O,
    /// Errors.
    pub errors: E,
}

impl<I: Read + ReadReady, O: Write, E: Write> Stdio for Console<I, O, E> {
    type Stream = StdStream;

    fn read(&mut self, stream: StdStream, buf: &mut [u8]) -> Result<usize, Errno> {
        match stream {
            StdStream::In => self.input.read(buf).map_err(errno),
            StdStream::Out | StdStream::Err => Err(Errno::Badf),
        }
    }

    fn ready(&mut self, stream: StdStream, write: bool) -> Result<bool, Errno> {
        match stream {
            StdStream::In if !write => self.input.read_ready().map_err(errno),
            _ => Ok(true),
        }
    }

    fn write(&mut self, stream: StdStream, bytes: &[u8]) -> Result<usize, Errno> {
        match stream {
            StdStream::In => Err(Errno::Badf),
            StdStream::Out => self.output.write(bytes).map_err(errno),
            StdStream::Err => self.errors.write(bytes).map_err(errno),
        }
    }

    fn flush(&mut self, stream: StdStream) -> Result<(), Errno> {
        match stream {
            StdStream::In => Ok(()),
            StdStream::Out => self.output.flush().map_err(errno),
            StdStream::Err => self.errors.flush().map_err(errno),
        }
    }
}

/// What an error of a line is to a program.
fn errno<E: embedded_io::Error>(error: E) -> Errno {
    match error.kind() {
        ErrorKind::NotFound => Errno::NoEnt,
        ErrorKind::PermissionDenied => Errno::Acces,
        ErrorKind::ConnectionRefused => Errno::ConnRefused,
        ErrorKind::ConnectionReset => Errno::ConnReset,
        ErrorKind::ConnectionAborted => Errno::ConnAborted,
        ErrorKind::NotConnected => Errno::NotConn,
        ErrorKind::AddrInUse => Errno::AddrInUse,
        ErrorKind::AddrNotAvailable => Errno::AddrNotAvail,
        ErrorKind::BrokenPipe => Errno::Pipe,
        ErrorKind::AlreadyExists => Errno::Exist,
        ErrorKind::InvalidInput => Errno::Inval,
        ErrorKind::TimedOut => Errno::TimedOut,
        ErrorKind::Interrupted => Errno::Intr,
        ErrorKind::Unsupported => Errno::NotSup,
        ErrorKind::OutOfMemory => Errno::NoMem,
        // `Other`, `InvalidData`, `WriteZero`, and what may come.
        _ => Errno::Io,
    }
}

/// A line that cannot tell whether there is something to read: it says yes, and reading waits.
#[derive(Debug)]
pub struct AlwaysReady<U>(pub U);

impl<U: embedded_io::ErrorType> embedded_io::ErrorType for AlwaysReady<U> {
    type Error = U::Error;
}

impl<U: Read> Read for AlwaysReady<U> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, U::Error> {
        self.0.read(buf)
    }
}

impl<U: Read> ReadReady for AlwaysReady<U> {
    fn read_ready(&mut self) -> Result<bool, U::Error> {
        Ok(true)
    }
}

impl<U: Write> Write for AlwaysReady<U> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, U::Error> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> Result<(), U::Error> {
        self.0.flush()
    }
}
