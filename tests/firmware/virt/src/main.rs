//! Firmware for the riscv32 board `virt`: programs with files on CFI flash, the date, true randomness, and a serial
//! line for what they read and print.

#![no_std]
#![no_main]

use board::{flash::CfiFlash, heap::Heap, selftest, stack, virt::Virt};
use riscv as _;
use riscv_rt::entry;
use runner::Request;
use semihosting::{eprintln, process::exit};
use wasmote_embedded_host::{EmbeddedHost, FlashFiles, Littlefs, Serial, Settings};
use wasmote_wasi::{DirRights, WasiCtxBuilder};

#[global_allocator]
static HEAP: Heap<{ 3 << 20 }> = Heap::new();

type Files = FlashFiles<Littlefs<CfiFlash, 256, 16, 2>, 8, 256>;

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
        .random(board.rng.expect("the emulator has random numbers"))
        .monotonic_clock(board.clock)
        .wall_clock(board.rtc)
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
