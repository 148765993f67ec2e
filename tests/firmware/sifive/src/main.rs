//! Firmware for the riscv32 board `sifive_u`: programs with files on serial NOR flash. The board has neither a calendar nor
//! randomness, and programs that ask for them learn that.

#![no_std]
#![no_main]

use board::{
    heap::Heap,
    selftest,
    sifive::{Sifive, exit},
    stack,
};
use riscv as _;
use riscv_rt::entry;
use runner::Request;
use wasmote_embedded_host::{EmbeddedHost, Littlefs, Serial, Settings};

#[global_allocator]
static HEAP: Heap<{ 3 << 20 }> = Heap::new();

#[entry]
fn main() -> ! {
    stack::paint();
    let board = Sifive::take();
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
        .monotonic_clock(board.clock)
        .delay(board.delay);
    let status = runner::serve(&request, host);
    HEAP.report();
    exit(status)
}
