//! Firmware for the board `microbit`, a Cortex-M0 with 16 KB of RAM: an image runs in place from flash, with 2 KiB of
//! memory, a file on the chip's own flash, its random numbers and its timer.

#![no_std]
#![no_main]

extern crate alloc;

mod link;

use alloc::boxed::Box;

use board::{
    clock::{Clock, NrfTimer},
    flash::Nvmc,
    heap::Heap,
    microbit::{self, Microbit},
    rng::NrfRng,
    serial::{NrfUart, Serial as Line},
    stack,
};
use cortex_m::peripheral::SCB;
use cortex_m_rt::entry;
use semihosting::{eprintln, process::exit};
use wasmote::{Config, Engine, Error, Instance, Module, Store, TypedFunc};
use wasmote_embedded_host::{
    EmbeddedHost, FlashFiles, Littlefs, NoClock, NoDelay, Serial, Settings,
};
use wasmote_wasi::{DirRights, Errno, WasiCtx, WasiCtxBuilder};

/// What of the RAM programs and their files have; the rest is the stack's.
#[global_allocator]
static HEAP: Heap<{ 21 << 9 }> = Heap::new();

/// At an even address, as images want to be.
#[repr(align(4))]
struct Aligned<T: ?Sized>(T);
static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/chip.mote")));

type Filesystem = Littlefs<Nvmc, 64, 8, 1>;
type Files = FlashFiles<Filesystem, 2, 32>;
type Host = EmbeddedHost<Files, Serial<Line<NrfUart>>, NrfRng, Clock<NrfTimer>>;

#[entry]
fn main() -> ! {
    stack::paint();
    let status = match run() {
        Ok(()) => 0,
        Err(error) => error.i32_exit_status().unwrap_or_else(|| {
            eprintln!("error: {error}");
            134
        }),
    };
    HEAP.report();
    // The program exits with the number of its runs, from the file: the first one is followed by another.
    if status == 1 {
        SCB::sys_reset();
    }
    exit(status)
}

#[inline(never)]
fn run() -> Result<(), Error> {
    let mut program = load(module()?, context(files(filesystem()?)?)?)?;
    program.start.call(&mut program.store, ())
}

// What is needed only for a while has a function of its own, and what stays is on the heap: there are less than 5 KB of
// stack.

#[inline(never)]
fn module() -> Result<Module, Error> {
    let engine = Engine::new(Config::new().max_stack_size(1 << 9));
    Module::from_image(&engine, &IMAGE.0)
}

#[inline(never)]
fn filesystem() -> Result<Box<Filesystem>, Error> {
    match Littlefs::mount_or_format(microbit::flash(), &Settings::default()) {
        Ok(fs) => Ok(Box::new(fs)),
        Err((errno, _)) => Err(error(errno)),
    }
}

#[inline(never)]
fn files(fs: Box<Filesystem>) -> Result<Box<Files>, Error> {
    match FlashFiles::new(*fs) {
        Ok(files) => Ok(Box::new(files)),
        Err((errno, _)) => Err(error(errno)),
    }
}

fn error(errno: Errno) -> Error {
    Error::new(errno.name())
}

/// What the program may use.
#[inline(never)]
fn context(mut files: Box<Files>) -> Result<Box<WasiCtx<Host>>, Error> {
    let board = Microbit::take();
    let root = files.root().map_err(error)?;
    let host = EmbeddedHost {
        files: *files,
        stdio: Serial(board.serial),
        random: board.rng,
        monotonic: board.clock,
        wall: NoClock,
        delay: NoDelay,
    };
    let ctx = WasiCtxBuilder::new()
        .preopen(root, "/", DirRights::READ_WRITE)
        .map_err(|_| Error::new("too many directories"))?
        .stdout(host.stdout());
    let ctx = ctx
        .build(host)
        .map_err(|_| Error::new("too many descriptors"))?;
    Ok(Box::new(ctx))
}

/// A program that is ready to run.
struct Program {
    store: Store<Box<WasiCtx<Host>>>,
    start: TypedFunc<(), ()>,
}

#[inline(never)]
fn load(module: Module, ctx: Box<WasiCtx<Host>>) -> Result<Box<Program>, Error> {
    let mut store = Store::new(module.engine(), ctx);
    let imports = link::imports(&mut store, &module)?;
    let instance = Instance::new(&mut store, &module, &imports)?;
    let start = instance.get_typed_func(&store, "_start")?;
    Ok(Box::new(Program { store, start }))
}
