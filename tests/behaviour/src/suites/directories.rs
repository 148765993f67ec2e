//! Directories, and names in them.

use alloc::{collections::BTreeSet, format, string::String, vec::Vec};

use wasmote_wasi::{Errno, Function, Rights};

use super::{NONE, READ, ROOT, WRITE, everything_is_refused, guest};
use crate::{
    Fixture,
    program::{CREAT, DIRECTORY, TRUNC},
};

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
