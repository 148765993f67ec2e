//! The runtimes behind one function each: a module without imports becomes a call of its export `run`.

pub mod calls;
mod same_shape;
mod sf_nano;
pub mod start;
mod tinywasm;
#[cfg(feature = "wasm3")]
mod wasm3;

/// `run(n)` of a loaded module.
pub type Program = Box<dyn FnMut(i32) -> Result<i64, String>>;

/// A runtime that workloads are run on.
pub struct Runtime {
    pub name: &'static str,
    /// Its package, whose version the report shows.
    pub package: &'static str,
    pub load: fn(&[u8]) -> Result<Program, String>,
    /// Runs two rounds only: it takes several times as long as the others.
    pub slow: bool,
}

const fn runtime(
    name: &'static str,
    package: &'static str,
    load: fn(&[u8]) -> Result<Program, String>,
) -> Runtime {
    Runtime {
        name,
        package,
        load,
        slow: false,
    }
}

/// Every runtime; the first is compared with the others.
pub const RUNTIMES: &[Runtime] = &[
    runtime("wasmote", "wasmote", same_shape::on_wasmote),
    runtime("wasmi", "wasmi", same_shape::on_wasmi),
    runtime("sf-nano", "sf-nano-core", sf_nano::load),
    #[cfg(feature = "wasm3")]
    runtime("wasm3", "wasm3", wasm3::load),
    runtime("pulley", "wasmtime", same_shape::on_pulley),
    Runtime {
        slow: true,
        ..runtime("tinywasm", "tinywasm", tinywasm::load)
    },
    runtime("cranelift", "wasmtime", same_shape::on_cranelift),
];

/// What a runtime's error says, in one line.
pub fn say(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}
