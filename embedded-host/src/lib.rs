//! A WASI host for microcontrollers.
//!
//! **Empty as yet.** A later issue fills this crate with implementations of
//! [`wasmote_wasi::host`]'s traits over `embedded_storage::NorFlash` (a filesystem), `embedded_io`
//! (serial lines as standard streams), `rand_core` (entropy) and two clock traits of its own. Until
//! then an embedder implements those traits for its board directly.
#![no_std]

pub use wasmote_wasi;
