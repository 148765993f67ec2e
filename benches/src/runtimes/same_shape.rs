//! wasmote, wasmi and wasmtime: their APIs have the same names and shapes.

use super::{Program, say};

macro_rules! load {
    ($runtime:ident, $wasm:expr, $engine:expr) => {{
        use $runtime::{Instance, Module, Store};
        let engine = $engine;
        let mut store = Store::new(&engine, ());
        let module = Module::new(&engine, $wasm).map_err(say)?;
        let instance = Instance::new(&mut store, &module, &[]).map_err(say)?;
        let run = instance
            .get_typed_func::<i32, i64>(&mut store, "run")
            .map_err(say)?;
        Ok(Box::new(move |n| run.call(&mut store, n).map_err(say)))
    }};
}

pub fn on_wasmote(wasm: &[u8]) -> Result<Program, String> {
    load!(wasmote, wasm, wasmote::Engine::default())
}

pub fn on_wasmi(wasm: &[u8]) -> Result<Program, String> {
    load!(wasmi, wasm, wasmi::Engine::default())
}

/// wasmtime's interpreter.
pub fn on_pulley(wasm: &[u8]) -> Result<Program, String> {
    let mut config = wasmtime::Config::new();
    config.target("pulley64").map_err(say)?;
    load!(wasmtime, wasm, wasmtime::Engine::new(&config).map_err(say)?)
}

/// wasmtime's compiler.
pub fn on_cranelift(wasm: &[u8]) -> Result<Program, String> {
    load!(wasmtime, wasm, wasmtime::Engine::default())
}
