//! wasmote: a pure interpreter for WebAssembly, for hosts and chips.
//!
//! Modules are parsed and validated, their functions translated to a register bytecode (at first call
//! or all at load) and executed by a machine that keeps every WebAssembly frame on a stack of its own.
//! So guests cannot overflow the native stack, and a call can stop (out of fuel, interrupted, waiting
//! for the host) and go on later. The API has the names and shapes of wasmtime's and wasmi's.
//!
//! ```
//! use wasmote::{Caller, Engine, Linker, Module, Store};
//!
//! let wasm = wat::parse_str(r#"
//!     (module
//!         (import "host" "log" (func $log (param i32)))
//!         (func (export "add") (param i32 i32) (result i32)
//!             (call $log (local.get 0))
//!             (i32.add (local.get 0) (local.get 1))))
//! "#)?;
//! let engine = Engine::default();
//! let module = Module::new(&engine, &wasm)?;
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "log", |mut caller: Caller<'_, Vec<i32>>, value: i32| {
//!     caller.data_mut().push(value);
//! })?;
//! let mut store = Store::new(&engine, Vec::new());
//! let instance = linker.instantiate(&mut store, &module)?;
//! let add = instance.get_typed_func::<(i32, i32), i32>(&store, "add")?;
//! assert_eq!(add.call(&mut store, (1, 2))?, 3);
//! assert_eq!(store.data(), &[1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate is `no_std` with `alloc`; the feature `std` (on by default) adds what needs an operating
//! system's help. Sizes that come from modules are 64 bits wide and converted with checks, so 16-, 32-
//! and 64-bit targets behave alike until memory runs out.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]
// What only a part of the language uses is left over where that part is left out.
#![cfg_attr(
    not(all(feature = "wasm3", feature = "compiler")),
    allow(dead_code, unused_imports, unused_macros)
)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[macro_use]
mod message;

mod bytecode;
#[cfg(feature = "debug")]
pub mod debug;
mod encoding;
mod engine;
mod error;
mod exec;
#[cfg(feature = "compiler")]
pub mod explain;
mod externs;
mod func;
mod gc;
mod image;
mod instance;
mod linker;
mod map;
mod module;
#[cfg(feature = "compiler")]
mod operators;
#[cfg(feature = "stats")]
pub mod stats;
mod store;
mod sync;
#[cfg(feature = "compiler")]
mod translate;
mod trap;
mod types;
mod value;

pub use engine::{CompilationMode, Config, Engine};
pub use error::{Error, ErrorKind, Exception, ModuleError, Payload, UnsupportedError};
pub use externs::{Export, Extern, Global, Memory, MemoryAccessError, Table, Tag};
pub use func::{
    Call, Caller, Func, IntoFunc, SuspendReason, Suspended, TypedFunc, WasmParams, WasmResults,
    WasmRet,
};
pub use gc::{AnyRef, ArrayRef, ExnRef, ExternRef, StructRef};
#[cfg(feature = "compiler")]
pub use image::{ImageInfo, ImageOptions};
pub use instance::Instance;
pub use linker::Linker;
pub use message::Message;
#[cfg(feature = "compiler")]
pub use module::CustomSection;
pub use module::Module;
pub use store::{
    AsContext, AsContextMut, InterruptHandle, ResourceLimiter, Store, StoreContext,
    StoreContextMut, StoreLimits, StoreLimitsBuilder,
};
#[cfg(feature = "compiler")]
pub use translate::ExplainLine;
pub use trap::{FrameInfo, Trap, TrapCode};
pub use types::{
    ArrayType, CompositeType, ExportType, ExternType, FieldType, FuncType, GlobalType, HeapType,
    ImportType, MemoryType, RefType, StorageType, StructType, TableType, TypeId, ValType,
};
pub use value::{Ref, Val, WasmTy};

/// The result of most functions here.
pub type Result<T, E = Error> = core::result::Result<T, E>;
