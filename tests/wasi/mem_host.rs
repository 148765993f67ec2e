//! What tells the host in memory from an operating system: the table in its documentation, row by row.

use wasmote_tests::program::{CREAT, Program};
use wasmote_wasi::{
    DirRights, Errno, Function, MemFs, MemHost, Rights, WasiCtxBuilder,
    host::{Clocks, Files, Wait},
    types::Clockid,
};

fn program(mut host: MemHost) -> Program<MemHost> {
    let root = host.fs.root();
    let builder = WasiCtxBuilder::new().preopen(root, "/", DirRights::READ_WRITE);
    Program::new(builder.unwrap().build(host).unwrap())
}

#[test]
fn sleeping_sets_the_clock_forward() {
    let mut guest = program(MemHost::new());
    let hour = 3_600_000_000_000_u64;
    let before = guest.ctx.host().clock.elapsed;
    guest.memory[..48].fill(0);
    guest.memory[16] = 1;
    guest.memory[24..32].copy_from_slice(&hour.to_le_bytes());
    assert_eq!(guest.call(Function::poll_oneoff, &[0, 100, 1, 200]), Ok(()));
    assert_eq!(guest.u32(200), 1);
    let passed = guest.ctx.host().clock.elapsed - before;
    assert!((hour..hour + 1_000_000).contains(&passed), "{passed}");
}

#[test]
fn waiting_for_nothing_is_a_deadlock() {
    assert_eq!(MemHost::new().wait(&mut [], None), Err(Errno::Deadlk));
}

#[test]
fn processor_time_is_the_time_since_the_start() {
    let mut host = MemHost::new();
    host.clock.advance(5_000_000_000);
    let times = [
        Clockid::Monotonic,
        Clockid::ProcessCputime,
        Clockid::ThreadCputime,
    ]
    .map(|clock| host.clock_now(clock).unwrap());
    assert_eq!(times, [5_000_000_000, 5_000_001_000, 5_000_002_000]);
}

#[test]
fn access_times_change_only_when_set() {
    let mut host = MemHost::new();
    host.fs.write("file", b"contents").unwrap();
    let root = host.fs.root();
    let mut guest = program(host);
    assert_eq!(guest.contents(3, "file"), b"contents");
    let host = guest.ctx.host_mut();
    assert_eq!(host.dir_stat_at(&root, "file", true).unwrap().atim, 0);
    assert_eq!(host.dir_sync(&root), Ok(()));
}

#[test]
fn slashes_behind_names() {
    let mut guest = program(MemHost::new());
    guest.create(3, "file", b"");
    guest.mkdir(3, "dir").unwrap();
    guest.symlink("target", 3, "dangling").unwrap();
    assert_eq!(guest.mkdir(3, "file/"), Err(Errno::NotDir));
    assert_eq!(guest.rmdir(3, "dir/.."), Err(Errno::NotEmpty));
    assert_eq!(guest.mkdir(3, "dangling/"), Ok(()));
    assert_eq!(guest.stat(3, "target", false).unwrap().0, 3);
}

#[test]
fn a_full_filesystem_takes_what_fits() {
    let mut host = MemHost::new();
    // The root, a directory and a file; ten bytes.
    host.fs = MemFs::with_limits(10, 3);
    let mut guest = program(host);
    guest.mkdir(3, "dir").unwrap();
    let fd = guest.open(3, "file", CREAT, Rights::FILE).unwrap();
    assert_eq!(guest.mkdir(3, "another"), Err(Errno::NoSpc));
    assert_eq!(guest.symlink("x", 3, "link"), Err(Errno::NoSpc));
    assert_eq!(guest.write(fd, b"0123456"), Ok(7));
    assert_eq!(guest.write(fd, b"789abc"), Ok(3));
    assert_eq!(guest.write(fd, b"x"), Err(Errno::NoSpc));
    assert_eq!(
        guest.call(Function::fd_filestat_set_size, &[fd, 1 << 40]),
        Err(Errno::NoSpc)
    );
    assert_eq!(
        guest.call(Function::fd_allocate, &[fd, 0, 11]),
        Err(Errno::NoSpc)
    );
    assert_eq!(guest.contents(3, "file"), b"0123456789");
    // Room comes back with the last handle, not with the name.
    guest.unlink(3, "file").unwrap();
    assert_eq!(guest.mkdir(3, "another"), Err(Errno::NoSpc));
    guest.close(fd).unwrap();
    assert_eq!(guest.mkdir(3, "another"), Ok(()));
}

#[test]
fn the_embedder_finds_what_the_program_made() {
    let mut host = MemHost::new();
    host.fs.write("in/deep/data", b"1").unwrap();
    host.fs.symlink("deep/data", "in/link").unwrap();
    let mut guest = program(host);
    assert_eq!(
        guest.open(3, "in/link", 0, Rights::FD_READ),
        Err(Errno::Loop)
    );
    guest.mkdir(3, "out").unwrap();
    guest.create(3, "out/result", b"made");
    let (host, closed) = guest.ctx.finish();
    assert_eq!(closed, Ok(()));
    assert_eq!(host.fs.read("out/result"), Ok(&b"made"[..]));
    assert_eq!(host.fs.read("in/link"), Ok(&b"1"[..]));
    assert_eq!(host.fs.read("nothing"), Err(Errno::NoEnt));
    let paths = [
        "in/",
        "in/deep/",
        "in/deep/data",
        "in/link",
        "out/",
        "out/result",
    ];
    assert_eq!(host.fs.paths(), paths);
}
