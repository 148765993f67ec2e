//! The machine: frames, handlers, dispatch, suspension.
//!
//! This is where unsafe code lives. What it relies on, and who upholds it:
//! - Code comes from the translator, from validated functions. Slots named by instructions are inside
//!   the function's frame, branch targets are instructions of the same function, indices are those of
//!   the module.
//! - A frame is entered only after the stack was found to have room for all of it.
//! - Entities (instances, memories, tables, globals) live as long as their store, at fixed addresses.
//!   While handlers run, nothing else refers to them: the driver holds the store exclusively.
//! - What handlers cache of an instance (`Cx`) is loaded again whenever the machine comes back from
//!   outside its handlers, and whenever control passes to another instance.

mod address;
mod backtrace;
mod cx;
#[cfg(feature = "debug")]
mod debug;
mod dispatch;
mod driver;
mod frames;
mod handlers;
mod operand;
mod stack;
#[cfg(feature = "debug")]
mod stops;
#[cfg(all(test, feature = "std"))]
mod tests;
#[cfg(feature = "exceptions")]
mod unwind;
mod value;
#[cfg(feature = "simd")]
pub(crate) mod vector;

#[cfg(feature = "debug")]
pub(crate) use debug::{NewFrame, RawFrame};
#[cfg(not(compact))]
pub(crate) use dispatch::Handler;
pub(crate) use driver::{Execution, Pause, Progress};
pub(crate) use frames::Running;
pub(crate) use handlers::{HANDLERS, call::ENTRY_HEADER_BYTES};
pub(crate) use stack::{HEADER_SLOTS, StackPool};
#[cfg(feature = "debug")]
pub(crate) use stops::{Stops, acts, is_whole, offset_from};
#[cfg(feature = "gc")]
pub(crate) use value::gcref;
