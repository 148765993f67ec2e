//! A WASI host on an operating system: real directories, standard streams, clocks and entropy.
//!
//! ```no_run
//! use wasmote_std_host::{DirRights, WasiCtxBuilder};
//!
//! let ctx = WasiCtxBuilder::new()
//!     .inherit_stdio()
//!     .args(["prog", "--verbose"])?
//!     .preopened_dir("assets", "/", DirRights::READ_ONLY)?
//!     .build()?;
//! # Ok::<(), wasmote_std_host::Error>(())
//! ```
//!
//! Rights can be chosen one by one; this program can read the files of one directory by their names, and
//! nothing else:
//!
//! ```no_run
//! use wasmote::{Engine, Linker, Store};
//! use wasmote_std_host::{DirRights, Rights, WasiCtx, WasiCtxBuilder};
//!
//! # let engine = Engine::default();
//! let look = DirRights { base: Rights::PATH_OPEN, inheriting: Rights::FD_READ | Rights::FD_SEEK };
//! let builder = WasiCtxBuilder::new().arg("prog")?.inherit_stdout().preopened_dir("photos", "/in", look)?;
//! let mut store = Store::new(&engine, builder.build()?);
//! let mut linker = Linker::new(&engine);
//! wasmote_std_host::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Paths are resolved by cap-std: `openat2` with `RESOLVE_BENEATH` where the kernel has it, otherwise a
//! walk that opens each component by itself. Everything else goes through descriptors that are open
//! already. The only paths that are looked up in the host's own name space are those the embedder gives to
//! [`WasiCtxBuilder::preopened_dir`].
//!
//! Linux is what it is made for and tested on. Other Unix systems have no randomness, no hints and no
//! preallocation, and directory cookies that count entries; Windows is not supported.
#![forbid(unsafe_code)]

mod builder;
mod convert;
mod files;
mod socket;
mod stream;
mod system;

pub use builder::{Error, WasiCtxBuilder};
pub use convert::errno;
pub use files::{StdDir, StdFile};
pub use socket::StdSocket;
pub use stream::{Capture, StdStream};
pub use wasmote_wasi::{
    self, Abi, DirRights, Errno, Rights, TraceCall, VirtualClock, WasiTrace, add_to_linker,
};

/// The host. It has no state of its own: all of it is in the handles.
#[derive(Debug, Default)]
pub struct StdHost(());

impl StdHost {
    /// The host.
    pub fn new() -> StdHost {
        StdHost(())
    }
}

/// A program's context on this host.
pub type WasiCtx = wasmote_wasi::WasiCtx<StdHost>;
