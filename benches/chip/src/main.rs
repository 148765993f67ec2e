//! Runs the guest that lies in flash in the interpreter that the firmware was built with, and tells what that took:
//! the result, instructions (of loading, the first and the second call), heap (at most while loading, then; at most in
//! the first call), and of the largest function its bytes, the heap that its translation took at most, and then.

#![no_std]
#![no_main]

extern crate alloc;

#[cfg(feature = "pipeline")]
mod body;
mod counter;
mod heap;
#[cfg_attr(feature = "image", path = "runtimes/wasmote.rs")]
#[cfg_attr(feature = "pipeline", path = "runtimes/wasmote.rs")]
#[cfg_attr(feature = "wasmi", path = "runtimes/wasmi.rs")]
#[cfg_attr(feature = "wasm3", path = "runtimes/wasm3.rs")]
#[cfg_attr(feature = "sf-nano", path = "runtimes/sf_nano.rs")]
#[cfg_attr(feature = "tinywasm", path = "runtimes/tinywasm.rs")]
mod runtime;

use cortex_m as _;
use cortex_m_rt::{ExceptionFrame, entry, exception};
use heap::Heap;
use semihosting::{experimental::env, println, process::exit};

#[global_allocator]
static HEAP: Heap = Heap::new();

/// Where the emulator has loaded the guest.
const GUEST: *const u8 = 0x0020_0000 as *const u8;
/// The heap, above the firmware's own data and below its stack.
const HEAP_START: usize = 0x2110_0000;
const HEAP_BYTES: usize = 14 << 20;

/// Its words are the guest's length and the argument of its function `run`.
#[entry]
fn main() -> ! {
    // SAFETY: called once; the linker places nothing there, and stacks do not get so deep.
    unsafe { HEAP.init(HEAP_START, HEAP_BYTES) };
    counter::check();
    let args = env::args::<128>().expect("the emulator passes words");
    let mut words = (&args).skip(1).map(|word| {
        let word = word.expect("words are text");
        word.parse().expect("words are numbers")
    });
    let mut word = || words.next().expect("two words");
    let (len, argument): (i32, i32) = (word(), word());
    // SAFETY: the emulator has loaded so many bytes.
    let guest = unsafe { core::slice::from_raw_parts(GUEST, len as usize) };

    counter::start();
    let mut run = runtime::load(guest);
    let load = counter::stop();
    let (loaded, loading) = HEAP.take();
    counter::start();
    let result = run(argument);
    let first = counter::stop();
    let (_, running) = HEAP.take();
    // Again: what is translated is so now.
    counter::start();
    let again = run(argument);
    let second = counter::stop();
    assert_eq!(result, again);
    #[cfg(feature = "pipeline")]
    let (body, most, stays) = translation(guest);
    #[cfg(not(feature = "pipeline"))]
    let (body, most, stays) = (0, 0, 0);
    println!(
        "{result} {load} {first} {second} {loading} {loaded} {running} {body} {most} {stays}"
    );
    exit(0)
}

/// Of the largest function: bytes of its body, of heap that its translation takes at most, and that it keeps.
#[cfg(feature = "pipeline")]
fn translation(guest: &'static [u8]) -> (usize, usize, usize) {
    let mut translate = runtime::translate(guest);
    let all = body::bodies(guest).zip(0..).map(|(body, func)| {
        let (before, _) = HEAP.take();
        translate(func);
        let (after, most) = HEAP.take();
        (body, most - before, after - before)
    });
    all.max_by_key(|(body, ..)| *body).unwrap_or_default()
}

/// An interpreter that runs into a fault is done, too.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    panic!("a fault at {:#x}", frame.pc())
}
