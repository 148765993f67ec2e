//! Programs that stop in the middle of a file, and go on in another process.

use std::fs;

use wasmote::{
    Config, Engine, Linker, Module, Store,
    debug::{Snapshot, Stepper, Stop, Until},
};
use wasmote_std_host::StdHost;
use wasmote_tests::{
    Scratch,
    program::{CREAT, DIRECTORY, Program},
};
use wasmote_wasi::{
    DirRights, Errno, Function, Host, MemHost, Rights, StateError, WasiCtx, WasiCtxBuilder,
};

const TEXT: &str = "the first half, and then what comes behind it";

/// Adds up the bytes of a file, read five at a time: `path_open`, then `fd_read` until there are no more.
const SUM: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "dir/file")
    (data (i32.const 16) "\40\00\00\00\05\00\00\00")
    (func (export "run") (result i32) (local $sum i32) (local $at i32)
        (br_if 0 (i32.const -1)
            (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 0)
                (i64.const 6) (i64.const 0) (i32.const 0) (i32.const 32)))
        (drop)
        (loop $more
            (if (call $read (i32.load (i32.const 32)) (i32.const 16) (i32.const 1) (i32.const 36))
                (then (return (i32.const -2))))
            (local.set $at (i32.const 0))
            (loop $byte
                (if (i32.lt_u (local.get $at) (i32.load (i32.const 36)))
                    (then
                        (local.set $sum (i32.add
                            (i32.mul (local.get $sum) (i32.const 31))
                            (i32.load8_u offset=64 (local.get $at))))
                        (local.set $at (i32.add (local.get $at) (i32.const 1)))
                        (br $byte))))
            (br_if $more (i32.load (i32.const 36))))
        (local.get $sum)))"#;

fn expected() -> i32 {
    let add = |sum: i32, byte: u8| sum.wrapping_mul(31).wrapping_add(byte.into());
    TEXT.bytes().fold(0, add)
}

/// A store with the program, which has not begun.
fn store<H: Host + Send + 'static>(ctx: WasiCtx<H>) -> (Store<WasiCtx<H>>, wasmote::Func)
where
    WasiCtx<H>: Send,
{
    let engine = Engine::new(Config::new().debug(true));
    let module = Module::new(&engine, wat::parse_str(SUM).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |ctx| ctx).unwrap();
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    (store, run)
}

/// Goes on from the middle of the file in another context.
fn resumes<H: Host + Send + 'static>(context: impl Fn() -> WasiCtx<H>)
where
    WasiCtx<H>: Send,
{
    let (mut first, run) = store(context());
    let mut stepper = Stepper::start(&mut first, run, &[]).unwrap();
    assert!(matches!(
        stepper.run(&mut first, &Until::steps(400)),
        Stop::Step
    ));
    let mut snapshot = Snapshot::take(&first, &stepper).unwrap();
    snapshot.host = first.data().save().unwrap();
    let bytes = snapshot.to_bytes().unwrap();
    assert!(matches!(stepper.run(&mut first, &Until::end()), Stop::Done));
    assert_eq!(stepper.results()[0].i32(), Some(expected()));

    let snapshot = Snapshot::from_bytes(&bytes).unwrap();
    let (mut second, _) = store(context());
    second.data_mut().restore(&snapshot.host).unwrap();
    let mut stepper = snapshot.restore(&mut second).unwrap();
    assert!(matches!(
        stepper.run(&mut second, &Until::end()),
        Stop::Done
    ));
    assert_eq!(stepper.results()[0].i32(), Some(expected()));
    assert_eq!(second.steps(), first.steps());
}

fn in_memory() -> WasiCtx<MemHost> {
    let mut host = MemHost::new();
    host.fs.create_dir_all("dir/deep").unwrap();
    host.fs.write("dir/file", TEXT.as_bytes()).unwrap();
    let root = host.fs.root();
    let builder = WasiCtxBuilder::new().preopen(root, "/", DirRights::READ_WRITE);
    builder.unwrap().build(host).unwrap()
}

fn on_disk(scratch: &Scratch) -> WasiCtx<StdHost> {
    fs::create_dir_all(scratch.path().join("dir/deep")).unwrap();
    fs::write(scratch.path().join("dir/file"), TEXT).unwrap();
    let builder = wasmote_std_host::WasiCtxBuilder::new();
    let builder = builder.preopened_dir(scratch.path(), "/", DirRights::READ_WRITE);
    builder.unwrap().build().unwrap()
}

#[test]
fn programs_read_on_in_another_context() {
    resumes(in_memory);
    let scratch = Scratch::new();
    resumes(|| on_disk(&scratch));
}

/// Numbers, rights, flags and positions come back, also of what was opened through another directory.
fn comes_back<H: Host>(context: impl Fn() -> WasiCtx<H>) {
    let mut guest = Program::new(context());
    let dir = guest.open(3, "dir", DIRECTORY, Rights::DIRECTORY).unwrap();
    let file = guest.open(dir, "file", 0, Rights::FD_READ).unwrap();
    let new = guest.open(dir, "deep/new", CREAT, Rights::ALL).unwrap();
    assert_eq!(guest.read(file, 9).unwrap(), b"the first");
    guest.close(dir).unwrap();
    let state = guest.ctx.save().unwrap();
    let mut other = Program::new(context());
    if other.open(3, "dir/deep/new", 0, Rights::FD_READ).is_err() {
        // (The host in memory is another one.)
        other.open(3, "dir/deep/new", CREAT, Rights::ALL).unwrap();
    }
    other.ctx.restore(&state).unwrap();
    assert_eq!(other.read(file, 6).unwrap(), b" half,");
    assert_eq!(other.read(dir, 1), Err(Errno::Badf));
    let rights = |guest: &Program<H>, fd: u64| {
        let descriptor = guest.ctx.table().get(fd as u32).unwrap();
        (descriptor.base(), descriptor.inheriting())
    };
    for fd in [0, 1, 2, 3, file, new] {
        assert_eq!(rights(&guest, fd), rights(&other, fd));
    }
    assert!(!rights(&other, file).0.contains(Rights::FD_WRITE));
    // The lowest free number is the same.
    let next = |guest: &mut Program<H>| guest.open(3, "dir", DIRECTORY, Rights::FD_READDIR);
    assert_eq!(next(&mut guest), next(&mut other));
    // And in the same context, which has gone on meanwhile.
    guest.close(file).unwrap();
    guest.ctx.restore(&state).unwrap();
    assert_eq!(guest.read(file, 6).unwrap(), b" half,");
}

#[test]
fn descriptors_come_back() {
    comes_back(in_memory);
    let scratch = Scratch::new();
    comes_back(|| on_disk(&scratch));
}

#[test]
fn what_is_gone_is_named() {
    let scratch = Scratch::new();
    let mut guest = Program::new(on_disk(&scratch));
    let file = guest.open(3, "dir/file", 0, Rights::FD_READ).unwrap();
    let state = guest.ctx.save().unwrap();
    let mut other = Program::new(on_disk(&scratch));
    fs::rename(
        scratch.path().join("dir/file"),
        scratch.path().join("moved"),
    )
    .unwrap();
    let error = other.ctx.restore(&state).unwrap_err();
    assert_eq!(
        error,
        StateError::NotFound {
            fd: file as u32,
            path: "dir/file".into(),
            errno: Errno::NoEnt
        }
    );
    // Nothing has changed.
    assert_eq!(other.ctx.table().len(), 4);
    assert!(other.open(3, "moved", 0, Rights::FD_READ).is_ok());
    // A directory of another name.
    let builder = wasmote_std_host::WasiCtxBuilder::new();
    let builder = builder.preopened_dir(scratch.path(), "/data", DirRights::READ_WRITE);
    let error = builder
        .unwrap()
        .build()
        .unwrap()
        .restore(&state)
        .unwrap_err();
    assert!(matches!(error, StateError::NotGiven { fd: 3, name } if name == "/"));
    // One that may not be written to.
    let builder = wasmote_std_host::WasiCtxBuilder::new();
    let builder = builder.preopened_dir(scratch.path(), "/", DirRights::READ_ONLY);
    let error = builder
        .unwrap()
        .build()
        .unwrap()
        .restore(&state)
        .unwrap_err();
    assert!(matches!(error, StateError::NotGiven { fd: 3, .. }));
}

#[test]
fn damaged_states_give_nothing_new() {
    let mut guest = Program::new(in_memory());
    guest.open(3, "dir/file", 0, Rights::FD_READ).unwrap();
    let state = guest.ctx.save().unwrap();
    for len in 0..state.len() {
        let error = Program::new(in_memory()).ctx.restore(&state[..len]);
        assert_eq!(error, Err(StateError::Damaged));
    }
    for at in 0..state.len() {
        for byte in [0, 1, 0x2f, 0x7f, 0xff] {
            let mut damaged = state.clone();
            damaged[at] = byte;
            let mut other = Program::new(in_memory());
            if other.ctx.restore(&damaged).is_err() {
                assert_eq!(other.ctx.table().len(), 4);
                continue;
            }
            let table = other.ctx.table();
            let given = Program::new(in_memory());
            let root = given.ctx.table().get(3).unwrap();
            for fd in 0..300 {
                if let Ok(descriptor) = table.get(fd) {
                    let most = root.base() | root.inheriting() | Rights::STREAM;
                    assert!(most.contains(descriptor.base()));
                }
            }
        }
    }
}

#[test]
fn streams_that_a_program_opened_are_refused() {
    let scratch = Scratch::new();
    let mut guest = Program::new(on_disk(&scratch));
    rustix::fs::mknodat(
        rustix::fs::CWD,
        scratch.path().join("pipe"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    let pipe = guest
        .open(3, "pipe", 0, Rights::FD_READ | Rights::FD_WRITE)
        .unwrap();
    assert_eq!(
        guest.ctx.save(),
        Err(StateError::NotAFile { fd: pipe as u32 })
    );
    guest.close(pipe).unwrap();
    assert!(guest.call(Function::fd_renumber, &[0, 1]).is_ok());
    let state = guest.ctx.save().unwrap();
    let mut other = Program::new(on_disk(&scratch));
    other.ctx.restore(&state).unwrap();
    assert_eq!(other.ctx.table().len(), 3);
}
