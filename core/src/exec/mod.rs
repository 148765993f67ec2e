//! The machine: frames, handlers, dispatch, suspension.

use alloc::vec::Vec;

use crate::{error::Error, store::{Store, StoreInner}};

/// Value stacks that are not in use, and the rules for making more.
#[derive(Default)]
pub(crate) struct StackPool {}

impl StackPool {
    /// Stacks of up to `max_bytes` each.
    pub(crate) fn new(_max_bytes: usize) -> StackPool { todo!() }
    /// Adds caller-supplied memory; stacks are taken from there before the heap is asked.
    pub(crate) fn add(&mut self, _memory: &'static mut [u8]) { todo!() }
}

/// A call of a function of the store: not begun, suspended or done.
pub(crate) struct Execution { _p: () }

/// Why a call stopped before its end.
pub(crate) enum Pause {
    OutOfFuel,
    Interrupted,
    /// A host function returned `Error::suspend(..)`; `Execution::provide` its results, then run on.
    Host { func: u32, error: Error },
}

pub(crate) enum Progress { Done, Paused(Pause) }

impl Execution {
    /// Prepares a call; `args` are slots (v128 two). Host functions are fine too.
    pub(crate) fn start(_store: &mut StoreInner, _func: u32, _args: &[u64]) -> Result<Execution, Error> { todo!() }
    /// Runs to the end, to a pause, or to an error (after which the execution can only be dropped).
    pub(crate) fn run<T>(&mut self, _store: &mut Store<T>) -> Result<Progress, Error> { todo!() }
    /// The slots of the results, once done.
    pub(crate) fn results(&self) -> &[u64] { todo!() }
    /// The results (slots) of the host function that asked to suspend.
    pub(crate) fn provide(&mut self, _results: &[u64]) { todo!() }
    /// Gives the value stack back to the pool.
    pub(crate) fn finish(self, _store: &mut StoreInner) { todo!() }
}
