//! Shared ownership and locks on every target.
//!
//! Targets without compare-and-swap (Cortex-M0, RV32IMC) have one thread of execution as far as a
//! store is concerned, so there `Rc` and `RefCell` stand in for `Arc` and a lock.
