//! Rights, which nothing widens.

use wasmote_wasi::{DirRights, Errno, Function, Rights};

use super::{READ, ROOT, WRITE};
use crate::{
    Fixture,
    program::{CREAT, DIRECTORY, TRUNC},
};

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
