//! The command `wasmote`, as its users meet it.

mod errors;
mod explain;
mod images;
mod invoke;
mod limits;
mod programs;
mod replay;
mod tools;
mod traps;
mod wasi;
