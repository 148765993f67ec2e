//! Links, for hosts that have them.

use wasmote_wasi::{Errno, Function};

use super::{NONE, READ, ROOT, WRITE, everything_is_refused, guest};
use crate::{
    Fixture,
    program::{CREAT, DIRECTORY},
};

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

/// Two names of one file: nothing happens.
pub fn renames_of_links<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.create(ROOT, "file", b"y");
    guest.link(ROOT, "file", ROOT, "other").unwrap();
    assert_eq!(guest.rename(ROOT, "file", ROOT, "other"), Ok(()));
    assert_eq!(guest.contents(ROOT, "file"), b"y");
    assert_eq!(guest.contents(ROOT, "other"), b"y");
}
