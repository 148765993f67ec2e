//! Firmware for the riscv32 board `virt`: what every host does alike, tested on the board's flash, clocks and random
//! numbers. Prints `ok NAME` for each test; a panic comes behind the name of the test that has begun.

#![no_std]
#![no_main]

use board::{
    clock::{Clock, Mtime},
    flash::CfiFlash,
    heap::Heap,
    rtc::Goldfish,
    virt::{Virt, VirtioRng},
};
use riscv as _;
use riscv_rt::entry;
use semihosting::{eprintln, println, process::exit};
use wasmote_behaviour::{Fixture, for_suites, program, program::Program, suites};
use wasmote_embedded_host::{EmbeddedHost, FlashFiles, Littlefs, NoStdio, Settings};
use wasmote_wasi::DirRights;

#[global_allocator]
static HEAP: Heap<{ 1 << 20 }> = Heap::new();

type Files<'a> = FlashFiles<Littlefs<&'a mut CfiFlash, 256, 16, 2>, 16, 600>;
type Time = Clock<Mtime<10_000_000>>;
type Chip<'a> = EmbeddedHost<
    Files<'a>,
    NoStdio,
    &'a mut VirtioRng,
    &'a mut Time,
    &'a mut Goldfish,
    &'a mut Time,
>;

/// Each test gets its parts anew, with files on a flash that is formatted before.
struct Board(Virt);

impl<'a> Fixture for &'a mut Board {
    type Host = Chip<'a>;
    const LINKS: bool = false;
    fn program(self, preopens: &[DirRights]) -> Program<Chip<'a>> {
        let board = &mut self.0;
        let flash = board.flash.as_mut().expect("the emulator has the flash");
        let rng = board.rng.as_mut().expect("the emulator has random numbers");
        let fs = Littlefs::format(flash, &Settings::default());
        let fs = fs.unwrap_or_else(|(errno, _)| panic!("no filesystem: {errno}"));
        let files = FlashFiles::new(fs);
        let mut files: Files<'a> = files.unwrap_or_else(|(errno, _)| panic!("no files: {errno}"));
        files
            .create_dir_all("a/root")
            .expect("room for a directory");
        let host = EmbeddedHost::new()
            .files(files)
            .random(rng)
            .monotonic_clock(&mut board.clock)
            .wall_clock(&mut board.rtc)
            .delay(&mut board.delay);
        program(host, preopens, |host| {
            host.files.dir("a/root").expect("the directory is there")
        })
    }
}

#[entry]
fn main() -> ! {
    let mut board = Board(Virt::take());
    macro_rules! run {
        ([$($name:ident)*] $with_links:tt) => {
            $(
                eprintln!("{}:", stringify!($name));
                suites::$name(&mut board);
                println!("ok {}", stringify!($name));
            )*
        };
    }
    for_suites!(run);
    exit(0)
}
