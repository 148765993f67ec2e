//! Drivers for the peripherals of emulated boards. Each implements the trait that the embedded ecosystem has for
//! its kind, so that what runs on it would run on a chip vendor's drivers too.

#![no_std]

#[cfg(target_arch = "riscv32")]
extern crate alloc;

pub mod clock;
pub mod flash;
pub mod heap;
pub mod i2c;
pub mod led;
#[cfg(target_arch = "arm")]
pub mod microbit;
#[cfg(target_arch = "arm")]
pub mod mps2;
mod once;
pub mod regs;
pub mod rng;
pub mod rtc;
pub mod selftest;
pub mod serial;
#[cfg(target_arch = "riscv32")]
pub mod sifive;
pub mod spi;
pub mod stack;
#[cfg(target_arch = "riscv32")]
pub mod virt;
