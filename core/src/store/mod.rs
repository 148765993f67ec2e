//! The store: everything that instances own at run time.

mod arena;
mod context;
mod func;
mod global;
mod grow;
mod handle;
mod instance;
mod limits;
mod memory;
mod table;

use alloc::{boxed::Box, vec::Vec};
use core::{
    any::Any,
    sync::atomic::{AtomicBool, Ordering},
};

pub(crate) use arena::Arena;
pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub(crate) use func::{FuncEntity, FuncKind};
pub(crate) use global::GlobalEntity;
pub(crate) use handle::Stored;
use hashbrown::HashMap;
pub(crate) use instance::InstanceEntity;
pub use limits::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
pub(crate) use memory::{MemoryEntity, MemoryPlace};
pub(crate) use table::{TableEntity, zeroed};

use crate::{
    engine::Engine,
    error::Error,
    exec::StackPool,
    func::Caller,
    sync::{self, Shared},
};

/// A host function as the driver calls it. The slots hold the parameters at the start and receive
/// the results at the start; there are `max(params, results)` of them (a v128 counts twice).
pub(crate) type HostFn<T> = dyn Fn(Caller<'_, T>, &mut [u64]) -> Result<(), Error> + Send + Sync;

/// Picks the limiter out of the embedder's data.
type Limiter<T> = dyn (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync;

/// Everything at run time, with the embedder's `T`.
///
/// Instances and what they own live as long as the store. Handles such as [`Func`] or [`Memory`] are
/// small copies of an index; using one with another store than its own panics.
///
/// [`Func`]: crate::Func
/// [`Memory`]: crate::Memory
pub struct Store<T> {
    pub(crate) inner: StoreInner,
    pub(crate) hosts: Vec<Shared<HostFn<T>>>,
    /// Functions of the store that linkers hold too, by the address of the closure.
    pub(crate) shared_hosts: HashMap<usize, u32>,
    pub(crate) data: T,
    limiter: Option<Box<Limiter<T>>>,
}

/// The part of a store that does not know `T`.
pub(crate) struct StoreInner {
    pub(crate) id: u64,
    pub(crate) engine: Engine,
    pub(crate) funcs: Vec<FuncEntity>,
    pub(crate) tables: Arena<TableEntity>,
    pub(crate) memories: Arena<MemoryEntity>,
    pub(crate) globals: Arena<GlobalEntity>,
    pub(crate) instances: Arena<InstanceEntity>,
    /// Host values behind externref; a reference in a slot is index + 1, 0 is null.
    pub(crate) externs: Vec<Box<dyn Any + Send + Sync>>,
    /// Fuel left, when the engine meters; see `Store::set_fuel`.
    pub(crate) fuel: u64,
    interrupt: Shared<AtomicBool>,
    pub(crate) stacks: StackPool,
    /// Calls from the host that are running, one inside the other.
    pub(crate) nested_calls: u32,
    /// Embedder's bytes for the next memories that modules define.
    pub(crate) spare_memories: Vec<&'static mut [u8]>,
}

impl StoreInner {
    /// The flag that the machine looks at on loops and calls; good for as long as the store lives.
    pub(crate) fn interrupt_flag(&self) -> *const AtomicBool {
        Shared::as_ptr(&self.interrupt)
    }

    /// Adds a function and returns its index.
    pub(crate) fn push_func(&mut self, func: FuncEntity) -> u32 {
        let index = self.funcs.len() as u32;
        self.funcs.push(func);
        index
    }
}

/// Stops the calls of a store from another thread or an interrupt handler.
///
/// Where the target has no atomic compare-and-swap, the handle cannot be sent to another thread.
#[derive(Clone)]
pub struct InterruptHandle(Shared<AtomicBool>);

impl InterruptHandle {
    /// Asks running code to stop at its next loop iteration, call, or bulk memory or table instruction
    /// (one that has begun is not cut short, so memory limits bound the delay); if none runs, the next call stops
    /// at once. Only a store to memory: fine in an interrupt handler.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<T> Store<T> {
    /// An empty store.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        Store {
            inner: StoreInner {
                id: sync::next_store_id(),
                engine: engine.clone(),
                funcs: Vec::new(),
                tables: Arena::default(),
                memories: Arena::default(),
                globals: Arena::default(),
                instances: Arena::default(),
                externs: Vec::new(),
                fuel: 0,
                interrupt: Shared::new(AtomicBool::new(false)),
                stacks: StackPool::new(engine.config().max_stack_size),
                nested_calls: 0,
                spare_memories: Vec::new(),
            },
            hosts: Vec::new(),
            shared_hosts: HashMap::new(),
            data,
            limiter: None,
        }
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// Ends the store and gives the data back.
    pub fn into_data(self) -> T {
        self.data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Sets the fuel that calls may burn from now on. Running out pauses a resumable call and traps
    /// another; a resumed call uses what was set meanwhile. First it pays the rest of the price that it
    /// could not pay in full: so it gets on with portions of any size.
    ///
    /// # Errors
    /// If the engine does not meter ([`Config::consume_fuel`](crate::Config::consume_fuel)).
    pub fn set_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.metered()?;
        self.inner.fuel = fuel;
        Ok(())
    }

    /// Adds to the fuel that is left.
    ///
    /// # Errors
    /// As [`set_fuel`](Self::set_fuel).
    pub fn add_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.metered()?;
        self.inner.fuel = self.inner.fuel.saturating_add(fuel);
        Ok(())
    }

    /// The fuel that is left.
    ///
    /// # Errors
    /// As [`set_fuel`](Self::set_fuel).
    pub fn get_fuel(&self) -> Result<u64, Error> {
        self.metered()?;
        Ok(self.inner.fuel)
    }

    fn metered(&self) -> Result<(), Error> {
        if self.inner.engine.fuel_enabled() {
            return Ok(());
        }
        Err(Error::new(
            "fuel is not configured in this engine: see Config::consume_fuel",
        ))
    }

    /// A handle that can stop this store's calls, if the engine is
    /// [`interruptible`](crate::Config::interruptible).
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle(self.inner.interrupt.clone())
    }

    /// Limits growth of memories and tables and the number of instances from now on, through a
    /// limiter in the embedder's data.
    pub fn limiter(
        &mut self,
        limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static,
    ) {
        self.limiter = Some(Box::new(limiter));
    }

    /// Gives bytes for value stacks; they are used before the heap is asked. One call from the host
    /// takes one piece.
    pub fn add_stack(&mut self, bytes: &'static mut [u8]) {
        self.inner.stacks.add(bytes);
    }

    /// Gives bytes for a linear memory: the next memory that a module defines, and whose initial size
    /// fits, lives and grows in them instead of on the heap. If that module cannot be instantiated for
    /// lack of room or because of a limit, they serve the next one.
    pub fn add_memory(&mut self, bytes: &'static mut [u8]) {
        self.inner.spare_memories.push(bytes);
    }
}

impl<T: core::fmt::Debug> core::fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Store")
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("InterruptHandle")
    }
}
