//! tinywasm.

use super::{Program, say};
use tinywasm::{ModuleInstance, Store, parse_bytes};

pub fn load(wasm: &[u8]) -> Result<Program, String> {
    let module = parse_bytes(wasm).map_err(say)?;
    let mut store = Store::default();
    let instance = ModuleInstance::instantiate(&mut store, &module, None).map_err(say)?;
    let run = instance.func::<i32, i64>(&store, "run").map_err(say)?;
    Ok(Box::new(move |n| run.call(&mut store, n).map_err(say)))
}
