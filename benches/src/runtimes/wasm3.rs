//! wasm3, through its Rust bindings.

use super::{Program, say};
use wasm3::Environment;

/// Of wasm3's own value stack.
const STACK_BYTES: u32 = 1 << 20;

pub fn load(wasm: &[u8]) -> Result<Program, String> {
    let environment = Environment::new().map_err(say)?;
    // The function found borrows the runtime, which lives as long as this process.
    let runtime = Box::leak(Box::new(
        environment.create_runtime(STACK_BYTES).map_err(say)?,
    ));
    runtime.parse_and_load_module(wasm).map_err(say)?;
    let run = runtime.find_function::<i32, i64>("run").map_err(say)?;
    Ok(Box::new(move |n| run.call(n).map_err(say)))
}
