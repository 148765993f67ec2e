//! What the front ends of the debugger share, and that needs no machine: where code is and what it was made from.

pub mod code;
pub mod core_of;
pub mod coredump;
pub mod flame;
pub mod gdb;
pub mod listing;
pub mod source;
pub mod stopped;

use std::process::ExitCode;

use crate::{args::DebugArgs, error::Failure};

/// Debugs a program.
pub fn debug(args: &DebugArgs) -> Result<ExitCode, Failure> {
    match &args.gdb {
        Some(address) => gdb::serve(address, &args.program),
        None => Err(Failure::new(
            "debug it with what? see `wasmote debug --help`",
        )),
    }
}
