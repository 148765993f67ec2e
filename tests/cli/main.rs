//! The command `wasmote`, as its users meet it.

mod dap;
mod debug;
mod errors;
mod explain;
mod images;
mod invoke;
mod limits;
mod pause;
mod profile;
mod programs;
mod replay;
#[cfg(unix)]
mod screen;
mod tools;
mod tour;
mod trace;
mod traps;
mod wasi;
