//! tinywasm.

use tinywasm::{ModuleInstance, Store, parse_bytes};

pub fn load(guest: &'static [u8]) -> impl FnMut(i32) -> i64 {
    let module = parse_bytes(guest).expect("a module");
    let mut store = Store::default();
    let instance = ModuleInstance::instantiate(&mut store, &module, None);
    let instance = instance.expect("no imports");
    let run = instance.func::<i32, i64>(&store, "run");
    let run = run.expect("an export");
    move |n| run.call(&mut store, n).expect("no trap")
}
