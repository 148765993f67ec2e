//! What every host does alike: the same tests on files of the operating system, in memory, and on a chip's
//! flash. Hosts without links are spared what is about links.

use wasmote_behaviour::{Fixture, for_suites, program, program::Program, suites};
use wasmote_std_host::{StdDir, StdHost};
use wasmote_tests::{
    Scratch,
    chip::{self, Chip},
};
use wasmote_wasi::{DirRights, MemHost};

/// A directory of the operating system.
struct Disk(Scratch);

impl Fixture for &Disk {
    type Host = StdHost;
    fn program(self, preopens: &[DirRights]) -> Program<StdHost> {
        program(StdHost::new(), preopens, |_| {
            StdDir::open(self.0.path()).unwrap()
        })
    }
}

struct Memory;

impl Fixture for &Memory {
    type Host = MemHost;
    fn program(self, preopens: &[DirRights]) -> Program<MemHost> {
        let mut host = MemHost::new();
        host.fs.create_dir_all("a/root").unwrap();
        program(host, preopens, |host| host.fs.dir("a/root").unwrap())
    }
}

/// A chip's flash, simulated.
struct Flash;

impl Fixture for &Flash {
    type Host = Chip;
    const LINKS: bool = false;
    fn program(self, preopens: &[DirRights]) -> Program<Chip> {
        let mut host = chip::host(chip::flash());
        host.files.create_dir_all("a/root").unwrap();
        program(host, preopens, |host| host.files.dir("a/root").unwrap())
    }
}

macro_rules! on_hosts {
    ({ $($module:ident: $fixture:expr),* } $names:tt) => {
        $(mod $module {
            use super::super::*;
            on_hosts!(@ $fixture, $names);
        })*
    };
    (@ $fixture:expr, [$($name:ident)*]) => {
        $(#[test] fn $name() { suites::$name(&$fixture); })*
    };
}

macro_rules! tests {
    ($every_host:tt $hosts_with_links:tt) => {
        mod on_every_host {
            on_hosts!({ std_host: Disk(Scratch::new()), mem_host: Memory, chip: Flash } $every_host);
        }

        mod on_hosts_with_links {
            on_hosts!({ std_host: Disk(Scratch::new()), mem_host: Memory } $hosts_with_links);
        }
    };
}

for_suites!(tests);
