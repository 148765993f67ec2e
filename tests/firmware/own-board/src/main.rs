//! Runs a WASI program on a board: files on its flash, standard streams on its serial line.

#![no_std]
#![no_main]

use board::virt::Virt; // Your chip's drivers.
use embedded_alloc::LlffHeap;
use riscv as _;
use riscv_rt::entry;
use semihosting::process::exit; // Also prints panics.
use wasmote::{Config, Engine, Error, Linker, Module, Store};
use wasmote_embedded_host::{EmbeddedHost, FlashFiles, Littlefs, Serial, Settings};
use wasmote_wasi::{DirRights, WasiCtxBuilder};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

/// The program, in the firmware. It could as well come from a file, or over the air.
static PROGRAM: &[u8] = include_bytes!("../../../guests/boots.wasm");

#[entry]
fn main() -> ! {
    // The program's memory is the largest part of it: this one asks for 128 KiB.
    // SAFETY: called once.
    unsafe {
        embedded_alloc::init!(HEAP, 512 << 10);
    }
    match run() {
        Ok(()) => exit(0),
        Err(error) => exit(error.i32_exit_status().unwrap_or_else(|| {
            semihosting::eprintln!("{error}"); // A trap, with its backtrace.
            134
        })),
    }
}

fn run() -> Result<(), Error> {
    let board = Virt::take();

    // Files: littlefs on the flash, with buffers of 256 bytes, a map of free blocks of 16 bytes, and 2 files open in
    // it at once; of files and directories together programs can have 8 open, with paths of up to 256 bytes.
    let flash = board.flash.expect("a chip that the driver knows");
    let fs = Littlefs::<_, 256, 16, 2>::mount_or_format(flash, &Settings::default());
    let fs = fs.unwrap_or_else(|(errno, _)| panic!("no filesystem: {errno}"));
    let files = FlashFiles::<_, 8, 256>::new(fs);
    let mut files = files.unwrap_or_else(|(errno, _)| panic!("no files: {errno}"));
    let root = files.root().expect("nothing is open yet");

    // What the board has. Programs that ask for what it has not are told so.
    let host = EmbeddedHost::new()
        .files(files)
        .stdio(Serial(board.serial))
        .random(board.rng.expect("a random number generator"))
        .monotonic_clock(board.clock)
        .wall_clock(board.rtc)
        .delay(board.delay);

    // What of that this program gets.
    let ctx = WasiCtxBuilder::new()
        .arg("boots")
        .and_then(|builder| builder.preopen(root, "/", DirRights::READ_WRITE))
        .expect("no NUL bytes")
        .stdin(host.stdin())
        .stdout(host.stdout())
        .stderr(host.stderr());
    let ctx = ctx.build(host).expect("few descriptors");

    let engine = Engine::new(Config::new().max_stack_size(32 << 10));
    let module = Module::new(&engine, PROGRAM)?;
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |ctx| ctx)?;
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate(&mut store, &module)?;
    let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
    start.call(&mut store, ())
}
