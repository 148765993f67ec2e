//! The store: everything that instances own at run time.

mod arena;
mod func;
mod global;
mod instance;
mod memory;
mod table;

use alloc::{boxed::Box, vec::Vec};

pub(crate) use arena::Arena;
pub(crate) use func::{FuncEntity, FuncKind};
pub(crate) use global::GlobalEntity;
pub(crate) use instance::InstanceEntity;
pub(crate) use memory::MemoryEntity;
pub(crate) use table::TableEntity;

use crate::{engine::Engine, error::Error, exec::StackPool, sync::Shared};

/// A host function as the driver calls it. The slots hold the parameters at the start and receive
/// the results at the start; there are `max(params, results)` of them (a v128 counts twice).
pub(crate) type HostFn<T> = dyn Fn(crate::Caller<'_, T>, &mut [u64]) -> Result<(), Error> + Send + Sync;

/// Everything at run time, with the embedder's `T`.
pub struct Store<T> {
    pub(crate) inner: StoreInner,
    pub(crate) hosts: Vec<Shared<HostFn<T>>>,
    pub(crate) data: T,
    // limiter: Option<Box<dyn FnMut(&mut T) -> &mut dyn ResourceLimiter + Send + Sync>>
}

/// The part of a store that does not know `T`.
pub(crate) struct StoreInner {
    pub(crate) id: u32,
    pub(crate) engine: Engine,
    pub(crate) funcs: Vec<FuncEntity>,
    pub(crate) tables: Arena<TableEntity>,
    pub(crate) memories: Arena<MemoryEntity>,
    pub(crate) globals: Arena<GlobalEntity>,
    pub(crate) instances: Arena<InstanceEntity>,
    // externs: host values behind externref; a reference in a slot is index + 1, 0 is null
    /// Fuel left, when the engine meters; see `Store::set_fuel`.
    pub(crate) fuel: u64,
    // interrupt: Shared<AtomicBool>, see `Store::interrupt_handle`
    pub(crate) stacks: StackPool,
}
