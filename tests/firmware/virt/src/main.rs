//! Firmware for the riscv32 board `virt`: programs with files on CFI flash, the date, true randomness, and a serial
//! line for what they read and print.

#![no_std]
#![no_main]

use board::{heap::Heap, selftest, stack, virt::Virt};
use riscv as _;
use riscv_rt::entry;
use runner::Request;
use semihosting::process::exit;
use wasmote_embedded_host::{EmbeddedHost, Littlefs, Serial, Settings};

#[global_allocator]
static HEAP: Heap<{ 3 << 20 }> = Heap::new();

#[entry]
fn main() -> ! {
    stack::paint();
    let board = Virt::take();
    let mut flash = board.flash.expect("the emulator has the flash");
    let request = Request::get();
    if request.words == ["selftest"] {
        selftest::flash(&mut flash).expect("the flash works");
        exit(0);
    }
    let fs = Littlefs::mount_or_format(flash, &Settings::default());
    let host = EmbeddedHost::new()
        .files(runner::files(fs, &request))
        .stdio(Serial(board.serial))
        .random(board.rng.expect("the emulator has random numbers"))
        .monotonic_clock(board.clock)
        .wall_clock(board.rtc)
        .delay(board.delay);
    let status = runner::serve(&request, host);
    HEAP.report();
    exit(status)
}
