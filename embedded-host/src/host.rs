//! The host: its parts, and the traits by which WASI reaches them.

use wasmote_wasi::{
    Errno,
    host::{
        Clocks, DirEntry, Entropy, Files, Filestat, Interest, Never, OpenHow, Opened, OpenedBy,
        Readiness, SetTime, Sockets, Source, Streams, Wait,
    },
    types::{Clockid, Filetype},
};

use crate::{
    clock::{MonotonicClock, NoClock, NoDelay, Sleep, WallClock},
    entropy::{NoEntropy, Random},
    fs::{NoFiles, Storage},
    stdio::{NoStdio, StdStream, Stdio},
};

/// How long to sleep between two looks at a line, in nanoseconds.
const POLL_INTERVAL: u64 = 100_000;
/// The longest sleep without a look at the clock.
const LONG_SLEEP: u64 = 1_000_000_000;

/// A host made of the parts that a board has. Those that are not given are absent by type, and cost
/// nothing.
///
/// ```
/// use wasmote_embedded_host::{EmbeddedHost, NoDelay, Serial};
/// # fn board<U: embedded_io::Read + embedded_io::ReadReady + embedded_io::Write>(uart: U) {
/// let host = EmbeddedHost::new().stdio(Serial(uart)).delay(NoDelay);
/// let stdout = host.stdout();
/// # }
/// ```
#[derive(Debug, Default)]
pub struct EmbeddedHost<
    S = NoFiles,
    I = NoStdio,
    R = NoEntropy,
    M = NoClock,
    W = NoClock,
    D = NoDelay,
> {
    /// The files.
    pub files: S,
    /// The standard streams.
    pub stdio: I,
    /// The randomness.
    pub random: R,
    /// The clock that goes on steadily.
    pub monotonic: M,
    /// The clock that knows the date.
    pub wall: W,
    /// What to wait with.
    pub delay: D,
}

impl EmbeddedHost {
    /// Nothing yet.
    pub fn new() -> Self {
        EmbeddedHost::default()
    }
}

/// Methods that replace one part; the others are kept.
macro_rules! with {
    ($($doc:literal $method:ident: $part:ident <$($param:ident),*>, $($kept:ident)*;)*) => {
        $(
            #[doc = $doc]
            pub fn $method<T>(self, $part: T) -> EmbeddedHost<$($param),*> {
                EmbeddedHost { $part, $($kept: self.$kept),* }
            }
        )*
    };
}

impl<S, I, R, M, W, D> EmbeddedHost<S, I, R, M, W, D> {
    with! {
        "With these files, such as [`crate::FlashFiles`]."
        files: files <T, I, R, M, W, D>, stdio random monotonic wall delay;
        "With these standard streams: [`crate::Serial`] or [`crate::Console`]."
        stdio: stdio <S, T, R, M, W, D>, files random monotonic wall delay;
        "With this randomness, a [`rand_core::TryCryptoRng`]."
        random: random <S, I, T, M, W, D>, files stdio monotonic wall delay;
        "With this [`MonotonicClock`]."
        monotonic_clock: monotonic <S, I, R, T, W, D>, files stdio random wall delay;
        "With this [`WallClock`]."
        wall_clock: wall <S, I, R, M, T, D>, files stdio random monotonic delay;
        "With this [`embedded_hal::delay::DelayNs`] to wait with."
        delay: delay <S, I, R, M, W, T>, files stdio random monotonic wall;
    }
}

impl<S, I: Stdio<Stream = StdStream>, R, M, W, D> EmbeddedHost<S, I, R, M, W, D> {
    /// The handle of standard input.
    pub fn stdin(&self) -> StdStream {
        StdStream::In
    }

    /// The handle of standard output.
    pub fn stdout(&self) -> StdStream {
        StdStream::Out
    }

    /// The handle of standard error.
    pub fn stderr(&self) -> StdStream {
        StdStream::Err
    }
}

impl<S, I, R, M, W: WallClock, D> EmbeddedHost<S, I, R, M, W, D> {
    /// The time for files; 0 if it is not known.
    fn now(&mut self) -> u64 {
        self.wall.now().unwrap_or(0)
    }
}

impl<S, I, R, M: MonotonicClock, W: WallClock, D> Clocks for EmbeddedHost<S, I, R, M, W, D> {
    fn clock_now(&mut self, clock: Clockid) -> Result<u64, Errno> {
        match clock {
            Clockid::Realtime => self.wall.now(),
            // One program is all that runs.
            Clockid::Monotonic | Clockid::ProcessCputime | Clockid::ThreadCputime => {
                self.monotonic.now()
            }
        }
    }

    fn clock_resolution(&mut self, clock: Clockid) -> Result<u64, Errno> {
        // Fails if there is no such clock.
        self.clock_now(clock)?;
        Ok(match clock {
            Clockid::Realtime => self.wall.resolution(),
            _ => self.monotonic.resolution(),
        })
    }
}

impl<S, I, R: Random, M, W, D> Entropy for EmbeddedHost<S, I, R, M, W, D> {
    fn random_fill(&mut self, buf: &mut [u8]) -> Result<(), Errno> {
        self.random.fill(buf)
    }
}

impl<S, I: Stdio, R, M, W, D> Streams for EmbeddedHost<S, I, R, M, W, D> {
    type Stream = I::Stream;

    fn stream_filetype(&mut self, _: &I::Stream) -> Filetype {
        Filetype::CharacterDevice
    }

    fn stream_read(
        &mut self,
        stream: &mut I::Stream,
        bufs: &mut [&mut [u8]],
        nonblocking: bool,
    ) -> Result<usize, Errno> {
        if nonblocking && !self.stdio.ready(*stream, false)? {
            return Err(Errno::Again);
        }
        let first = bufs.first_mut();
        first.map_or(Ok(0), |buf| self.stdio.read(*stream, buf))
    }

    fn stream_write(
        &mut self,
        stream: &mut I::Stream,
        bufs: &[&[u8]],
        _: bool,
    ) -> Result<usize, Errno> {
        let mut written = 0;
        for buf in bufs {
            let mut rest = *buf;
            while !rest.is_empty() {
                match self.stdio.write(*stream, rest) {
                    Ok(len) if len > 0 => {
                        written += len;
                        rest = rest.get(len..).unwrap_or_default();
                    }
                    _ if written > 0 => return Ok(written),
                    Ok(_) => return Err(Errno::Io),
                    Err(errno) => return Err(errno),
                }
            }
        }
        // The line has taken it: if it is stuck now, the next call finds out.
        let _ = self.stdio.flush(*stream);
        Ok(written)
    }
}

impl<S, I, R, M, W, D> Sockets for EmbeddedHost<S, I, R, M, W, D> {
    type Socket = Never;
}

impl<S, I: Stdio, R, M: MonotonicClock, W, D: Sleep> Wait for EmbeddedHost<S, I, R, M, W, D> {
    fn wait(
        &mut self,
        interests: &mut [Interest<'_, I::Stream, Never>],
        timeout: Option<u64>,
    ) -> Result<(), Errno> {
        if interests.is_empty() && timeout.is_none() {
            return Err(Errno::Deadlk);
        }
        let start = self.monotonic.now();
        // Counts if there is no clock.
        let mut slept = 0_u64;
        loop {
            let mut any = false;
            for interest in interests.iter_mut() {
                let Source::Stream(stream) = interest.source else {
                    continue;
                };
                let (nbytes, hangup) = (1, false);
                interest.ready = match self.stdio.ready(*stream, interest.write) {
                    Ok(true) => Some(Ok(Readiness { nbytes, hangup })),
                    Ok(false) => None,
                    Err(errno) => Some(Err(errno)),
                };
                any |= interest.ready.is_some();
            }
            if any {
                return Ok(());
            }
            let passed = match (start, self.monotonic.now()) {
                (Ok(start), Ok(now)) => now.saturating_sub(start),
                _ => slept,
            };
            let left = timeout.map_or(u64::MAX, |timeout| timeout.saturating_sub(passed));
            if left == 0 {
                return Ok(());
            }
            let step = left.min(match interests {
                [] => LONG_SLEEP,
                _ => POLL_INTERVAL,
            });
            match self.delay.sleep(step) {
                Ok(()) => slept = slept.saturating_add(step),
                // The clock ends the loop.
                Err(_) if start.is_ok() => core::hint::spin_loop(),
                Err(errno) => return Err(errno),
            }
        }
    }
}

impl<S: Storage, I: Stdio, R, M, W: WallClock, D> Files for EmbeddedHost<S, I, R, M, W, D> {
    type Dir = S::Dir;
    type File = S::File;

    fn dir_open(
        &mut self,
        dir: &S::Dir,
        path: &str,
        how: &OpenHow,
    ) -> Result<OpenedBy<Self>, Errno> {
        let now = self.now();
        Ok(match self.files.dir_open(dir, path, how, now)? {
            Opened::Dir(dir) => Opened::Dir(dir),
            Opened::File(file) => Opened::File(file),
            Opened::Stream(never) => match never {},
        })
    }

    fn dir_create_directory(&mut self, dir: &S::Dir, path: &str) -> Result<(), Errno> {
        let now = self.now();
        self.files.dir_create_directory(dir, path, now)
    }

    fn dir_remove_directory(&mut self, dir: &S::Dir, path: &str) -> Result<(), Errno> {
        self.files.dir_remove_directory(dir, path)
    }

    fn dir_unlink_file(&mut self, dir: &S::Dir, path: &str) -> Result<(), Errno> {
        self.files.dir_unlink_file(dir, path)
    }

    fn dir_rename(
        &mut self,
        from: &S::Dir,
        old_path: &str,
        to: &S::Dir,
        new_path: &str,
    ) -> Result<(), Errno> {
        self.files.dir_rename(from, old_path, to, new_path)
    }

    /// There are no symbolic links, whatever the path.
    fn dir_readlink(&mut self, dir: &S::Dir, path: &str, _: &mut [u8]) -> Result<usize, Errno> {
        self.files.dir_stat_at(dir, path)?;
        Err(Errno::Inval)
    }

    fn dir_stat_at(&mut self, dir: &S::Dir, path: &str, _: bool) -> Result<Filestat, Errno> {
        self.files.dir_stat_at(dir, path)
    }

    fn dir_set_times_at(
        &mut self,
        dir: &S::Dir,
        path: &str,
        _: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let now = self.now();
        self.files.dir_set_times_at(dir, path, atim, mtim, now)
    }

    fn dir_read(
        &mut self,
        dir: &mut S::Dir,
        cookie: u64,
        emit: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<(), Errno> {
        self.files.dir_read(dir, cookie, emit)
    }

    fn dir_stat(&mut self, dir: &S::Dir) -> Result<Filestat, Errno> {
        self.files.dir_stat(dir)
    }

    fn dir_set_times(&mut self, dir: &S::Dir, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        let now = self.now();
        self.files.dir_set_times(dir, atim, mtim, now)
    }

    fn dir_sync(&mut self, dir: &S::Dir) -> Result<(), Errno> {
        self.files.dir_sync(dir)
    }

    fn dir_close(&mut self, dir: S::Dir) -> Result<(), Errno> {
        self.files.dir_close(dir)
    }

    fn file_read_at(
        &mut self,
        file: &mut S::File,
        bufs: &mut [&mut [u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        self.files.file_read_at(file, bufs, offset)
    }

    fn file_write_at(
        &mut self,
        file: &mut S::File,
        bufs: &[&[u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        let now = self.now();
        self.files.file_write_at(file, bufs, offset, now)
    }

    fn file_stat(&mut self, file: &S::File) -> Result<Filestat, Errno> {
        self.files.file_stat(file)
    }

    fn file_set_size(&mut self, file: &mut S::File, size: u64) -> Result<(), Errno> {
        let now = self.now();
        self.files.file_set_size(file, size, now)
    }

    fn file_set_times(
        &mut self,
        file: &S::File,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let now = self.now();
        self.files.file_set_times(file, atim, mtim, now)
    }

    fn file_sync(&mut self, file: &mut S::File, _: bool) -> Result<(), Errno> {
        self.files.file_sync(file)
    }

    fn file_allocate(&mut self, file: &mut S::File, offset: u64, len: u64) -> Result<(), Errno> {
        let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
        if end > self.files.file_stat(file)?.size {
            self.file_set_size(file, end)?;
        }
        Ok(())
    }

    fn file_close(&mut self, file: S::File) -> Result<(), Errno> {
        self.files.file_close(file)
    }
}
