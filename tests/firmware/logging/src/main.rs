//! Firmware for the board `mps2-an386` that logs over defmt what a program does, and why it stopped.

#![no_std]
#![no_main]

use board::{heap::Heap, mps2::Mps2};
use cortex_m as _;
use cortex_m_rt::entry;
use defmt_semihosting as _;
use semihosting::process::exit;
use wasmote::{Engine, Error, Linker, Module, Store};
use wasmote_embedded_host::{
    DefmtTrace, EmbeddedHost, FlashFiles, Littlefs, Serial, Settings, log_error, sim::SimFlash,
};
use wasmote_wasi::{DirRights, WasiCtxBuilder};

#[global_allocator]
static HEAP: Heap<{ 1 << 20 }> = Heap::new();

type Files = FlashFiles<Littlefs<SimFlash<1, 1, 4096>, 256, 16, 2>, 8, 256>;

#[entry]
fn main() -> ! {
    match run() {
        Ok(()) => exit(0),
        Err(error) => {
            log_error(&error);
            exit(error.i32_exit_status().unwrap_or(134))
        }
    }
}

fn run() -> Result<(), Error> {
    let board = Mps2::take();
    let fs = Littlefs::format(SimFlash::new(16), &Settings::default());
    let fs = fs.unwrap_or_else(|(errno, _)| panic!("no filesystem: {errno}"));
    let files = FlashFiles::new(fs);
    let mut files: Files = files.unwrap_or_else(|(errno, _)| panic!("no files: {errno}"));
    let root = files.root().expect("a root");
    let host = EmbeddedHost::new().files(files).stdio(Serial(board.serial));
    let ctx = WasiCtxBuilder::new()
        .stdout(host.stdout())
        .preopen(root, "/", DirRights::READ_WRITE)
        .expect("few descriptors")
        .trace(DefmtTrace);
    let ctx = ctx.build(host).expect("few descriptors");

    let engine = Engine::default();
    let module = Module::new(&engine, include_bytes!("../../../guests/trap.wasm"))?;
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |ctx| ctx)?;
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate(&mut store, &module)?;
    let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
    start.call(&mut store, ())
}
