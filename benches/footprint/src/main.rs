//! Loads a module from flash and calls its export `run`.

#![no_std]
#![no_main]

mod runtime;

use cortex_m as _;
use cortex_m_rt::entry;
use embedded_alloc::LlffHeap;
use panic_halt as _;
use wasmote::{Config, Engine, Func, Instance, Module, Store};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

/// The interrupts of a chip that uses none. (Without a list of the device's own there would be room for 240.)
// SAFETY: a name and place that only the vector table has.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".vector_table.interrupts")]
static __INTERRUPTS: [u32; 1] = [0];

/// Where a module would be; the linker knows no more of it, so that nothing of what it may need is left out.
const MODULE: *const u8 = 0x0010_0000 as *const u8;

#[entry]
fn main() -> ! {
    // SAFETY: called once; nothing else uses this memory.
    unsafe { HEAP.init(0x2001_0000, 1 << 20) };
    // SAFETY: measured, not run.
    let wasm = unsafe { core::slice::from_raw_parts(MODULE, 4096) };
    let engine = Engine::new(&Config::new());
    #[cfg(feature = "compiler")]
    let module = Module::new(&engine, wasm);
    #[cfg(not(feature = "compiler"))]
    let module = Module::from_image(&engine, wasm);
    let Ok(module) = module else { halt() };
    let mut store = Store::new(&engine, ());
    let add = Func::wrap(&mut store, |a: i32, b: i32| a.wrapping_add(b));
    let instance = Instance::link(&mut store, &module, |module, name| match (module, name) {
        (b"host", b"add") => Some(add.into()),
        _ => None,
    });
    let Ok(instance) = instance else { halt() };
    let Ok(run) = instance.get_typed_func::<i32, i32>(&store, "run") else { halt() };
    let done = run.call(&mut store, 7).is_ok();
    // SAFETY: the stack has it.
    unsafe { core::ptr::write_volatile(&mut { done }, done) };
    halt()
}

/// Nothing is freed: firmware does not end.
fn halt() -> ! {
    loop {}
}
