//! The suites: [`crate::for_suites`] names them all.
#![allow(missing_docs)]

mod directories;
mod files;
mod links;
mod rights;
mod world;

pub use directories::*;
pub use files::*;
pub use links::*;
pub use rights::*;
pub use world::*;

use wasmote_wasi::{DirRights, Errno, Host, Rights};

use crate::{
    Fixture,
    program::{CREAT, Program},
};

const ROOT: u64 = 3;
const READ: Rights = Rights::FD_READ;
const WRITE: Rights = Rights::FD_WRITE;
const NONE: Rights = Rights::EMPTY;

fn guest<F: Fixture>(fixture: F) -> Program<F::Host> {
    fixture.program(&[DirRights::READ_WRITE])
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
