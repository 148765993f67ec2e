//! wasmote.

use wasmote::{Config, Engine, Linker, Module, Store};

/// Memory of the value stack.
const STACK_BYTES: usize = 64 << 10;

pub fn load(guest: &'static [u8]) -> impl FnMut(i32) -> i64 {
    let engine = Engine::new(&Config::new());
    #[cfg(feature = "pipeline")]
    let module = Module::new(&engine, guest).expect("a module");
    #[cfg(not(feature = "pipeline"))]
    let module = Module::from_image(&engine, guest).expect("an image");
    let mut store = Store::new(&engine, ());
    store.add_stack(stack());
    let linker = Linker::new(&engine);
    let instance = linker.instantiate(&mut store, &module).expect("no imports");
    let run = instance.get_typed_func::<i32, i64>(&store, "run");
    let run = run.expect("an export");
    move |n| run.call(&mut store, n).expect("no trap")
}

/// Translates the function of an index, in a module of its own, which imports nothing.
#[cfg(feature = "pipeline")]
pub fn translate(guest: &'static [u8]) -> impl FnMut(u32) {
    let engine = Engine::new(&Config::new());
    let module = Module::new(&engine, guest).expect("a module");
    move |func| module.translate(func).expect("a function")
}

/// The stack's memory, outside of the heap.
fn stack() -> &'static mut [u8] {
    static mut STACK: [u64; STACK_BYTES / 8] = [0; STACK_BYTES / 8];
    // SAFETY: taken once, by the only caller of `load`.
    unsafe { core::slice::from_raw_parts_mut((&raw mut STACK).cast(), STACK_BYTES) }
}
