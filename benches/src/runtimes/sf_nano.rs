//! Silverfir-nano's interpreter tier.

use super::{Program, say};
use sf_nano_core::{Config, Engine, Instance, Value};

pub fn load(wasm: &[u8]) -> Result<Program, String> {
    let engine = Engine::new(Config::new()).map_err(say)?;
    let mut instance = Instance::new(&engine, wasm, &[]).map_err(say)?;
    let run = instance.get_func("run").ok_or("no export `run`")?;
    Ok(Box::new(move |n| {
        let mut results = [Value::I64(0)];
        instance
            .call(&run, &[Value::I32(n)], &mut results)
            .map_err(say)?;
        match results[0] {
            Value::I64(v) => Ok(v),
            _ => unreachable!("run returns an i64"),
        }
    }))
}
