//! A host for unit tests: scripted streams, files that are all empty, one directory.

use alloc::{vec, vec::Vec};

use crate::{
    ctx::{WasiCtx, WasiCtxBuilder},
    errno::Errno,
    host::{
        Clocks, Entropy, Files, Filestat, Interest, Never, OpenHow, Opened, Readiness, Sockets,
        Streams, Wait,
    },
    layout::Abi,
    preview1::{Function, Outcome},
    types::{Clockid, DirRights, Filetype},
};

/// A stream that reads its bytes and keeps what is written, at most `room` bytes at a time.
pub(crate) struct Script {
    pub(crate) input: Vec<u8>,
    pub(crate) output: Vec<u8>,
    /// How much each write takes; writes beyond the list break the pipe.
    pub(crate) room: Vec<usize>,
}

/// How the host was asked to open what path.
pub(crate) type OpenCall = (alloc::string::String, OpenHow);

#[derive(Default)]
pub(crate) struct TestHost {
    pub(crate) opens: Vec<OpenCall>,
    pub(crate) renames: usize,
    pub(crate) now: u64,
    pub(crate) waits: Vec<Option<u64>>,
    /// The host wakes up after this many nanoseconds at most.
    pub(crate) early: Option<u64>,
    pub(crate) ready: bool,
}

impl Clocks for TestHost {
    fn clock_now(&mut self, clock: Clockid) -> Result<u64, Errno> {
        match clock {
            Clockid::Realtime => Ok(self.now + 1_000_000),
            Clockid::Monotonic => Ok(self.now),
            _ => Err(Errno::Inval),
        }
    }
}

impl Entropy for TestHost {}

impl Streams for TestHost {
    type Stream = Script;

    fn stream_read(
        &mut self,
        stream: &mut Script,
        bufs: &mut [&mut [u8]],
        _: bool,
    ) -> Result<usize, Errno> {
        let len = bufs[0].len().min(stream.input.len());
        bufs[0][..len].copy_from_slice(&stream.input[..len]);
        stream.input.drain(..len);
        Ok(len)
    }

    fn stream_write(
        &mut self,
        stream: &mut Script,
        bufs: &[&[u8]],
        _: bool,
    ) -> Result<usize, Errno> {
        if stream.room.is_empty() {
            return Err(Errno::Pipe);
        }
        let room = stream.room.remove(0);
        let bytes: Vec<u8> = bufs.concat().into_iter().take(room).collect();
        stream.output.extend_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Files for TestHost {
    type Dir = ();
    type File = ();
    const SYMLINKS: bool = true;

    fn dir_open(
        &mut self,
        _: &(),
        path: &str,
        how: &OpenHow,
    ) -> Result<Opened<(), (), Script>, Errno> {
        self.opens.push((path.into(), *how));
        if path.ends_with("dir") {
            Ok(Opened::Dir(()))
        } else {
            Ok(Opened::File(()))
        }
    }

    fn dir_rename(&mut self, _: &(), _: &str, _: &(), _: &str) -> Result<(), Errno> {
        self.renames += 1;
        Ok(())
    }

    fn file_stat(&mut self, _: &()) -> Result<Filestat, Errno> {
        Ok(Filestat {
            size: 100,
            ..Filestat::of_type(Filetype::RegularFile)
        })
    }
}

impl Sockets for TestHost {
    type Socket = Never;
}

impl Wait for TestHost {
    fn wait(
        &mut self,
        interests: &mut [Interest<'_, Script, Never>],
        timeout: Option<u64>,
    ) -> Result<(), Errno> {
        self.waits.push(timeout);
        if self.ready {
            for interest in interests {
                interest.ready = Some(Ok(Readiness {
                    nbytes: 5,
                    hangup: false,
                }));
            }
            return Ok(());
        }
        let slept = timeout
            .ok_or(Errno::Deadlk)?
            .min(self.early.unwrap_or(u64::MAX));
        self.now += slept;
        Ok(())
    }
}

/// A program with 64 KiB of memory and a preopened directory at 3.
pub(crate) struct Program {
    pub(crate) ctx: WasiCtx<TestHost>,
    pub(crate) memory: Vec<u8>,
    pub(crate) abi: Abi,
}

impl Program {
    pub(crate) fn new() -> Program {
        Program::with(WasiCtxBuilder::new())
    }

    pub(crate) fn with(builder: WasiCtxBuilder<TestHost>) -> Program {
        let builder = builder.preopen((), "/", DirRights::READ_WRITE).unwrap();
        Program {
            ctx: builder.build(TestHost::default()).unwrap(),
            memory: vec![0; 65536],
            abi: Abi::Preview1,
        }
    }

    pub(crate) fn call(&mut self, function: Function, args: &[u64]) -> Errno {
        match self.ctx.call(&mut self.memory, self.abi, function, args) {
            Outcome::Errno(errno) => errno,
            Outcome::Exit(code) => panic!("exit {code}"),
        }
    }

    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) -> u64 {
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
        at as u64
    }

    pub(crate) fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.memory[at..at + 4].try_into().unwrap())
    }

    pub(crate) fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.memory[at..at + 8].try_into().unwrap())
    }
}
