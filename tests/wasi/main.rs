//! WASI: functions called on real files, and small programs.
#![allow(missing_docs)]

mod attacks;
mod behaviour;
mod chip_and_memory;
mod chip_host;
mod faults;
mod files;
mod mem_host;
mod peripherals;
mod power;
mod programs;
mod state;
mod worn_flash;
