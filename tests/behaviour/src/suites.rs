//! The suites: [`crate::for_suites`] names them all.
#![allow(missing_docs)]

use alloc::{collections::BTreeSet, format, string::String, vec::Vec};

use wasmote_wasi::{Abi, DirRights, Errno, Function, Host, Outcome, Rights};

use crate::{
    Fixture,
    program::{CREAT, DIRECTORY, EXCL, Program, TRUNC},
};

const ROOT: u64 = 3;
const READ: Rights = Rights::FD_READ;
const WRITE: Rights = Rights::FD_WRITE;
const NONE: Rights = Rights::EMPTY;

fn guest<F: Fixture>(fixture: F) -> Program<F::Host> {
    fixture.program(&[DirRights::READ_WRITE])
}

pub fn reading_and_writing<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
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
    assert_eq!(guest.contents(ROOT, "file"), b"hello World\0\0\0\0\0!");
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

pub fn appending<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
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

pub fn directories<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
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
    assert_eq!(guest.open(ROOT, "dir", TRUNC, READ), Err(Errno::IsDir));
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
    assert_eq!(guest.rmdir(ROOT, "dir"), Ok(()));
    // The handle is left, of a directory that takes no names any more.
    assert_eq!(guest.mkdir(dir, "new"), Err(Errno::NoEnt));
    assert_eq!(guest.close(dir), Ok(()));
}

pub fn listing<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.mkdir(ROOT, "many").unwrap();
    let dir = guest
        .open(ROOT, "many", DIRECTORY, Rights::DIRECTORY)
        .unwrap();
    assert_eq!(
        guest.names(dir, 4096).into_iter().collect::<BTreeSet<_>>(),
        [".", ".."].map(String::from).into()
    );
    for index in 0..500 {
        guest.create(ROOT, &format!("many/file.{index}"), b"");
    }
    let mut count = 502;
    if F::LINKS {
        guest.symlink("file.0", ROOT, "many/link").unwrap();
        count += 1;
    }
    for room in [64, 256, 4096, 40_000] {
        let names = guest.names(dir, room);
        assert_eq!(names.len(), count, "{room}");
        assert_eq!(names.into_iter().collect::<BTreeSet<_>>().len(), count);
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
            guest.unlink(dir, &entry.name).unwrap();
        }
    }
    guest.create(dir, "late", b"");
    let (rest, _) = guest.readdir(dir, 40_000, middle).unwrap();
    let expected: Vec<_> = entries[251..490]
        .iter()
        .map(|entry| &entry.name)
        .filter(|name| !name.starts_with('.'))
        .collect();
    let rest: Vec<_> = rest
        .iter()
        .map(|entry| &entry.name)
        // A new entry may come behind or before the cookie.
        .filter(|name| !name.starts_with('.') && *name != "late")
        .collect();
    assert_eq!(rest, expected);
    assert_eq!(guest.readdir(dir, 100, u64::MAX).err(), Some(Errno::Inval));
}

pub fn renaming<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
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
    assert_eq!(guest.contents(ROOT, "moved/b"), b"contents");
    // What is open is still there, wherever it went.
    let dir = guest
        .open(ROOT, "moved", DIRECTORY, Rights::DIRECTORY)
        .unwrap();
    let file = guest.open(dir, "b", 0, Rights::FILE).unwrap();
    let inode = guest.fstat(file).unwrap().2;
    assert_eq!(guest.rename(ROOT, "moved", ROOT, "again"), Ok(()));
    assert_eq!(guest.pwrite(file, b"C", 0), Ok(1));
    assert_eq!(guest.contents(dir, "b"), b"Contents");
    assert_eq!(guest.rename(dir, "b", ROOT, "b"), Ok(()));
    assert_eq!(guest.pwrite(file, b"s!", 7), Ok(2));
    assert_eq!(guest.contents(ROOT, "b"), b"Contents!");
    let again = guest.open(ROOT, "b", 0, Rights::FILE).unwrap();
    assert_eq!(guest.fstat(again).unwrap().2, inode);
    assert_eq!(guest.stat(dir, "b", false).err(), Some(Errno::NoEnt));
}

pub fn links<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.mkdir(ROOT, "moved").unwrap();
    guest.create(ROOT, "moved/b", b"contents");
    assert_eq!(guest.link(ROOT, "moved/b", ROOT, "hard"), Ok(()));
    assert_eq!(guest.link(ROOT, "moved/b", ROOT, "hard"), Err(Errno::Exist));
    assert_eq!(
        guest.link(ROOT, "moved/b", ROOT, "hard2/"),
        Err(Errno::NoEnt)
    );
    assert_eq!(guest.link(ROOT, "moved", ROOT, "dirlink"), Err(Errno::Perm));
    assert_eq!(guest.contents(ROOT, "hard"), b"contents");
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
    // A slash or a dot behind a link asks for the directory.
    for path in ["softdir/", "softdir/."] {
        assert_eq!(guest.stat(ROOT, path, false).unwrap().0, 3, "{path}");
    }
    assert_eq!(guest.stat(ROOT, "hard/", false), Err(Errno::NotDir));
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

pub fn times_of_links<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.create(ROOT, "file", b"");
    guest.symlink("file", ROOT, "link").unwrap();
    assert_eq!(guest.set_mtim(ROOT, "file", false, 1_000_000_123), Ok(()));
    assert_eq!(guest.set_mtim(ROOT, "link", false, 2_000_000_000), Ok(()));
    assert_eq!(guest.stat(ROOT, "link", false).unwrap().2, 2_000_000_000);
    assert_eq!(guest.stat(ROOT, "link", true).unwrap().2, 1_000_000_123);
    assert_eq!(guest.set_mtim(ROOT, "link", true, 3_000_000_000), Ok(()));
    assert_eq!(guest.stat(ROOT, "file", false).unwrap().2, 3_000_000_000);
}

pub fn times<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.create(ROOT, "file", b"");
    assert_eq!(guest.set_mtim(ROOT, "file", false, 1_000_000_123), Ok(()));
    assert_eq!(guest.stat(ROOT, "file", false).unwrap().2, 1_000_000_123);
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
    assert!(guest.stat(ROOT, "file", false).unwrap().2 > 900_000_000_000_000_000);
    assert_eq!(
        guest.call(Function::fd_filestat_set_times, &[fd, 0, 0, 12]),
        Err(Errno::Inval)
    );
}

pub fn read_only_directories_stay_as_they_are<F: Fixture>(fixture: F) {
    let mut guest = fixture.program(&[DirRights::READ_ONLY, DirRights::READ_WRITE]);
    guest.create(4, "file", b"data");
    guest.mkdir(4, "dir").unwrap();
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

pub fn paths_that_climb_out_are_refused<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.mkdir(ROOT, "dir").unwrap();
    guest.create(ROOT, "mine", b"");
    let paths = [
        "..",
        "../a",
        "/",
        "/a",
        "dir/../..",
        "./dir/../../x",
        "dir/./../../../x",
    ];
    everything_is_refused(&mut guest, &paths);
    assert_eq!(guest.contents(ROOT, "mine"), b"");
}

pub fn links_that_lead_out_are_refused<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.mkdir(ROOT, "dir").unwrap();
    guest.create(ROOT, "mine", b"");
    for (text, path) in [
        ("..", "up"),
        ("dir/../..", "winding"),
        ("up", "chain"),
        ("../new", "dangling"),
    ] {
        guest.symlink(text, ROOT, path).unwrap();
    }
    everything_is_refused(&mut guest, &["up/x", "winding/x", "chain/x", "dir/../up/x"]);
    for path in ["up", "winding", "chain", "dangling"] {
        let opened = guest.open_with(ROOT, true, path, CREAT, READ | WRITE, NONE, 0);
        assert_eq!(opened, Err(Errno::Perm), "{path}");
    }
    assert_eq!(guest.contents(ROOT, "mine"), b"");
}

/// Whatever is done with one of these paths.
fn everything_is_refused<H: Host>(guest: &mut Program<H>, paths: &[&str]) {
    for path in paths {
        let refused = |result: Result<(), Errno>| assert_eq!(result, Err(Errno::Perm), "{path}");
        refused(
            guest
                .open_with(ROOT, true, path, 0, READ, NONE, 0)
                .map(drop),
        );
        refused(
            guest
                .open_with(ROOT, true, path, CREAT, WRITE, NONE, 0)
                .map(drop),
        );
        refused(guest.stat(ROOT, path, true).map(drop));
        refused(guest.set_mtim(ROOT, path, true, 5));
        refused(guest.link(ROOT, path, ROOT, "stolen"));
        refused(guest.readlink(ROOT, path, 100).map(drop));
        if !path.ends_with("..") {
            refused(guest.mkdir(ROOT, path));
            refused(guest.unlink(ROOT, path));
            refused(guest.rmdir(ROOT, path));
            refused(guest.symlink("x", ROOT, path));
            refused(guest.rename(ROOT, "mine", ROOT, path));
            refused(guest.rename(ROOT, path, ROOT, "stolen"));
        }
    }
}

pub fn names_have_limits<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    let long = "n".repeat(255);
    guest.create(ROOT, &long, b"x");
    assert_eq!(guest.contents(ROOT, &long), b"x");
    assert_eq!(guest.mkdir(ROOT, &"n".repeat(256)), Err(Errno::NameTooLong));
    assert_eq!(
        guest.mkdir(ROOT, &"n".repeat(4096)),
        Err(Errno::NameTooLong)
    );
    assert_eq!(guest.mkdir(ROOT, ""), Err(Errno::NoEnt));
    assert_eq!(guest.mkdir(ROOT, "a\0b"), Err(Errno::Inval));
    assert_eq!(guest.mkdir(ROOT, &format!("{long}/x")), Err(Errno::NotDir));
}

pub fn files_without_names_live_until_they_are_closed<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    let rights = READ | WRITE | Rights::FD_SEEK;
    let fd = guest.open(ROOT, "file", CREAT, rights).unwrap();
    guest.write(fd, b"before").unwrap();
    guest.unlink(ROOT, "file").unwrap();
    assert_eq!(guest.stat(ROOT, "file", false).err(), Some(Errno::NoEnt));
    assert_eq!(guest.write(fd, b" after"), Ok(6));
    assert_eq!(guest.pread(fd, 20, 0).unwrap(), b"before after");
    guest.create(ROOT, "file", b"another");
    assert_eq!(guest.pread(fd, 20, 0).unwrap(), b"before after");
    // Replaced by a rename, the same.
    let old = guest.open(ROOT, "file", 0, rights).unwrap();
    guest.create(ROOT, "new", b"new");
    guest.rename(ROOT, "new", ROOT, "file").unwrap();
    assert_eq!(guest.pread(old, 20, 0).unwrap(), b"another");
    assert_eq!(guest.contents(ROOT, "file"), b"new");
}

pub fn renames_replace_what_they_may<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.mkdir(ROOT, "empty").unwrap();
    guest.mkdir(ROOT, "full").unwrap();
    guest.create(ROOT, "full/file", b"x");
    guest.create(ROOT, "file", b"y");
    assert_eq!(guest.rename(ROOT, "file", ROOT, "empty"), Err(Errno::IsDir));
    assert_eq!(
        guest.rename(ROOT, "empty", ROOT, "file"),
        Err(Errno::NotDir)
    );
    assert_eq!(
        guest.rename(ROOT, "empty", ROOT, "full"),
        Err(Errno::NotEmpty)
    );
    assert_eq!(
        guest.rename(ROOT, "full", ROOT, "full/inner"),
        Err(Errno::Inval)
    );
    assert_eq!(guest.rename(ROOT, "file", ROOT, "new/"), Err(Errno::NotDir));
    assert_eq!(guest.rename(ROOT, "file/", ROOT, "new"), Err(Errno::NotDir));
    assert_eq!(guest.rename(ROOT, "full", ROOT, "empty"), Ok(()));
    assert_eq!(guest.contents(ROOT, "empty/file"), b"x");
    assert_eq!(guest.rename(ROOT, "file", ROOT, "./file"), Ok(()));
    assert_eq!(guest.contents(ROOT, "file"), b"y");
    // Moved directories know where they are.
    guest.mkdir(ROOT, "empty/deep").unwrap();
    guest.rename(ROOT, "empty/deep", ROOT, "top").unwrap();
    guest.create(ROOT, "top/../top/f", b"z");
    assert_eq!(guest.contents(ROOT, "top/f"), b"z");
    for path in [".", "top/.", "top/.."] {
        let busy = guest.rename(ROOT, path, ROOT, "elsewhere");
        assert!(
            matches!(busy, Err(Errno::Busy | Errno::Inval)),
            "{path}: {busy:?}"
        );
        assert!(guest.rmdir(ROOT, path).is_err(), "{path}");
        assert!(guest.unlink(ROOT, path).is_err(), "{path}");
    }
}

/// Two names of one file: nothing happens.
pub fn renames_of_links<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.create(ROOT, "file", b"y");
    guest.link(ROOT, "file", ROOT, "other").unwrap();
    assert_eq!(guest.rename(ROOT, "file", ROOT, "other"), Ok(()));
    assert_eq!(guest.contents(ROOT, "file"), b"y");
    assert_eq!(guest.contents(ROOT, "other"), b"y");
}

pub fn moving_does_not_launder_rights<F: Fixture>(fixture: F) {
    let mut no_write = DirRights::READ_WRITE;
    no_write.inheriting = no_write.inheriting - WRITE;
    let mut guest = fixture.program(&[no_write, DirRights::READ_WRITE]);
    let (sealed, open) = (3, 4);
    guest.create(open, "file", b"data");
    assert_eq!(guest.open(sealed, "file", 0, WRITE), Err(Errno::NotCapable));
    assert_eq!(
        guest.rename(sealed, "file", open, "mine"),
        Err(Errno::NotCapable)
    );
    assert_eq!(
        guest.link(sealed, "file", open, "mine"),
        Err(Errno::NotCapable)
    );
    // The other way takes rights away, and is allowed.
    assert_eq!(guest.rename(open, "file", sealed, "file2"), Ok(()));
    // Nor through a directory that is narrowed by the program itself.
    let narrowed = guest.open(open, ".", DIRECTORY, Rights::DIRECTORY).unwrap();
    let (base, inheriting) = (Rights::DIRECTORY.bits(), (Rights::ALL - WRITE).bits());
    let inheriting = inheriting & guest.fdstat(narrowed).unwrap().3.bits();
    let narrow = [narrowed, base, inheriting];
    assert_eq!(guest.call(Function::fd_fdstat_set_rights, &narrow), Ok(()));
    assert_eq!(
        guest.rename(narrowed, "file2", open, "mine"),
        Err(Errno::NotCapable)
    );
    let wide = [narrowed, base, Rights::ALL.bits()];
    assert_eq!(
        guest.call(Function::fd_fdstat_set_rights, &wide),
        Err(Errno::NotCapable)
    );
}

pub fn descriptors_move<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.create(ROOT, "one", b"1");
    guest.create(ROOT, "two", b"2");
    let one = guest.open(ROOT, "one", 0, READ).unwrap();
    let two = guest.open(ROOT, "two", 0, READ).unwrap();
    assert_eq!(guest.call(Function::fd_renumber, &[one, two]), Ok(()));
    assert_eq!(guest.read(two, 10).unwrap(), b"1");
    assert_eq!(guest.read(one, 10), Err(Errno::Badf));
    assert_eq!(
        guest.call(Function::fd_renumber, &[two, 99]),
        Err(Errno::Badf)
    );
    assert_eq!(guest.call(Function::fd_renumber, &[two, two]), Ok(()));
    // Onto the preopen: that is not a preopen any more.
    assert_eq!(guest.call(Function::fd_renumber, &[two, ROOT]), Ok(()));
    assert_eq!(
        guest.call(Function::fd_prestat_get, &[ROOT, 0]),
        Err(Errno::Badf)
    );
    assert_eq!(guest.mkdir(ROOT, "x"), Err(Errno::NotDir));
}

pub fn room_is_made_and_hints_are_taken<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    let rights = Rights::FILE;
    let fd = guest.open(ROOT, "file", CREAT, rights).unwrap();
    assert_eq!(guest.call(Function::fd_advise, &[fd, 0, 0, 1]), Ok(()));
    assert_eq!(
        guest.call(Function::fd_advise, &[fd, 0, 0, 9]),
        Err(Errno::Inval)
    );
    assert_eq!(
        guest.call(Function::fd_advise, &[fd, u64::MAX, 1, 0]),
        Err(Errno::Inval)
    );
    assert_eq!(
        guest.call(Function::fd_filestat_set_size, &[fd, 1 << 63]),
        Err(Errno::Inval)
    );
    assert_eq!(guest.write(fd, b"abc"), Ok(3));
    if guest.call(Function::fd_allocate, &[fd, 10, 10]).is_ok() {
        assert_eq!(guest.fstat(fd).unwrap().1, 20);
        assert_eq!(guest.call(Function::fd_allocate, &[fd, 0, 10]), Ok(()));
    }
    assert_eq!(
        guest.call(Function::fd_allocate, &[fd, 0, 0]),
        Err(Errno::Inval)
    );
    assert_eq!(guest.call(Function::fd_filestat_set_size, &[fd, 2]), Ok(()));
    assert_eq!(guest.contents(ROOT, "file"), b"ab");
    assert_eq!(guest.pwrite(fd, b"z", 5), Ok(1));
    assert_eq!(guest.contents(ROOT, "file"), b"ab\0\0\0z");
    let (_, size, _) = guest.fstat(fd).unwrap();
    assert_eq!(size, 6);
}

/// Preview 0: no wide link count in `filestat`, another order of `whence`, another clock subscription.
pub fn the_old_layouts_are_served<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.create(ROOT, "file", b"0123456789");
    let fd = guest.open(ROOT, "file", 0, Rights::FILE).unwrap();
    let mut old = |function, args: &[u64]| {
        guest.memory[1000..1200].fill(0xaa);
        match guest
            .ctx
            .call(&mut guest.memory, Abi::Unstable, function, args)
        {
            Outcome::Errno(errno) => (errno, guest.memory[1000..1200].to_vec()),
            Outcome::Exit(code) => panic!("exit {code}"),
        }
    };
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
    let (errno, stat) = old(Function::fd_filestat_get, &[fd, 1000]);
    assert_eq!(errno, Errno::Success);
    assert_eq!((stat[16], &stat[20..24]), (4, &[1, 0, 0, 0][..]));
    assert_eq!(number(&stat[24..32]), 10);
    assert_eq!(stat[56], 0xaa, "the record has 56 bytes");
    let (cur, end, set) = (0, 1, 2);
    for (offset, whence, expected) in [(4, set, 4), (1, cur, 5), (-3_i64 as u64, end, 7)] {
        let (errno, position) = old(Function::fd_seek, &[fd, offset, whence, 1000]);
        assert_eq!((errno, number(&position[..8])), (Errno::Success, expected));
    }
    assert_eq!(old(Function::fd_seek, &[fd, 0, 3, 1000]).0, Errno::Inval);
    assert_eq!(old(Function::sock_accept, &[fd, 0, 1000]).0, Errno::NotSock);
    let poll = &mut guest.memory[..56];
    poll.fill(0);
    poll[0] = 9;
    // The identifier comes before the clock, and is not looked at.
    poll[16] = 77;
    poll[24] = 1;
    poll[32] = 1;
    let memory = &mut guest.memory;
    let outcome = guest.ctx.call(
        memory,
        Abi::Unstable,
        Function::poll_oneoff,
        &[0, 500, 1, 600],
    );
    assert_eq!(outcome, Outcome::Errno(Errno::Success));
    assert_eq!(
        (guest.u32(600), guest.memory[500], guest.memory[508]),
        (1, 9, 0)
    );
}

pub fn clocks_arguments_and_randomness<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    for clock in 0..4 {
        let args = [clock, 0, 1000];
        assert_eq!(guest.call(Function::clock_time_get, &args), Ok(()));
        let before = guest.u64(1000);
        assert_eq!(guest.call(Function::clock_time_get, &args), Ok(()));
        assert!(guest.u64(1000) >= before);
        assert_eq!(guest.call(Function::clock_res_get, &[clock, 1000]), Ok(()));
        assert!(guest.u64(1000) > 0);
    }
    assert_eq!(
        guest.call(Function::clock_time_get, &[4, 0, 1000]),
        Err(Errno::Inval)
    );
    assert_eq!(guest.call(Function::args_sizes_get, &[1000, 1004]), Ok(()));
    assert_eq!((guest.u32(1000), guest.u32(1004)), (2, 9));
    assert_eq!(guest.call(Function::args_get, &[1000, 2000]), Ok(()));
    assert_eq!(&guest.memory[2000..2009], b"prog\0arg\0");
    assert_eq!((guest.u32(1000), guest.u32(1004)), (2000, 2005));
    assert_eq!(guest.call(Function::environ_get, &[1000, 2000]), Ok(()));
    assert_eq!(&guest.memory[2000..2004], b"K=V\0");
    assert_eq!(guest.call(Function::random_get, &[3000, 1000]), Ok(()));
    assert!(guest.memory[3900..4000].iter().any(|&byte| byte != 0));
    // A file is always ready, a millisecond is not over at once.
    guest.create(ROOT, "file", b"12345");
    let fd = guest
        .open(ROOT, "file", 0, READ | Rights::POLL_FD_READWRITE)
        .unwrap();
    guest.memory[..96].fill(0);
    guest.memory[24..32].copy_from_slice(&1_000_000_u64.to_le_bytes());
    guest.memory[48 + 8] = 1;
    guest.memory[48 + 16] = fd as u8;
    let poll = [0, 1000, 2, 2000];
    assert_eq!(guest.call(Function::poll_oneoff, &poll), Ok(()));
    assert_eq!(guest.u32(2000), 1);
    assert_eq!((guest.memory[1010], guest.u64(1016)), (1, 5));
    assert_eq!(
        guest.call(Function::poll_oneoff, &[0, 1000, 1, 2000]),
        Ok(())
    );
    assert_eq!((guest.u32(2000), guest.memory[1010]), (1, 0));
    assert_eq!(
        guest.call(Function::poll_oneoff, &[0, 1000, 0, 2000]),
        Err(Errno::Inval)
    );
    let many = [0, 1000, u64::from(u32::MAX), 2000];
    assert_eq!(guest.call(Function::poll_oneoff, &many), Err(Errno::Fault));
}
