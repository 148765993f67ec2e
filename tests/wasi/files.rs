//! Functions on real files, in temporary directories.

use std::{fs, os::unix::fs::symlink, path::Path};

use wasmote_std_host::{DirRights, Errno, Rights, StdHost, WasiCtxBuilder};
use wasmote_tests::{
    Scratch,
    program::{CREAT, DIRECTORY, EXCL, Program},
};
use wasmote_wasi::Function;

const ROOT: u64 = 3;
const READ: Rights = Rights::FD_READ;
const WRITE: Rights = Rights::FD_WRITE;
const NONE: Rights = Rights::EMPTY;

/// A program with this directory as `/`, at 3.
fn guest_at(path: &Path) -> Program<StdHost> {
    let builder = WasiCtxBuilder::new().preopened_dir(path, "/", DirRights::READ_WRITE);
    Program::new(builder.unwrap().build().unwrap())
}

fn guest() -> (Scratch, Program<StdHost>) {
    let temp = Scratch::new();
    let guest = guest_at(temp.path());
    (temp, guest)
}

#[test]
fn creating_without_a_right_to_write() {
    let (temp, mut guest) = guest();
    let fd = guest.open(ROOT, "empty", CREAT, NONE).unwrap();
    guest.close(fd).unwrap();
    assert_eq!(guest.stat(ROOT, "empty", false).unwrap().0, 4);
    // An existing file that nobody may write can be opened with `creat` for reading.
    let path = temp.path().join("sealed");
    fs::write(&path, "data").unwrap();
    let mut mode = fs::metadata(&path).unwrap().permissions();
    mode.set_readonly(true);
    fs::set_permissions(&path, mode).unwrap();
    let fd = guest.open(ROOT, "sealed", CREAT, READ).unwrap();
    assert_eq!(guest.read(fd, 10).unwrap(), b"data");
    assert_eq!(
        guest.open(ROOT, "sealed", CREAT | EXCL, READ),
        Err(Errno::Exist)
    );
}

#[test]
fn nothing_outside_is_reached() {
    let temp = Scratch::new();
    let (root, outside) = (temp.path().join("root"), temp.path().join("outside"));
    fs::create_dir_all(root.join("dir")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    symlink("../outside", root.join("up")).unwrap();
    symlink("../outside/secret", root.join("file")).unwrap();
    symlink("../outside/new", root.join("dangling")).unwrap();
    symlink(&outside, root.join("absolute")).unwrap();
    symlink("/proc/self/root", root.join("proc")).unwrap();
    symlink("dir/../../outside", root.join("winding")).unwrap();
    symlink("up", root.join("chain")).unwrap();
    let mut guest = guest_at(&root);
    guest.create(ROOT, "mine", b"mine");
    let outside_paths = [
        "..",
        "../outside/secret",
        "/no-such-wasmote/file",
        "dir/../../outside/secret",
        "./dir/./../../outside/secret",
        "up/secret",
        "up/..",
        "absolute/secret",
        "proc/no-such-wasmote/file",
        "winding/secret",
        "chain/secret",
        "dir/../up/secret",
        "up/../outside/secret",
    ];
    for path in outside_paths {
        let what = |result: Result<(), Errno>| assert_eq!(result, Err(Errno::Perm), "{path}");
        what(
            guest
                .open_with(ROOT, true, path, 0, READ, NONE, 0)
                .map(|_| ()),
        );
        what(
            guest
                .open_with(ROOT, true, path, CREAT, WRITE, NONE, 0)
                .map(|_| ()),
        );
        what(
            guest
                .open_with(ROOT, true, path, DIRECTORY, NONE, NONE, 0)
                .map(|_| ()),
        );
        what(guest.stat(ROOT, path, true).map(|_| ()));
        what(guest.set_mtim(ROOT, path, true, 5));
        what(guest.link(ROOT, path, ROOT, "stolen"));
        what(guest.readlink(ROOT, path, 100).map(|_| ()));
    }
    for path in outside_paths
        .into_iter()
        .filter(|path| path.ends_with("secret"))
    {
        let what = |result: Result<(), Errno>| assert_eq!(result, Err(Errno::Perm), "{path}");
        what(guest.unlink(ROOT, path));
        what(guest.rename(ROOT, path, ROOT, "stolen"));
        what(guest.rename(ROOT, "mine", ROOT, path));
        what(guest.link(ROOT, "mine", ROOT, path));
        what(guest.mkdir(ROOT, path));
        what(guest.symlink("x", ROOT, path));
        what(guest.rmdir(ROOT, path));
    }
    for path in [
        "file", "up", "absolute", "proc", "winding", "chain", "dangling",
    ] {
        let opened = guest.open_with(ROOT, true, path, CREAT, READ | WRITE, NONE, 0);
        assert_eq!(opened, Err(Errno::Perm), "{path}");
    }
    assert_eq!(guest.readlink(ROOT, "absolute", 100), Err(Errno::Perm));
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
    // The parent of the root has no inode for the program.
    let (entries, _) = guest.readdir(ROOT, 4096, 0).unwrap();
    let inode = |name| entries.iter().find(|entry| entry.name == name).unwrap().ino;
    assert_eq!(inode("."), inode(".."));
}

#[test]
fn polling_a_pipe_and_a_clock() {
    use std::{io, io::Write, os::fd::OwnedFd, thread, time::Duration, time::Instant};

    use wasmote_std_host::StdStream;

    let (reader, mut writer) = io::pipe().unwrap();
    let stdin = StdStream::from(OwnedFd::from(reader));
    let mut guest = Program::new(WasiCtxBuilder::new().stdin(stdin).build().unwrap());
    let mut subscribe = |timeout: u64| {
        guest.memory[..96].fill(0);
        guest.memory[8] = 1;
        guest.memory[48 + 16] = 1;
        guest.memory[48 + 24..48 + 32].copy_from_slice(&timeout.to_le_bytes());
        guest
            .call(Function::poll_oneoff, &[0, 1000, 2, 2000])
            .unwrap();
        (
            guest.u32(2000),
            guest.memory[1000 + 10],
            guest.u64(1000 + 16),
        )
    };
    let start = Instant::now();
    assert_eq!(subscribe(30_000_000), (1, 0, 0));
    assert!(start.elapsed() >= Duration::from_millis(30));
    let sender = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        writer.write_all(b"abc").unwrap();
        writer
    });
    assert_eq!(subscribe(60_000_000_000), (1, 1, 3));
    drop(sender.join().unwrap());
    assert_eq!(guest.read(0, 10).unwrap(), b"abc");
    assert_eq!(guest.read(0, 10).unwrap(), b"");
}
