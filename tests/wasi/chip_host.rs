//! What tells the host of chips from an operating system: the table in its documentation, row by row.

use wasmote::{Engine, Linker, Module, Store};
use wasmote_embedded_host::{
    AlwaysReady, EmbeddedHost, FlashFiles, NoClock, NoDelay, Serial, StdStream,
    fs::{FlashFs, Storage},
};
use wasmote_tests::{
    chip::{self, Chip, Clock, Files, Fs},
    guest as guest_file,
    program::{CREAT, DIRECTORY, Program, TRUNC},
};
use wasmote_wasi::{
    DirRights, Errno, Function, Host, MemHost, Rights, WasiCtx, WasiCtxBuilder, add_to_linker,
    host::{Clocks, Entropy, Interest, Source, Streams, Wait},
    types::Clockid,
};

fn program(mut host: Chip) -> Program<Chip> {
    let root = host.files.root().unwrap();
    let (stdin, stdout, stderr) = (host.stdin(), host.stdout(), host.stderr());
    let builder = WasiCtxBuilder::new()
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr)
        .preopen(root, "/", DirRights::READ_WRITE);
    Program::new(builder.unwrap().build(host).unwrap())
}

fn guest() -> Program<Chip> {
    program(chip::host(chip::flash()))
}

/// Cuts power, and starts again.
fn restart(mut guest: Program<Chip>) -> Program<Chip> {
    let flash = guest.ctx.host_mut().files.fs().flash().clone();
    program(chip::host(flash))
}

#[test]
fn there_are_no_links() {
    let mut guest = guest();
    guest.create(3, "file", b"");
    assert_eq!(guest.link(3, "file", 3, "link"), Err(Errno::NotSup));
    assert_eq!(guest.symlink("file", 3, "link"), Err(Errno::NotSup));
    assert_eq!(guest.readlink(3, "file", 10), Err(Errno::Inval));
    assert_eq!(guest.readlink(3, "nothing", 10), Err(Errno::NoEnt));
}

#[test]
fn parts_that_are_not_given_are_not_there() {
    let mut host = EmbeddedHost::new();
    assert_eq!(host.clock_now(Clockid::Realtime), Err(Errno::Inval));
    assert_eq!(host.clock_now(Clockid::Monotonic), Err(Errno::Inval));
    assert_eq!(host.clock_resolution(Clockid::Monotonic), Err(Errno::Inval));
    assert_eq!(host.random_fill(&mut [0]), Err(Errno::NotSup));
    assert_eq!(host.wait(&mut [], Some(1)), Err(Errno::NotSup));
    // With one of the two, programs can sleep.
    let mut host = EmbeddedHost::new().delay(Clock::default());
    assert_eq!(host.wait(&mut [], Some(1000)), Ok(()));
    let mut host = EmbeddedHost::new()
        .monotonic_clock(Clock::default())
        .wall_clock(NoClock)
        .delay(NoDelay);
    assert_eq!(host.wait(&mut [], Some(1000)), Ok(()));
    assert_eq!(host.wait(&mut [], None), Err(Errno::Deadlk));
    // One program is all that runs: processor time is the time.
    assert!(host.clock_now(Clockid::ProcessCputime).unwrap() > 0);
}

#[test]
fn streams_are_lines() {
    let mut guest = guest();
    assert_eq!(guest.write(1, b"out"), Ok(3));
    assert_eq!(guest.write(2, b"err"), Ok(3));
    assert_eq!(guest.read(0, 3).unwrap(), b"inp");
    assert_eq!(guest.read(0, 30).unwrap(), b"ut");
    assert_eq!(guest.read(0, 30).unwrap(), b"");
    assert_eq!(guest.fdstat(1).unwrap().0, 2, "a character device");
    let lines = &guest.ctx.host().stdio;
    assert_eq!(
        (&lines.output[..], &lines.errors[..]),
        (&b"out"[..], &b"err"[..])
    );
    // One line for all: what is written to it cannot be read from it.
    let mut host = EmbeddedHost::new().stdio(Serial(AlwaysReady(Echo(0))));
    let (mut stdin, mut stdout) = (StdStream::In, StdStream::Out);
    assert_eq!(host.stream_write(&mut stdout, &[b"ab", b"c"], false), Ok(3));
    assert_eq!(
        host.stream_write(&mut stdin, &[b"a"], false),
        Err(Errno::Badf)
    );
    let mut buf = [0; 4];
    assert_eq!(host.stream_read(&mut stdin, &mut [&mut buf], true), Ok(1));
    assert_eq!(buf[0], 3);
    assert_eq!(
        host.stream_read(&mut stdout, &mut [&mut buf], true),
        Err(Errno::Badf)
    );
    let mut interests = [Interest {
        source: Source::Stream(&stdin),
        write: false,
        ready: None,
    }];
    assert_eq!(host.wait(&mut interests, None), Ok(()));
    assert!(interests[0].ready.is_some());
}

/// Reads how many bytes were written.
struct Echo(u8);

impl embedded_io::ErrorType for Echo {
    type Error = std::convert::Infallible;
}

impl embedded_io::Read for Echo {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        buf[0] = self.0;
        Ok(1)
    }
}

impl embedded_io::Write for Echo {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0 += bytes.len() as u8;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[test]
fn a_line_is_waited_for() {
    let mut host = EmbeddedHost::new()
        .stdio(Serial(Silent(2)))
        .monotonic_clock(Clock::default())
        .delay(Clock::default());
    let stdin = StdStream::In;
    let mut interests = [Interest {
        source: Source::Stream(&stdin),
        write: false,
        ready: None,
    }];
    assert_eq!(host.wait(&mut interests, Some(0)), Ok(()));
    assert!(interests[0].ready.is_none());
    assert_eq!(host.wait(&mut interests, Some(10_000_000_000)), Ok(()));
    assert!(interests[0].ready.is_some());
    let mut buf = [0; 4];
    host.stdio.0.0 = 9;
    let read = host.stream_read(&mut StdStream::In, &mut [&mut buf], true);
    assert_eq!(read, Err(Errno::Again));
}

/// Has something to read when it was asked so often.
struct Silent(u8);

impl embedded_io::ErrorType for Silent {
    type Error = std::convert::Infallible;
}

impl embedded_io::ReadReady for Silent {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        self.0 = self.0.saturating_sub(1);
        Ok(self.0 == 0)
    }
}

impl embedded_io::Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> Result<usize, Self::Error> {
        Ok(0)
    }
}

impl embedded_io::Write for Silent {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[test]
fn attributes_are_few() {
    let mut guest = guest();
    guest.mkdir(3, "dir").unwrap();
    let made = guest.stat(3, "dir", false).unwrap();
    guest.create(3, "dir/file", b"contents");
    // Names that come and go do not change a directory's times, nor do moves a file's.
    assert_eq!(guest.stat(3, "dir", false).unwrap(), made);
    assert_eq!(made.1, 0, "the size of a directory");
    let written = guest.stat(3, "dir/file", false).unwrap();
    assert_eq!(guest.contents(3, "dir/file"), b"contents");
    guest.rename(3, "dir/file", 3, "file").unwrap();
    assert_eq!(guest.stat(3, "file", false).unwrap(), written);
    // Times and numbers are on the flash.
    let fd = guest.open(3, "file", 0, Rights::FILE).unwrap();
    let number = guest.fstat(fd).unwrap().2;
    let mut guest = restart(guest);
    assert_eq!(guest.stat(3, "file", false).unwrap(), written);
    assert_eq!(guest.stat(3, "dir", false).unwrap(), made);
    let fd = guest.open(3, "file", 0, Rights::FILE).unwrap();
    assert_eq!(guest.fstat(fd).unwrap().2, number);
}

#[test]
fn closing_and_names_need_no_synchronization() {
    let mut guest = guest();
    guest.mkdir(3, "dir").unwrap();
    guest.create(3, "dir/closed", b"closed");
    let fd = guest.open(3, "dir/open", CREAT, Rights::FILE).unwrap();
    guest.write(fd, b"not synchronized").unwrap();
    let dir = guest.open(3, "dir", DIRECTORY, Rights::DIRECTORY).unwrap();
    assert_eq!(guest.call(Function::fd_sync, &[dir]), Ok(()));
    let mut guest = restart(guest);
    assert_eq!(guest.contents(3, "dir/closed"), b"closed");
    assert_eq!(guest.contents(3, "dir/open"), b"");
}

#[test]
fn as_many_are_open_as_there_is_room_for() {
    let mut guest = guest();
    guest.create(3, "file", b"0123");
    // The root is one of the sixteen; several handles of a file are one.
    let mut open = Vec::new();
    for name in 0..15 {
        let fd = guest.open(3, &format!("file.{name}"), CREAT, Rights::FILE);
        open.push(fd.unwrap());
    }
    let again = guest.open(3, "file.0", 0, Rights::FILE).unwrap();
    assert_eq!(guest.open(3, "file", 0, Rights::FILE), Err(Errno::Nfile));
    assert_eq!(guest.open(3, "new", CREAT, Rights::FILE), Err(Errno::Nfile));
    assert_eq!(
        guest.open(3, "file", TRUNC, Rights::FILE),
        Err(Errno::Nfile)
    );
    // Fewer are open inside: the others take turns, and lose nothing.
    for round in 0..3_u8 {
        for (index, &fd) in open.iter().enumerate() {
            assert_eq!(guest.write(fd, &[round, index as u8]), Ok(2));
        }
    }
    assert_eq!(guest.pread(again, 10, 0).unwrap(), [0, 0, 1, 0, 2, 0]);
    for (index, fd) in open.into_iter().enumerate() {
        let index = index as u8;
        assert_eq!(
            guest.pread(fd, 10, 0).unwrap(),
            [0, index, 1, index, 2, index]
        );
        guest.close(fd).unwrap();
    }
    assert_eq!(guest.stat(3, "new", false).err(), Some(Errno::NoEnt));
    assert_eq!(guest.contents(3, "file"), b"0123");
}

#[test]
fn paths_and_files_are_shorter() {
    let mut guest = guest();
    let name = "n".repeat(200);
    guest.mkdir(3, &name).unwrap();
    guest.mkdir(3, &format!("{name}/{name}")).unwrap();
    let deep = format!("{name}/{name}/{name}");
    assert_eq!(guest.mkdir(3, &deep), Err(Errno::NameTooLong));
    assert_eq!(guest.stat(3, &deep, false).err(), Some(Errno::NameTooLong));
    // What is open must fit where it is moved to.
    guest.mkdir(3, "short").unwrap();
    guest.create(3, "short/file", b"");
    let fd = guest.open(3, "short/file", 0, Rights::FILE).unwrap();
    let there = format!("{name}/{name}/{}", "x".repeat(195));
    assert_eq!(guest.rename(3, "short", 3, &there), Err(Errno::NameTooLong));
    guest.close(fd).unwrap();
    assert_eq!(guest.rename(3, "short", 3, &there), Ok(()));
    // 2 GiB.
    guest.create(3, "file", b"");
    let fd = guest.open(3, "file", 0, Rights::FILE).unwrap();
    assert_eq!(guest.pwrite(fd, b"x", 1 << 31), Err(Errno::Fbig));
    assert_eq!(guest.pwrite(fd, b"x", (1 << 31) - 1), Err(Errno::Fbig));
    assert_eq!(guest.pread(fd, 1, 1 << 40).unwrap(), b"");
    // A gap for which there is no room leaves the file as it was.
    assert_eq!(guest.pwrite(fd, b"x", 1 << 20), Err(Errno::NoSpc));
    assert_eq!(guest.fstat(fd).unwrap().1, 0);
}

#[test]
fn names_that_are_no_text_are_not_seen() {
    let mut files = chip::host(chip::flash()).files;
    files.write("visible", b"").unwrap();
    files.fs().create_dir(c"/latin\xe4").unwrap();
    let mut guest = program(chip::host(files.into_fs().into_flash()));
    let mut names = guest.names(3, 1000);
    names.sort();
    assert_eq!(names, [".", "..", "visible"]);
    assert_eq!(guest.mkdir(3, "file/../x"), Err(Errno::NoEnt));
    assert_eq!(guest.mkdir(3, "visible/../x"), Err(Errno::NotDir));
    assert_eq!(guest.mkdir(3, "visible/"), Err(Errno::NotDir));
    guest.mkdir(3, "dir").unwrap();
    assert_eq!(guest.rmdir(3, "dir/.."), Err(Errno::NotEmpty));
    assert_eq!(guest.rmdir(3, "dir/."), Err(Errno::Inval));
}

/// A filesystem that another tool made: its files have neither numbers nor times.
#[test]
fn files_of_others_are_read() {
    let mut files: Files = chip::host(chip::flash()).files;
    let fs: &mut Fs = files.fs();
    fs.create(0, c"/theirs").unwrap();
    assert_eq!(fs.write(0, 0, b"data"), Ok(4));
    let none = [0; wasmote_embedded_host::fs::META_SIZE];
    fs.commit(0, &none).unwrap();
    fs.close(0);
    fs.set_attr(c"/theirs", wasmote_embedded_host::fs::ATTR_META, &[])
        .unwrap();
    let mut guest = program(chip::host(files.into_fs().into_flash()));
    assert_eq!(guest.contents(3, "theirs"), b"data");
    let fd = guest.open(3, "theirs", 0, Rights::FILE).unwrap();
    let number = guest.fstat(fd).unwrap().2;
    let (entries, _) = guest.readdir(3, 1000, 0).unwrap();
    let listed = entries.iter().find(|entry| entry.name == "theirs").unwrap();
    assert_eq!(listed.ino, number);
    assert_eq!(guest.stat(3, "theirs", false).unwrap().2, 0);
    guest.write(fd, b"DATA").unwrap();
    guest.close(fd).unwrap();
    let mut guest = restart(guest);
    assert_eq!(guest.contents(3, "theirs"), b"DATA");
    assert!(guest.stat(3, "theirs", false).unwrap().2 > 900_000_000_000_000_000);
}

#[test]
fn the_firmware_has_files_too() {
    let mut files = chip::host(chip::flash()).files;
    files.create_dir_all("/etc/app").unwrap();
    files.create_dir_all("etc/app").unwrap();
    files.write("etc/app/config", b"key = value").unwrap();
    files.write("/etc/app/config", b"k=v").unwrap();
    let mut buf = [0; 8];
    assert_eq!(files.read("etc/app/config", &mut buf), Ok(3));
    assert_eq!(&buf[..3], b"k=v");
    assert_eq!(files.write("etc/app", b""), Err(Errno::IsDir));
    assert_eq!(files.read("etc", &mut buf), Err(Errno::IsDir));
    assert_eq!(files.read("nothing", &mut buf), Err(Errno::NoEnt));
    assert_eq!(files.write("no/thing", b""), Err(Errno::NoEnt));
    assert_eq!(files.create_dir_all("etc/app/config/x"), Err(Errno::NotDir));
    assert_eq!(files.create_dir_all("etc/app/config"), Err(Errno::NotDir));
    assert_eq!(files.dir("etc/app/config").err(), Some(Errno::NotDir));
    let dir = files.dir("etc/app").unwrap();
    assert_eq!(files.dir_close(dir), Ok(()));
    // No handle of all that is left.
    let mut files = FlashFiles::<Fs, 2, 64>::new(files.into_fs())
        .map_err(drop)
        .unwrap();
    for _ in 0..5 {
        assert_eq!(files.read("etc/app/config", &mut buf), Ok(3));
        assert_eq!(files.write("etc/app", b""), Err(Errno::IsDir));
        let dir = files.dir("etc").unwrap();
        files.dir_close(dir).unwrap();
    }
}

/// Runs a guest with a directory as `/`, and hands the host back.
fn run<H: Host + 'static>(builder: WasiCtxBuilder<H>, host: H, name: &str, args: &[&str]) -> H {
    let engine = Engine::default();
    let module = Module::new(&engine, std::fs::read(guest_file(name)).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx<H>| ctx).unwrap();
    let ctx = builder.args(args).unwrap().build(host).unwrap();
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let start = instance.get_typed_func::<(), ()>(&store, "_start").unwrap();
    start.call(&mut store, ()).unwrap();
    let (host, closed) = store.into_data().finish();
    assert_eq!(closed, Ok(()));
    host
}

#[test]
fn a_program_says_what_it_says_in_memory() {
    let args = ["files", "/"];
    let mut memory = MemHost::new();
    let (root, out) = (memory.fs.root(), memory.capture(10_000));
    let builder = WasiCtxBuilder::new().stdout(out);
    let builder = builder.preopen(root, "/", DirRights::READ_WRITE).unwrap();
    let memory = run(builder, memory, "files.wasm", &args);
    let expected = String::from_utf8_lossy(memory.captured(out)).into_owned();
    let mut chip = chip::host(chip::flash());
    let root = chip.files.root().unwrap();
    let builder = WasiCtxBuilder::new().stdout(chip.stdout());
    let builder = builder.preopen(root, "/", DirRights::READ_WRITE).unwrap();
    let chip = run(builder, chip, "files.wasm", &args);
    let said = String::from_utf8_lossy(&chip.stdio.output).into_owned();
    assert!(expected.lines().count() > 10, "{expected}");
    assert_eq!(said, expected);
}
