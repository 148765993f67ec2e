//! Functions on real files, in temporary directories.

use std::{collections::BTreeSet, fs, os::unix::fs::symlink};

use wasmote_std_host::{DirRights, Errno, Rights, StdHost, WasiCtxBuilder};
use wasmote_tests::{
    Scratch,
    program::{CREAT, DIRECTORY, EXCL, Program, TRUNC},
};
use wasmote_wasi::Function;

const ROOT: u64 = 3;
const READ: Rights = Rights::FD_READ;
const WRITE: Rights = Rights::FD_WRITE;
const NONE: Rights = Rights::EMPTY;

fn guest() -> (Scratch, Program<StdHost>) {
    let temp = Scratch::new();
    let guest = Program::at(temp.path(), DirRights::READ_WRITE);
    (temp, guest)
}

#[test]
fn reading_and_writing() {
    let (temp, mut guest) = guest();
    let all =
        READ | WRITE | Rights::FD_SEEK | Rights::FD_FILESTAT_SET_SIZE | Rights::FD_FILESTAT_GET;
    let fd = guest
        .open(
            ROOT,
            "file",
            CREAT | EXCL,
            all | Rights::FD_ALLOCATE | Rights::FD_SYNC,
        )
        .unwrap();
    assert_eq!(fd, 4);
    assert_eq!(
        guest.open(ROOT, "file", CREAT | EXCL, all),
        Err(Errno::Exist)
    );
    assert_eq!(guest.write(fd, b"hello world"), Ok(11));
    assert_eq!(guest.read(fd, 10).unwrap(), b"");
    assert_eq!(guest.seek(fd, 6, 0), Ok(6));
    assert_eq!(guest.read(fd, 100).unwrap(), b"world");
    assert_eq!(guest.pwrite(fd, b"W", 6), Ok(1));
    assert_eq!(guest.pread(fd, 100, 5).unwrap(), b" World");
    assert_eq!(guest.pread(fd, 100, 500).unwrap(), b"");
    assert_eq!(guest.seek(fd, 0, 1), Ok(11));
    assert_eq!(guest.seek(fd, 5, 2), Ok(16));
    assert_eq!(guest.write(fd, b"!"), Ok(1));
    assert_eq!(
        fs::read(temp.path().join("file")).unwrap(),
        b"hello World\0\0\0\0\0!"
    );
    assert_eq!(guest.call(Function::fd_filestat_set_size, &[fd, 5]), Ok(()));
    assert_eq!(guest.fstat(fd).unwrap().1, 5);
    assert_eq!(guest.call(Function::fd_sync, &[fd]), Ok(()));
    assert_eq!(
        guest.call(Function::fd_datasync, &[fd]),
        Err(Errno::NotCapable)
    );
    match guest.call(Function::fd_allocate, &[fd, 0, 100]) {
        Ok(()) => assert_eq!(guest.fstat(fd).unwrap().1, 100),
        Err(errno) => assert_eq!(errno, Errno::NotSup),
    }
    let read_only = guest.open(ROOT, "file", 0, READ).unwrap();
    assert_eq!(guest.write(read_only, b"x"), Err(Errno::NotCapable));
    let write_only = guest.open(ROOT, "file", TRUNC, WRITE).unwrap();
    assert_eq!(guest.read(write_only, 1), Err(Errno::NotCapable));
    assert_eq!(guest.read(read_only, 1).unwrap(), b"");
    assert_eq!(guest.close(fd), Ok(()));
    assert_eq!(guest.close(fd), Err(Errno::Badf));
    assert_eq!(guest.unlink(ROOT, "file"), Ok(()));
    assert_eq!(guest.open(ROOT, "file", 0, READ), Err(Errno::NoEnt));
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
fn appending() {
    let (_temp, mut guest) = guest();
    let all = READ | WRITE | Rights::FD_SEEK | Rights::FD_FDSTAT_SET_FLAGS;
    let fd = guest
        .open_with(ROOT, false, "log", CREAT, all, NONE, 1)
        .unwrap();
    assert_eq!(guest.fdstat(fd).unwrap().1, 1);
    assert_eq!(guest.write(fd, b"one"), Ok(3));
    assert_eq!(guest.seek(fd, 0, 0), Ok(0));
    assert_eq!(guest.write(fd, b"two"), Ok(3));
    assert_eq!(guest.seek(fd, 0, 1), Ok(6));
    assert_eq!(guest.pwrite(fd, b"O", 0), Ok(1));
    assert_eq!(guest.call(Function::fd_fdstat_set_flags, &[fd, 0]), Ok(()));
    assert_eq!(guest.seek(fd, 3, 0), Ok(3));
    assert_eq!(guest.write(fd, b"T"), Ok(1));
    assert_eq!(guest.pread(fd, 10, 0).unwrap(), b"OneTwo");
    let fd = guest
        .open_with(ROOT, false, "log", 0, all | Rights::FD_SYNC, NONE, 16)
        .unwrap();
    assert_eq!(guest.write(fd, b"x"), Ok(1));
}

#[test]
fn directories() {
    let (temp, mut guest) = guest();
    assert_eq!(guest.mkdir(ROOT, "dir"), Ok(()));
    assert_eq!(guest.mkdir(ROOT, "dir"), Err(Errno::Exist));
    assert_eq!(guest.mkdir(ROOT, "dir/sub/"), Ok(()));
    guest.create(ROOT, "dir/sub/file", b"x");
    assert_eq!(guest.rmdir(ROOT, "dir/sub"), Err(Errno::NotEmpty));
    assert_eq!(guest.rmdir(ROOT, "dir/sub/file"), Err(Errno::NotDir));
    assert_eq!(guest.unlink(ROOT, "dir/sub"), Err(Errno::IsDir));
    assert_eq!(guest.unlink(ROOT, "dir/sub/"), Err(Errno::IsDir));
    assert_eq!(guest.unlink(ROOT, "dir/sub/file/"), Err(Errno::NotDir));
    let dir = guest
        .open(ROOT, "dir/.//sub/../../dir", DIRECTORY, Rights::ALL - WRITE)
        .unwrap_err();
    // Rights that say the file will be changed make a directory fail; without them it opens.
    assert_eq!(dir, Errno::IsDir);
    let base = Rights::DIRECTORY | READ | Rights::FD_SEEK;
    let dir = guest
        .open(ROOT, "dir/.//sub/../../dir", DIRECTORY, base)
        .unwrap();
    assert_eq!(guest.fdstat(dir).unwrap().2, Rights::DIRECTORY);
    assert_eq!(
        guest.open(ROOT, ".", DIRECTORY, READ | WRITE),
        Err(Errno::IsDir)
    );
    assert_eq!(guest.open(ROOT, ".", 0, READ | WRITE), Err(Errno::IsDir));
    let again = guest.open_with(ROOT, false, ".", 0, NONE, NONE, 4).unwrap();
    assert_eq!(guest.fdstat(again).unwrap().0, 3);
    assert_eq!(
        guest.open(ROOT, "dir/sub/file", DIRECTORY, NONE),
        Err(Errno::NotDir)
    );
    assert_eq!(
        guest.open(ROOT, "dir/sub/file/", 0, NONE),
        Err(Errno::NotDir)
    );
    for (result, name) in [
        (guest.read(dir, 1).err(), "read"),
        (guest.write(dir, b"x").err(), "write"),
        (guest.seek(dir, 0, 0).err(), "seek"),
        (
            guest.call(Function::fd_filestat_set_size, &[dir, 0]).err(),
            "size",
        ),
        (
            guest.call(Function::fd_allocate, &[dir, 0, 1]).err(),
            "allocate",
        ),
    ] {
        assert_eq!(result, Some(Errno::IsDir), "{name}");
    }
    assert_eq!(guest.call(Function::fd_sync, &[dir]), Ok(()));
    assert_eq!(
        guest.call(Function::fd_filestat_set_times, &[dir, 0, 5_000_000_007, 4]),
        Ok(())
    );
    assert_eq!(guest.stat(ROOT, "dir", false).unwrap().2, 5_000_000_007);
    let file = guest.open(dir, "sub/file", 0, READ).unwrap();
    assert_eq!(guest.open(file, "x", CREAT, NONE), Err(Errno::NotDir));
    assert_eq!(
        guest.call(Function::fd_readdir, &[file, 0, 100, 0, 200]),
        Err(Errno::NotDir)
    );
    assert_eq!(guest.unlink(dir, "sub/file"), Ok(()));
    assert_eq!(guest.rmdir(dir, "sub/"), Ok(()));
    assert!(temp.path().join("dir").exists());
}

#[test]
fn listing() {
    let (temp, mut guest) = guest();
    guest.mkdir(ROOT, "many").unwrap();
    let dir = guest
        .open(ROOT, "many", DIRECTORY, Rights::DIRECTORY)
        .unwrap();
    assert_eq!(
        guest.names(dir, 4096).into_iter().collect::<BTreeSet<_>>(),
        [".", ".."].map(String::from).into()
    );
    for index in 0..500 {
        fs::write(temp.path().join(format!("many/file.{index}")), "").unwrap();
    }
    symlink("file.0", temp.path().join("many/link")).unwrap();
    for room in [64, 256, 4096, 40_000] {
        let names = guest.names(dir, room);
        assert_eq!(names.len(), 503, "{room}");
        assert_eq!(names.into_iter().collect::<BTreeSet<_>>().len(), 503);
    }
    let (entries, end) = guest.readdir(dir, 40_000, 0).unwrap();
    assert!(end);
    let inode = guest.fstat(dir).unwrap().2;
    for entry in &entries {
        let expected = match entry.name.as_str() {
            "." | ".." => 3,
            "link" => 7,
            _ => 4,
        };
        assert_eq!(entry.filetype, expected, "{}", entry.name);
        assert_eq!(
            entry.ino == inode,
            entry.name.starts_with("."),
            "{}",
            entry.name
        );
    }
    // Going on from a cookie after entries before and behind it have gone.
    let middle = entries[250].next;
    for entry in entries.iter().take(240).chain(entries.iter().skip(490)) {
        if !entry.name.starts_with(".") {
            fs::remove_file(temp.path().join("many").join(&entry.name)).unwrap();
        }
    }
    let (rest, _) = guest.readdir(dir, 40_000, middle).unwrap();
    let expected: Vec<_> = entries[251..490]
        .iter()
        .map(|entry| &entry.name)
        .filter(|name| !name.starts_with('.'))
        .collect();
    let rest: Vec<_> = rest
        .iter()
        .map(|entry| &entry.name)
        .filter(|name| !name.starts_with('.'))
        .collect();
    assert_eq!(rest, expected);
    assert_eq!(guest.readdir(dir, 100, u64::MAX).err(), Some(Errno::Inval));
}

#[test]
fn renaming_and_links() {
    let (temp, mut guest) = guest();
    guest.create(ROOT, "a", b"contents");
    guest.mkdir(ROOT, "dir").unwrap();
    assert_eq!(guest.rename(ROOT, "a", ROOT, "dir/b"), Ok(()));
    assert_eq!(guest.rename(ROOT, "a", ROOT, "c"), Err(Errno::NoEnt));
    assert_eq!(guest.rename(ROOT, "dir", ROOT, "dir/b"), Err(Errno::Inval));
    assert_eq!(
        guest.rename(ROOT, "dir/b", ROOT, "dir"),
        Err(Errno::NotEmpty)
    );
    assert_eq!(guest.rename(ROOT, "dir/", ROOT, "moved/"), Ok(()));
    assert_eq!(guest.link(ROOT, "moved/b", ROOT, "hard"), Ok(()));
    assert_eq!(guest.link(ROOT, "moved/b", ROOT, "hard"), Err(Errno::Exist));
    assert_eq!(
        guest.link(ROOT, "moved/b", ROOT, "hard2/"),
        Err(Errno::NoEnt)
    );
    assert_eq!(guest.link(ROOT, "moved", ROOT, "dirlink"), Err(Errno::Perm));
    assert_eq!(fs::read(temp.path().join("hard")).unwrap(), b"contents");
    assert_eq!(guest.symlink("moved/b", ROOT, "soft"), Ok(()));
    assert_eq!(guest.symlink("x", ROOT, "soft"), Err(Errno::Exist));
    assert_eq!(guest.symlink("x", ROOT, "new/"), Err(Errno::NoEnt));
    assert_eq!(guest.symlink("/etc/passwd", ROOT, "bad"), Err(Errno::Perm));
    assert_eq!(guest.readlink(ROOT, "soft", 100).unwrap(), "moved/b");
    assert_eq!(guest.readlink(ROOT, "soft", 4).unwrap(), "move");
    assert_eq!(guest.readlink(ROOT, "hard", 4), Err(Errno::Inval));
    assert_eq!(guest.stat(ROOT, "soft", false).unwrap().0, 7);
    assert_eq!(guest.stat(ROOT, "soft", true).unwrap().0, 4);
    assert_eq!(guest.open(ROOT, "soft", 0, READ), Err(Errno::Loop));
    let fd = guest
        .open_with(ROOT, true, "soft", 0, READ, NONE, 0)
        .unwrap();
    assert_eq!(guest.read(fd, 100).unwrap(), b"contents");
    guest.symlink("moved", ROOT, "softdir").unwrap();
    let opened = guest.open(ROOT, "softdir", DIRECTORY, NONE);
    assert!(
        matches!(opened, Err(Errno::Loop | Errno::NotDir)),
        "{opened:?}"
    );
    assert!(
        guest
            .open_with(ROOT, true, "softdir", DIRECTORY, NONE, NONE, 0)
            .is_ok()
    );
    guest.symlink("loop", ROOT, "loop").unwrap();
    assert_eq!(
        guest.open_with(ROOT, true, "loop", 0, READ, NONE, 0),
        Err(Errno::Loop)
    );
    // A path that overlaps the buffer for the result.
    guest.memory[8192..8196].copy_from_slice(b"soft");
    assert_eq!(
        guest.call(Function::path_readlink, &[ROOT, 8192, 4, 8192, 100, 60_000]),
        Ok(())
    );
    assert_eq!(&guest.memory[8192..8199], b"moved/b");
}

#[test]
fn times() {
    let (_temp, mut guest) = guest();
    guest.create(ROOT, "file", b"");
    guest.symlink("file", ROOT, "link").unwrap();
    assert_eq!(guest.set_mtim(ROOT, "file", false, 1_000_000_123), Ok(()));
    assert_eq!(guest.stat(ROOT, "file", false).unwrap().2, 1_000_000_123);
    assert_eq!(guest.set_mtim(ROOT, "link", false, 2_000_000_000), Ok(()));
    assert_eq!(guest.stat(ROOT, "link", false).unwrap().2, 2_000_000_000);
    assert_eq!(guest.stat(ROOT, "link", true).unwrap().2, 1_000_000_123);
    assert_eq!(guest.set_mtim(ROOT, "link", true, 3_000_000_000), Ok(()));
    assert_eq!(guest.stat(ROOT, "file", false).unwrap().2, 3_000_000_000);
    let fd = guest
        .open(ROOT, "file", 0, Rights::FD_FILESTAT_SET_TIMES)
        .unwrap();
    assert_eq!(
        guest.call(Function::fd_filestat_set_times, &[fd, 0, 4, 4]),
        Ok(())
    );
    assert_eq!(guest.stat(ROOT, "file", false).unwrap().2, 4);
    assert_eq!(
        guest.call(Function::fd_filestat_set_times, &[fd, 0, 0, 8]),
        Ok(())
    );
    assert!(guest.stat(ROOT, "file", false).unwrap().2 > 1_600_000_000_000_000_000);
    assert_eq!(
        guest.call(Function::fd_filestat_set_times, &[fd, 0, 0, 12]),
        Err(Errno::Inval)
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
    let mut guest = Program::at(&root, DirRights::READ_WRITE);
    guest.create(ROOT, "mine", b"mine");
    let outside_paths = [
        "..",
        "../outside/secret",
        "/etc/passwd",
        "dir/../../outside/secret",
        "./dir/./../../outside/secret",
        "up/secret",
        "up/..",
        "absolute/secret",
        "proc/etc/passwd",
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
fn read_only_directories_stay_as_they_are() {
    let temp = Scratch::new();
    fs::write(temp.path().join("file"), "data").unwrap();
    fs::create_dir(temp.path().join("dir")).unwrap();
    let builder = WasiCtxBuilder::new()
        .preopened_dir(temp.path(), "/ro", DirRights::READ_ONLY)
        .unwrap();
    let builder = builder
        .preopened_dir(temp.path(), "/rw", DirRights::READ_WRITE)
        .unwrap();
    let mut guest = Program::new(builder.build().unwrap());
    const RW: u64 = 4;
    let fd = guest.open(ROOT, "file", 0, Rights::ALL - WRITE).unwrap();
    assert_eq!(guest.read(fd, 10).unwrap(), b"data");
    for (result, name) in [
        (guest.open(ROOT, "file", 0, WRITE).err(), "write"),
        (guest.open(ROOT, "file", TRUNC, READ).err(), "truncate"),
        (guest.open(ROOT, "new", CREAT, READ).err(), "create"),
        (guest.unlink(ROOT, "file").err(), "unlink"),
        (guest.mkdir(ROOT, "new").err(), "mkdir"),
        (guest.rmdir(ROOT, "dir").err(), "rmdir"),
        (guest.set_mtim(ROOT, "file", false, 1).err(), "times"),
        (guest.symlink("x", ROOT, "new").err(), "symlink"),
        (guest.rename(ROOT, "file", RW, "moved").err(), "rename out"),
        (guest.link(ROOT, "file", RW, "linked").err(), "link out"),
        (guest.rename(RW, "file", ROOT, "moved").err(), "rename in"),
        (guest.write(fd, b"x").err(), "fd_write"),
        (
            guest.call(Function::fd_filestat_set_size, &[fd, 0]).err(),
            "set_size",
        ),
        (
            guest
                .call(Function::fd_filestat_set_times, &[fd, 0, 0, 4])
                .err(),
            "fd times",
        ),
    ] {
        assert_eq!(result, Some(Errno::NotCapable), "{name}");
    }
    let dir = guest
        .open(ROOT, "dir", DIRECTORY, Rights::DIRECTORY)
        .unwrap();
    assert_eq!(
        guest.fdstat(dir).unwrap().3,
        DirRights::READ_ONLY.inheriting
    );
    assert_eq!(guest.mkdir(dir, "new"), Err(Errno::NotCapable));
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
