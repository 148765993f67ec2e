//! What the front ends of the debugger share, and that needs no machine: where code is and what it was made from.

pub mod address;
pub mod code;
pub mod commands;
pub mod core_of;
pub mod coredump;
pub mod dap;
pub mod flame;
pub mod gdb;
pub mod instructions;
pub mod line;
pub mod listing;
pub mod report;
pub mod session;
pub mod source;
pub mod start;
pub mod stopped;
pub mod tui;
