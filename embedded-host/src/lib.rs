//! A WASI host for microcontrollers.
#![no_std]
#![deny(unsafe_code)]

mod clock;
mod entropy;
pub mod fs;
mod host;
#[cfg(feature = "defmt")]
mod log;
#[cfg(feature = "peripherals")]
pub mod peripherals;
#[cfg(feature = "sim")]
pub mod sim;
mod stdio;

pub use clock::{MonotonicClock, NoClock, NoDelay, Sleep, WallClock};
pub use entropy::{NoEntropy, Random};
pub use fs::{FlashDir, FlashFile, FlashFiles, NoFiles};
#[cfg(feature = "littlefs")]
pub use fs::{Littlefs, Settings};
pub use host::EmbeddedHost;
#[cfg(feature = "defmt")]
pub use log::{DefmtTrace, log_error};
pub use stdio::{AlwaysReady, Console, NoStdio, Serial, StdStream, Stdio};
pub use wasmote_wasi;
