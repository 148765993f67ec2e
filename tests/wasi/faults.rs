//! Every call of the host made to fail, one at a time and for good: nothing panics, every call ends, and
//! nothing is reported written that is not.

use wasmote::{Engine, Linker, Module, Store};
use wasmote_std_host::{Capture, StdDir, StdHost};
use wasmote_tests::{
    Scratch, guest,
    program::{CREAT, Program},
};
use wasmote_wasi::{
    DirRights, Errno, Fault, Faults, Function, HostCall, Intercept, Rights, WasiCtx,
    WasiCtxBuilder, add_to_linker,
};

type Host = Intercept<StdHost, Faults>;

const ERRORS: [Errno; 3] = [Errno::NoSpc, Errno::Io, Errno::Intr];

fn builder(root: &Scratch) -> WasiCtxBuilder<Host> {
    let dir = StdDir::open(root.path()).unwrap();
    WasiCtxBuilder::new()
        .preopen(dir, "/", DirRights::READ_WRITE)
        .unwrap()
}

fn build(builder: WasiCtxBuilder<Host>, faults: Faults) -> WasiCtx<Host> {
    let inner = StdHost::new();
    let before = faults;
    builder.build(Intercept { inner, before }).unwrap()
}

/// What a program believes that a file contains: what it wrote, as far as it was told so.
#[derive(Default)]
pub(crate) struct Belief(pub(crate) Vec<u8>);

impl Belief {
    fn write(&mut self, at: usize, bytes: &[u8], written: Result<usize, Errno>) {
        let bytes = &bytes[..written.unwrap_or(0)];
        if !bytes.is_empty() {
            self.0.resize(self.0.len().max(at + bytes.len()), 0);
            self.0[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
}

/// Writes, appends, moves and lists, and goes on whatever fails. Returns what must be in the file `moved` or,
/// if that was not made, in `file`.
pub(crate) fn work<H: wasmote_wasi::Host>(program: &mut Program<H>) -> Belief {
    let mut belief = Belief::default();
    let rights = Rights::FILE;
    let Ok(fd) = program.open(3, "file", CREAT, rights) else {
        return belief;
    };
    let long = [b'x'; 9000];
    let mut position = 0;
    for bytes in [&b"first"[..], &long, b"last"] {
        let written = program.write(fd, bytes);
        belief.write(position, bytes, written);
        position += written.unwrap_or(0);
    }
    let written = program.pwrite(fd, b"FIRST", 1);
    belief.write(1, b"FIRST", written);
    let _ = program.call(Function::fd_sync, &[fd]);
    let _ = program.seek(fd, 0, 2);
    let _ = program.call(Function::fd_filestat_set_times, &[fd, 0, 0, 10]);
    if program
        .call(Function::fd_filestat_set_size, &[fd, 100])
        .is_ok()
    {
        belief.0.resize(100, 0);
    }
    if let Ok(read) = program.pread(fd, 100, 0) {
        assert_eq!(read, belief.0[..read.len()]);
    }
    let _ = program.close(fd);
    if let Ok(fd) = program.open_with(3, false, "file", 0, rights, Rights::EMPTY, 1) {
        let written = program.write(fd, b"appended");
        let end = belief.0.len();
        belief.write(end, b"appended", written);
        let _ = program.close(fd);
    }
    let _ = program.mkdir(3, "dir");
    let _ = program.link(3, "file", 3, "dir/link");
    let _ = program.symlink("file", 3, "soft");
    let _ = program.readlink(3, "soft", 100);
    let _ = program.stat(3, "soft", true);
    if let Ok(dir) = program.open(3, "dir", 0, Rights::FD_READDIR) {
        let _ = program.readdir(dir, 1000, 0);
        let _ = program.close(dir);
    }
    let _ = program.rename(3, "file", 3, "moved");
    let _ = program.unlink(3, "dir/link");
    let _ = program.rmdir(3, "dir");
    let _ = program.call(Function::random_get, &[0, 10]);
    let _ = program.call(Function::clock_time_get, &[0, 0, 0]);
    belief
}

/// Runs the work with these faults and compares; tells how many calls there were.
fn run(faults: Faults) -> (u64, u64) {
    let root = Scratch::new();
    let mut program = Program::new(build(builder(&root), faults));
    let belief = work(&mut program);
    let (host, _) = program.ctx.finish();
    let moved = std::fs::read(root.path().join("moved"));
    let contents = moved.or_else(|_| std::fs::read(root.path().join("file")));
    assert_eq!(contents.unwrap_or_default(), belief.0);
    host.before.counts()
}

#[test]
fn a_call_that_fails_once() {
    let (calls, _) = run(Faults::default());
    assert!(calls > 20, "{calls}");
    for nth in 1..=calls {
        for errno in ERRORS {
            let (_, injected) = run(Faults::once(nth, errno));
            assert_eq!(injected, 1, "{nth} {errno:?}");
        }
    }
}

#[test]
fn a_call_that_fails_from_some_time_on() {
    for &call in HostCall::ALL {
        for nth in 1..=3 {
            for errno in ERRORS {
                run(Faults::new([Fault {
                    call: Some(call),
                    nth,
                    errno,
                    lasting: true,
                }]));
            }
        }
    }
}

/// A program in C, with the library's own handling of errors.
#[test]
fn a_real_program_meets_every_fault() {
    let engine = Engine::default();
    let module = Module::new(&engine, std::fs::read(guest("files.wasm")).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx<Host>| ctx).unwrap();
    let run = |faults: Faults| {
        let root = Scratch::new();
        let out = Capture::new(10_000);
        let builder = builder(&root).args(["files", "/"]).unwrap();
        let ctx = build(builder.stdout(out.clone().into()), faults);
        let mut store = Store::new(&engine, ctx);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let start = instance.get_typed_func::<(), ()>(&store, "_start").unwrap();
        let result = start.call(&mut store, ());
        if let Err(error) = result {
            let status = error.i32_exit_status();
            assert!(status.is_some() || error.trap().is_some(), "{error}");
        }
        let (host, _) = store.into_data().finish();
        (host.before.counts(), out.contents())
    };
    let ((calls, _), usual) = run(Faults::default());
    assert!(calls > 20 && !usual.is_empty(), "{calls}");
    for nth in 1..=calls {
        for errno in ERRORS {
            let ((_, injected), _) = run(Faults::once(nth, errno));
            assert_eq!(injected, 1, "{nth} {errno:?}");
        }
    }
}
