//! wasmi.

use wasmi::{Engine, Linker, Module, Store};

pub fn load(guest: &'static [u8]) -> impl FnMut(i32) -> i64 {
    let engine = Engine::default();
    let module = Module::new(&engine, guest).expect("a module");
    let mut store = Store::new(&engine, ());
    let linker = Linker::<()>::new(&engine);
    let instance = linker
        .instantiate_and_start(&mut store, &module)
        .expect("no imports");
    let run = instance.get_typed_func::<i32, i64>(&store, "run");
    let run = run.expect("an export");
    move |n| run.call(&mut store, n).expect("no trap")
}
