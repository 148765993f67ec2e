//! Silverfir-nano's interpreter.

use sf_nano_core::{Config, Engine, Instance, Value};

pub fn load(guest: &'static [u8]) -> impl FnMut(i32) -> i64 {
    let config = Config::new()
        .wasm_stack_bytes(16 << 10)
        .wasm_memory_max_pages(128);
    let engine = Engine::new(config).expect("an engine");
    let instance = Instance::new(&engine, guest, &[]);
    let mut instance = instance.unwrap_or_else(|_| panic!("a module"));
    let run = instance.get_func("run").expect("an export");
    move |n| {
        let mut results = [Value::I64(0)];
        let called = instance.call(&run, &[Value::I32(n)], &mut results);
        assert!(called.is_ok());
        match results[0] {
            Value::I64(v) => v,
            _ => unreachable!("run returns an i64"),
        }
    }
}
