//! Stepping through programs, forwards and backwards.
//!
//! With [`Config::debug`](crate::Config::debug), code counts the wasm instructions that it begins: **steps**, the
//! clock of everything here. The same program with the same inputs is in the same state at step N on every host and
//! chip. At each step every value of the program is in its place, so it can be looked at and changed by its index.
//!
//! - A [`Stepper`] is a call that stops: before an instruction, at breakpoints, behind what writes to watched places,
//!   at traps.
//! - A [`Snapshot`] is the state of a store and its stopped call, as bytes that another process or another
//!   architecture can go on from.
//! - A recording ([`Store::record`](crate::Store::record)) has what host functions answered, so that a run can be
//!   done again without them.
//! - A [`Profile`] has how often each instruction was executed, and by which calls.
//! - A [`Timeline`] goes back: to the nearest snapshot, and from there forwards with what was recorded.
//!
//! ```
//! use wasmote::{Config, Engine, Instance, Module, Store, Val, debug::{Stepper, Stop, Until}};
//!
//! let wasm = wat::parse_str(
//!     r#"(module (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#,
//! )?;
//! let engine = Engine::new(Config::new().debug(true));
//! let module = Module::new(&engine, &wasm)?;
//! let mut store = Store::new(&engine, ());
//! let instance = Instance::new(&mut store, &module, &[])?;
//! let f = instance.get_func(&store, "f").unwrap();
//! let mut call = Stepper::start(&mut store, f, &[Val::I32(41)])?;
//! // Two instructions later, both operands are on the stack.
//! assert!(matches!(call.run(&mut store, &Until::steps(2)), Stop::Step));
//! let frame = &call.frames(&store)[0];
//! let operands = call.operands(&store, frame)?;
//! assert_eq!((operands[0].i32(), operands[1].i32()), (Some(41), Some(1)));
//! assert!(matches!(call.run(&mut store, &Until::end()), Stop::Done));
//! assert_eq!(call.results()[0].i32(), Some(42));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod bytes;
mod code;
mod identity;
mod paged;
mod profile;
mod profiler;
mod runs;
mod snapshot;
mod spaces;
mod stepper;
mod tape;
#[cfg(test)]
mod tests;
mod timeline;
mod watch;

pub use access::Access;
pub(crate) use code::{Codes, FuncInfo};
pub(crate) use paged::Paged;
pub use profile::{CallNode, Profile, ProfiledFunc};
pub(crate) use profiler::{Place, Profiler};
pub use snapshot::Snapshot;
pub use stepper::{Breakpoint, CodeRange, Frame, Stepper, Stop, Until};
pub use tape::{Divergence, Notes, Recording, ReplayedCall};
pub(crate) use tape::{Tape, call_host};
pub use timeline::{Conditions, Timeline, TimelineOptions};
pub use watch::{Hit, Watch, Watched};
pub(crate) use watch::{WatchedBytes, Watching};
