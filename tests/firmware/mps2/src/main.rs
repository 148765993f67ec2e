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
use wasmote_embedded_host::{EmbeddedHost, FlashFiles, Littlefs, Serial, Settings, sim::SimFlash};
use wasmote_wasi::{DirRights, WasiCtxBuilder};

#[global_allocator]
static HEAP: Heap<{ 3 << 20 }> = Heap::new();

/// Sectors of 4 KiB, as serial flash has them.
type Flash = SimFlash<1, 1, 4096>;
type Files = FlashFiles<Littlefs<Flash, 256, 16, 2>, 8, 256>;

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
    let fs = fs.unwrap_or_else(|(errno, _)| panic!("no filesystem: {errno}"));
    let files = FlashFiles::new(fs);
    let mut files: Files = files.unwrap_or_else(|(errno, _)| panic!("no files: {errno}"));
    for (name, contents) in &request.files {
        files.write(name, contents).expect("room for a file");
    }
    let root = files.root().expect("a root");
    let host = EmbeddedHost::new()
        .files(files)
        .stdio(Serial(board.serial))
        .monotonic_clock(board.clock)
        .delay(board.delay);
    let ctx = WasiCtxBuilder::new()
        .args(&request.words)
        .and_then(|builder| builder.preopen(root, "/", DirRights::READ_WRITE))
        .expect("words without NUL")
        .stdin(host.stdin())
        .stdout(host.stdout())
        .stderr(host.stderr());
    let ctx = ctx.build(host).expect("few descriptors");
    let status = runner::run(request.guest(), ctx, |_| Ok(()));
    eprintln!(
        "stack {} of {}, heap {}",
        stack::used(),
        stack::size(),
        HEAP.peak()
    );
    exit(status)
}
