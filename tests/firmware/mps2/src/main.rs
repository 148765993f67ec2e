#![no_std]
#![no_main]

extern crate alloc;
use alloc::vec::Vec;
use board::{heap::Heap, mps2::Mps2};
use cortex_m as _;
use cortex_m_rt::entry;
use embedded_io::Write;
use semihosting::println;
use wasmote::{Config, Engine, Module};
use wasmote_wasi::*;

#[global_allocator]
static HEAP: Heap<{ 3 << 20 }> = Heap::new();

#[entry]
fn main() -> ! {
    board::stack::paint();
    let mut board = Mps2::take();
    let engine = Engine::new(&Config::new());
    let t = board.clock.nanoseconds();
    let m = Module::new(&engine, include_bytes!("../../../guests/md2html.wasm")).unwrap();
    println!("load {} {}", board.clock.nanoseconds() - t, HEAP.peak());
    let mut host = MemHost::new();
    host.fs
        .write("README.md", include_bytes!("../../../../README.md"))
        .unwrap();
    let root = host.fs.root();
    let out = host.writer(move |b| {
        board.serial.write_all(b).unwrap();
        Ok(b.len())
    });
    let err = host.writer(|b| {
        println!("{}", core::str::from_utf8(b).unwrap());
        Ok(b.len())
    });
    let ctx = WasiCtxBuilder::new()
        .arg("md2html")
        .unwrap()
        .arg("README.md")
        .unwrap()
        .stdout(out)
        .stderr(err)
        .preopen(root, "/", DirRights::READ_ONLY)
        .unwrap()
        .build(host)
        .unwrap();
    let (r, _) = runner::run(&m, ctx, |_| Ok(()));
    let s = runner::status(&r);
    println!("{r:?}");
    println!(
        "stack {} heap {} time {}",
        board::stack::used(),
        HEAP.peak(),
        board.clock.nanoseconds() - t
    );
    semihosting::process::exit(s)
}
