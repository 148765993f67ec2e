//! Firmware for the board `mps2-an386`, a Cortex-M4F: programs with files on a flash in memory, which are gone with
//! the power.

#![no_std]
#![no_main]

mod sensor;

use board::{heap::Heap, mps2::Mps2, stack};
use cortex_m as _;
use cortex_m_rt::entry;
use runner::Request;
use semihosting::{eprintln, process::exit};
use wasmote_embedded_host::{EmbeddedHost, Littlefs, Serial, Settings, sim::SimFlash};

#[global_allocator]
static HEAP: Heap<{ 3 << 20 }> = Heap::new();

/// Sectors of 4 KiB, as serial flash has them.
type Flash = SimFlash<1, 1, 4096>;

#[entry]
fn main() -> ! {
    stack::paint();
    let board = Mps2::take();
    let request = Request::get();
    if let [name, times] = &request.words[..]
        && name == "sensor"
    {
        let times = times.parse().expect("a number of times");
        match sensor::run(board, request.guest(), times) {
            Ok(temperature) => eprintln!("{} of 256 parts of a degree", temperature),
            Err(error) => eprintln!("error: {error}"),
        }
        exit(0);
    }
    let fs = Littlefs::format(Flash::new(64), &Settings::default());
    let host = EmbeddedHost::new()
        .files(runner::files(fs, &request))
        .stdio(Serial(board.serial))
        .monotonic_clock(board.clock)
        .delay(board.delay);
    let status = runner::serve(&request, host);
    HEAP.report();
    exit(status)
}
