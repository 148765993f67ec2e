//! Flash that is full, or whose blocks do not work any more: programs are told, nothing that they were told is
//! there is lost, and nothing panics.

use wasmote_embedded_host::{
    EmbeddedHost, FlashFiles, Littlefs, Settings,
    sim::{Cut, SimFlash, Worn},
};
use wasmote_tests::program::{CREAT, DIRECTORY, Program};
use wasmote_wasi::{
    DirRights, Errno, Fault, Faults, Function, HostCall, Intercept, Rights, WasiCtxBuilder,
};

use crate::faults::{Belief, work};

const UNITS: usize = 32;
/// Enough for a file to be written anew.
const ROOMY: usize = 64;
type Flash = SimFlash<1, 4, 512>;
type Fs = Littlefs<Flash, 64, 8, 2>;
type Host = EmbeddedHost<FlashFiles<Fs, 8, 64>>;

fn settings() -> Settings {
    Settings {
        block_cycles: 10,
        ..Settings::default()
    }
}

fn host(fs: Fs) -> Host {
    let files = FlashFiles::new(fs).map_err(|(errno, _)| errno).unwrap();
    EmbeddedHost::new().files(files)
}

fn program(fs: Fs) -> Program<Host> {
    let mut host = host(fs);
    let root = host.files.root().unwrap();
    let builder = WasiCtxBuilder::new().preopen(root, "/", DirRights::READ_WRITE);
    Program::new(builder.unwrap().build(host).unwrap())
}

fn formatted(units: usize) -> Fs {
    let fs = Fs::format(Flash::new(units), &settings());
    fs.map_err(|(errno, _)| errno).unwrap()
}

fn fresh() -> Program<Host> {
    program(formatted(UNITS))
}

fn flash(guest: &mut Program<Host>) -> &mut Flash {
    guest.ctx.host_mut().files.fs().flash()
}

/// Closes everything, and starts again.
fn restart(guest: Program<Host>) -> Program<Host> {
    let (host, _) = guest.ctx.finish();
    let flash = host.files.into_fs().into_flash();
    program(
        Fs::mount(flash, &settings())
            .map_err(|(errno, _)| errno)
            .unwrap(),
    )
}

#[test]
fn a_full_flash_takes_what_fits() {
    let mut guest = fresh();
    guest.create(3, "before", &[b'b'; 700]);
    let log = guest.open(3, "log", CREAT, Rights::FILE).unwrap();
    let mut written = 0;
    let full = loop {
        let line = [b'0' + (written % 10) as u8; 97];
        match guest.write(log, &line) {
            Ok(len) => written += len,
            Err(errno) => break errno,
        }
    };
    assert_eq!(full, Errno::NoSpc);
    assert!(written > UNITS * 512 / 2, "{written}");
    assert_eq!(guest.fstat(log).unwrap().1, written as u64);
    assert_eq!(guest.write(log, &[b'x'; 600]), Err(Errno::NoSpc));
    // What was taken is there, now and later.
    assert_eq!(guest.call(Function::fd_sync, &[log]), Ok(()));
    let contents = guest.pread(log, 9000, 0).unwrap();
    for result in [
        guest.mkdir(3, "dir"),
        guest.call(Function::fd_filestat_set_size, &[log, 1 << 20]),
        guest.call(Function::fd_filestat_set_size, &[log, 16_000]),
        guest.call(Function::fd_allocate, &[log, 0, 16_000]),
    ] {
        assert_eq!(result, Err(Errno::NoSpc));
    }
    let too_far = guest.call(Function::fd_filestat_set_size, &[log, 1 << 40]);
    assert_eq!(too_far, Err(Errno::Fbig));
    guest.close(log).unwrap();
    let mut guest = restart(guest);
    assert_eq!(guest.stat(3, "log", false).unwrap().1, written as u64);
    let log = guest.open(3, "log", 0, Rights::FILE).unwrap();
    assert_eq!(guest.pread(log, 9000, 0).unwrap(), contents);
    assert_eq!(guest.contents(3, "before"), [b'b'; 700]);
    // An open file keeps its room until it is closed.
    guest.unlink(3, "log").unwrap();
    assert_eq!(guest.pread(log, 9000, 0).unwrap(), contents);
    guest.close(log).unwrap();
    guest.mkdir(3, "dir").unwrap();
    guest.create(3, "dir/file", &[b'n'; 5000]);
    assert_eq!(guest.contents(3, "dir/file"), [b'n'; 5000]);
}

/// Overwriting writes what follows anew, for which there may be no room: then the file is as it was, and the
/// program is told when it closes it at the latest.
#[test]
fn a_full_flash_keeps_what_is_overwritten() {
    let mut guest = fresh();
    let file = guest.open(3, "file", CREAT, Rights::FILE).unwrap();
    let mut size = 0;
    while let Ok(len) = guest.write(file, &[b'f'; 200]) {
        size += len;
    }
    guest.call(Function::fd_sync, &[file]).unwrap();
    let told = match guest.pwrite(file, &[b'g'; 200], 100) {
        Ok(200) => guest.call(Function::fd_sync, &[file]).err(),
        Ok(len) => panic!("{len}"),
        Err(errno) => Some(errno),
    };
    assert_eq!(told, Some(Errno::NoSpc));
    let whole = vec![b'f'; size.min(9000)];
    assert_eq!(guest.pread(file, whole.len(), 0).unwrap(), whole);
    let _ = guest.close(file);
    let mut guest = restart(guest);
    assert_eq!(guest.stat(3, "file", false).unwrap().1, size as u64);
    assert_eq!(guest.contents(3, "file")[..9000], whole[..9000]);
}

/// Small changes to a full flash, one after the other, for long.
#[test]
fn a_full_flash_goes_on() {
    let mut guest = fresh();
    for name in 0..40 {
        let name = format!("file.{name}");
        let Ok(fd) = guest.open(3, &name, CREAT, Rights::FILE) else {
            break;
        };
        let _ = guest.write(fd, &[b'f'; 600]);
        let _ = guest.close(fd);
    }
    let mut refused = 0;
    for round in 0..200_u64 {
        // From here on there is some room.
        if round == 100 {
            guest.unlink(3, "file.3").unwrap();
            guest.unlink(3, "file.4").unwrap();
            let _ = guest.rename(3, "other", 3, "file.1");
            let _ = guest.rename(3, "dir/moved", 3, "file.2");
            let _ = guest.rmdir(3, "dir");
        }
        let results = [
            guest.rename(3, "file.1", 3, "other"),
            guest.set_mtim(3, "file.0", false, round),
            guest.rename(3, "other", 3, "file.1"),
            guest.mkdir(3, "dir"),
            guest.rename(3, "file.2", 3, "dir/moved"),
            guest.rename(3, "dir/moved", 3, "file.2"),
            guest.rmdir(3, "dir"),
        ];
        for result in results {
            match result {
                Ok(()) => {}
                // What was not made is not there.
                Err(Errno::NoSpc | Errno::NoEnt) if round < 100 => refused += 1,
                Err(errno) => panic!("{round}: {errno:?}"),
            }
        }
        for paths in [["file.1", "other"], ["file.2", "dir/moved"]] {
            let there = paths.map(|path| guest.stat(3, path, false).is_ok());
            assert_eq!(
                there.iter().filter(|&&there| there).count(),
                1,
                "{round} {paths:?}"
            );
        }
    }
    assert!(refused > 0, "the flash was full");
    let mut guest = restart(guest);
    for name in [0, 1, 2, 5] {
        assert_eq!(guest.contents(3, &format!("file.{name}")), [b'f'; 600]);
    }
}

/// Blocks wear out one after the other, while a program works on.
#[test]
fn blocks_wear_out() {
    for worn in [Worn::Fails, Worn::Ignores] {
        let mut guest = fresh();
        guest.mkdir(3, "dir").unwrap();
        guest.create(3, "dir/constant", &[b'c'; 900]);
        let mut last = None;
        let mut failed = 0;
        for round in 0..60_u8 {
            // The two blocks that the filesystem begins with stay as they are, and so do those in use: what is on
            // a worn block can still be read.
            if round % 4 == 3 {
                let unit = 2 + usize::from(round) * 7 % (UNITS - 2);
                flash(&mut guest).wear_out(unit, Some(worn));
            }
            let written = (|| {
                let fd = guest.open(3, "new", CREAT, Rights::FILE)?;
                let written = guest.write(fd, &[round; 800]);
                let closed = guest.close(fd);
                if written? != 800 {
                    return Err(Errno::NoSpc);
                }
                closed?;
                guest.rename(3, "new", 3, "dir/current")
            })();
            match written {
                Ok(()) => last = Some(round),
                Err(errno) => {
                    assert!(matches!(errno, Errno::NoSpc | Errno::Io), "{errno:?}");
                    failed += 1;
                    let _ = guest.unlink(3, "new");
                }
            }
            assert_eq!(guest.contents(3, "dir/constant"), [b'c'; 900], "{round}");
            if let Some(last) = last {
                assert_eq!(guest.contents(3, "dir/current"), [last; 800], "{round}");
            }
        }
        println!("{worn:?}: {failed} of 60 rounds failed");
        let mut guest = restart(guest);
        assert_eq!(guest.contents(3, "dir/constant"), [b'c'; 900]);
        assert_eq!(guest.contents(3, "dir/current"), [last.unwrap(); 800]);
    }
}

/// Nothing can be changed any more: everything can be read.
#[test]
fn a_dead_flash_is_read() {
    for worn in [Worn::Fails, Worn::Ignores] {
        let mut guest = fresh();
        guest.mkdir(3, "dir").unwrap();
        guest.create(3, "dir/file", &[b'd'; 900]);
        for unit in 0..UNITS {
            flash(&mut guest).wear_out(unit, Some(worn));
        }
        let mut guest = restart(guest);
        let refused = |result: Result<(), Errno>| {
            assert!(
                matches!(result, Err(Errno::NoSpc | Errno::Io)),
                "{result:?}"
            );
        };
        refused(guest.mkdir(3, "new"));
        refused(guest.unlink(3, "dir/file"));
        refused(guest.rename(3, "dir/file", 3, "file"));
        refused(guest.set_mtim(3, "dir/file", false, 5));
        refused(guest.open(3, "created", CREAT, Rights::FILE).map(drop));
        let fd = guest.open(3, "dir/file", 0, Rights::FILE).unwrap();
        let written = guest.write(fd, b"x").map(drop);
        refused(written.and_then(|()| guest.call(Function::fd_sync, &[fd])));
        guest.close(fd).unwrap();
        assert_eq!(guest.contents(3, "dir/file"), [b'd'; 900]);
        let dir = guest.open(3, "dir", DIRECTORY, Rights::DIRECTORY).unwrap();
        assert_eq!(guest.names(dir, 1000).len(), 3);
    }
}

/// What is in the file that the work is about.
fn contents(guest: &mut Program<Host>) -> Vec<u8> {
    let path = match guest.stat(3, "moved", false) {
        Ok(_) => "moved",
        Err(_) => "file",
    };
    match guest.stat(3, path, false) {
        Ok(_) => guest.contents(3, path),
        Err(_) => Vec::new(),
    }
}

/// One step that fails, whichever: another block is used, and nobody learns of it.
#[test]
fn a_step_that_fails() {
    let mut guest = program(formatted(ROOMY));
    let first = flash(&mut guest).steps();
    let Belief(expected) = work(&mut guest);
    assert_eq!(contents(&mut guest), expected);
    let last = flash(&mut guest).steps();
    let mut failed = 0;
    for step in first..last {
        let mut guest = program(formatted(ROOMY));
        flash(&mut guest).cut_at(step, Cut::Before);
        work(&mut guest);
        // The blocks that the filesystem begins with cannot be replaced: what is written there fails, and takes with
        // it what was not synchronized.
        if matches!(flash(&mut guest).stopped_at(), Some(0 | 1)) {
            continue;
        }
        let mut guest = program(formatted(ROOMY));
        flash(&mut guest).fail_at(step);
        let Belief(believed) = work(&mut guest);
        let mut guest = restart(guest);
        assert_eq!(believed, expected, "{step}");
        assert_eq!(contents(&mut guest), believed, "{step}");
        failed += 1;
    }
    println!("{failed} steps failed of {}", last - first);
    assert!(failed > 300, "{failed}");
}

/// Every call of the host made to fail, as on an operating system.
#[test]
fn a_call_that_fails() {
    let run = |faults: Faults| {
        let mut inner = host(formatted(ROOMY));
        let root = inner.files.root().unwrap();
        let before = faults;
        let builder = WasiCtxBuilder::new().preopen(root, "/", DirRights::READ_WRITE);
        let ctx = builder.unwrap().build(Intercept { inner, before }).unwrap();
        let mut guest = Program::new(ctx);
        let Belief(believed) = work(&mut guest);
        let (host, _) = guest.ctx.finish();
        let counts = host.before.counts();
        let mut guest = program(host.inner.files.into_fs());
        assert_eq!(contents(&mut guest), believed);
        counts
    };
    let (calls, _) = run(Faults::default());
    assert!(calls > 20, "{calls}");
    for errno in [Errno::NoSpc, Errno::Io] {
        for nth in 1..=calls {
            let (_, injected) = run(Faults::once(nth, errno));
            assert_eq!(injected, 1, "{nth} {errno:?}");
        }
        for &call in HostCall::ALL {
            run(Faults::new([Fault {
                call: Some(call),
                nth: 1,
                errno,
                lasting: true,
            }]));
        }
    }
}
