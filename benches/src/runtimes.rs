//! The runtimes, behind one function each: a module without imports becomes a call of its export `run`.

/// `run(n)` of a loaded module.
pub type Program = Box<dyn FnMut(i32) -> i64>;

/// Loads a module into a runtime.
pub type Load = fn(&[u8]) -> Program;

/// Every runtime by name; the first is compared with the others.
pub const RUNTIMES: [(&str, Load); 3] = [
    ("wasmote", on_wasmote),
    ("wasmi", on_wasmi),
    ("sf-nano", on_sf_nano),
];

fn on_wasmote(wasm: &[u8]) -> Program {
    use wasmote::{Engine, Instance, Module, Store};
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, wasm).expect("a valid module");
    let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
    let run = instance
        .get_typed_func::<i32, i64>(&store, "run")
        .expect("exported");
    Box::new(move |n| run.call(&mut store, n).expect("no trap"))
}

fn on_wasmi(wasm: &[u8]) -> Program {
    use wasmi::{Engine, Instance, Module, Store};
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, wasm).expect("a valid module");
    let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
    let run = instance
        .get_typed_func::<i32, i64>(&store, "run")
        .expect("exported");
    Box::new(move |n| run.call(&mut store, n).expect("no trap"))
}

fn on_sf_nano(wasm: &[u8]) -> Program {
    use sf_nano_core::{Config, Engine, Instance, Value};
    let engine = Engine::new(Config::new()).expect("a valid configuration");
    let mut instance = Instance::new(&engine, wasm, &[]).expect("a valid module without imports");
    let run = instance.get_func("run").expect("exported");
    Box::new(move |n| {
        let mut results = [Value::I64(0)];
        instance
            .call(&run, &[Value::I32(n)], &mut results)
            .expect("no trap");
        match results[0] {
            Value::I64(v) => v,
            _ => unreachable!("run returns an i64"),
        }
    })
}
