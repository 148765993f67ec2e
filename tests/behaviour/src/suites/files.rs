//! Files: reading, writing, sizes, times, and the descriptors of them.

use wasmote_wasi::{Errno, Function, Rights};

use super::{NONE, READ, ROOT, WRITE, guest};
use crate::{
    Fixture,
    program::{CREAT, EXCL, TRUNC},
};

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
