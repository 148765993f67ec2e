//! WASI preview 1 for wasmote, over a host of your choice.
//!
//! This crate owns what does not depend on an operating system: the 46 functions of
//! `wasi_snapshot_preview1` (and `wasi_unstable`, which differs in a few layouts), guest memory with
//! every pointer checked, descriptors and their rights, preopens, error numbers. What does depend on
//! it is behind the [`host`] traits. The witx files of the WASI repository (`legacy/preview1/witx`)
//! are the source of all names, values and layouts.
//!
//! ```ignore
//! let ctx = WasiCtxBuilder::new().arg("prog")?.preopen(dir, "/", DirRights::READ_ONLY).build(host)?;
//! let mut store = Store::new(&engine, ctx);
//! let mut linker = Linker::new(&engine);
//! wasmote_wasi::add_to_linker(&mut linker, |ctx| ctx)?;
//! ```
//!
//! A program gets nothing that is not in its [`WasiCtx`]: no directory without a preopen, no stream
//! without a handle. `wasmote-std-host` has a host for operating systems.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod ctx;
mod determinism;
mod errno;
pub mod guest;
pub mod host;
mod intercept;
pub mod layout;
mod link;
mod mem;
pub mod path;
mod preview1;
#[cfg(feature = "debug")]
mod state;
pub mod table;
#[cfg(test)]
mod testing;
mod trace;
pub mod types;

pub use ctx::{BuildError, WasiCtx, WasiCtxBuilder};
pub use determinism::{SeededRandom, VirtualClock};
pub use errno::Errno;
pub use host::Host;
pub use intercept::{Before, Fault, Faults, HostCall, Intercept};
pub use layout::Abi;
pub use link::add_to_linker;
pub use mem::{MemDir, MemFile, MemFs, MemHost, MemStream};
pub use preview1::{Function, Kind, Outcome, Param};
#[cfg(feature = "debug")]
pub use state::StateError;
pub use trace::{TraceCall, WasiTrace};
pub use types::{DirRights, Rights};
