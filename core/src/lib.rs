//! wasmote: a pure interpreter for WebAssembly.
#![no_std]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;
