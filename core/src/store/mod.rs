//! The store: everything that instances own at run time.

mod arena;
mod context;
mod func;
mod global;
mod grow;
mod handle;
mod heap;
mod instance;
mod limits;
mod memory;
mod table;

use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::{AtomicBool, Ordering};

pub(crate) use arena::Arena;
pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub(crate) use func::{FuncEntity, FuncKind};
pub(crate) use global::GlobalEntity;
pub(crate) use handle::Stored;
pub(crate) use heap::{
    CastTarget, FUNC_TAG, Field, FieldKind, HEADER_BYTES, Heap, Layout, Marker, Plain, Root,
    element_at, func_slot,
};
#[cfg(feature = "debug")]
pub(crate) use heap::{HeapShape, HeapState, TypeNumbers};
pub(crate) use instance::{InstanceEntity, Referenced};
pub use limits::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
pub(crate) use memory::{MemoryEntity, MemoryPlace};
pub(crate) use table::{TableEntity, zeroed};

use crate::{
    engine::Engine,
    error::Error,
    exec::{Running, StackPool},
    func::Caller,
    map::Map,
    sync::{self, Shared},
    trap::TrapCode,
    types::{FuncType, GlobalType, HeapType, RefType, TypeId, ValType},
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
    pub(crate) shared_hosts: Map<usize, u32>,
    pub(crate) data: T,
    #[cfg(feature = "limiter")]
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
    /// Types of tags; their number is their identity.
    pub(crate) tags: Vec<TypeId>,
    pub(crate) heap: Heap,
    /// Runs that wait for a host function, innermost last, and what suspended ones refer to.
    pub(crate) running: Running,
    /// Fuel left, when the engine meters; see `Store::set_fuel`.
    pub(crate) fuel: u64,
    interrupt: Shared<AtomicBool>,
    pub(crate) stacks: StackPool,
    /// Calls from the host that are running, one inside the other.
    pub(crate) nested_calls: u32,
    /// Counts steps, and says where to stop.
    #[cfg(feature = "debug")]
    pub(crate) stops: crate::exec::Stops,
    /// Records host functions, or does what they did.
    #[cfg(feature = "debug")]
    pub(crate) tape: Option<Box<crate::debug::Tape>>,
    /// Embedder's bytes for the next memories that modules define.
    pub(crate) spare_memories: Vec<&'static mut [u8]>,
}

impl StoreInner {
    /// The flag that the machine looks at on loops and calls; good for as long as the store lives.
    pub(crate) fn interrupt_flag(&self) -> *const AtomicBool {
        Shared::as_ptr(&self.interrupt)
    }

    /// Adds a tag for exceptions with the parameters of this type and returns its index.
    pub(crate) fn push_tag(&mut self, id: TypeId) -> u32 {
        let ty = self.engine.func_type(id);
        let mut slot = 0;
        let mut refs = Vec::new();
        for param in ty.params() {
            if let ValType::Ref(ty) = param
                && ty.heap.top() != HeapType::Func
            {
                refs.push(slot);
            }
            slot += param.slots() as u32;
        }
        self.heap.tag_refs.push(refs.into());
        self.tags.push(id);
        self.tags.len() as u32 - 1
    }

    /// The type whose parameters exceptions with a tag carry.
    pub(crate) fn tag_type(&self, tag: u32) -> FuncType {
        self.engine.func_type(self.tags[tag as usize])
    }

    /// Tag and values of an exception. (What should be one may be any number where an image's code or a snapshot says
    /// so.)
    pub(crate) fn exn(&self, slot: u64) -> Option<(u32, &[u64])> {
        let (tag, values) = self.heap.exn(slot)?;
        let known = (tag as usize) < self.tags.len();
        (known && self.tag_type(tag).param_slots() == values.len()).then_some((tag, values))
    }

    /// Makes the engine's types known to the heap.
    pub(crate) fn sync_types(&mut self) {
        self.engine.sync_types(&mut self.heap.types);
    }

    /// Makes an object of so many words, after a collection if need be.
    ///
    /// # Errors
    /// Out of memory.
    pub(crate) fn allocate<R>(
        &mut self,
        words: u32,
        mut make: impl FnMut(&mut Heap) -> Option<R>,
    ) -> Result<R, Error> {
        if let Some(made) = make(&mut self.heap) {
            return Ok(made);
        }
        self.make_room(words)?;
        make(&mut self.heap).ok_or_else(|| TrapCode::OutOfMemory.into())
    }

    /// Collects, and lets the heap grow if that was not enough.
    ///
    /// # Errors
    /// Out of memory.
    pub(crate) fn make_room(&mut self, words: u32) -> Result<(), Error> {
        self.collect();
        let enough = self.heap.reserve(words)
            || self.heap.raise_threshold(words) && self.heap.reserve(words);
        if enough {
            Ok(())
        } else {
            Err(TrapCode::OutOfMemory.into())
        }
    }

    /// Frees the objects that nothing refers to.
    pub(crate) fn collect(&mut self) {
        let StoreInner {
            heap,
            running,
            globals,
            tables,
            instances,
            ..
        } = self;
        let traced = |ty: RefType| ty.heap.top() != HeapType::Func;
        heap.collect(|marker| {
            for i in 0..globals.len() as u32 {
                let global = globals.get(i);
                if let ValType::Ref(ty) = global.ty.content
                    && traced(ty)
                {
                    marker.slot(global.value[0]);
                }
            }
            for i in 0..tables.len() as u32 {
                let table = tables.get(i);
                if traced(table.ty.element) {
                    table.elements.iter().for_each(|slot| marker.slot(*slot));
                }
            }
            for i in 0..instances.len() as u32 {
                let segments = instances.get(i).elements.iter().flatten();
                segments.for_each(|slot| marker.slot(*slot));
            }
            running.mark(marker);
        });
    }

    /// Adds a global and returns its index.
    pub(crate) fn push_global(&mut self, ty: GlobalType, value: [u64; 2]) -> u32 {
        let index = self.globals.len() as u32;
        self.globals.push(GlobalEntity { value, ty, index })
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
                tags: Vec::new(),
                heap: Heap::default(),
                running: Running::default(),
                fuel: 0,
                interrupt: Shared::new(AtomicBool::new(false)),
                stacks: StackPool::new(engine.config().max_stack_size),
                nested_calls: 0,
                #[cfg(feature = "debug")]
                stops: crate::exec::Stops::none(),
                #[cfg(feature = "debug")]
                tape: None,
                spare_memories: Vec::new(),
            },
            hosts: Vec::new(),
            shared_hosts: Map::new(),
            data,
            #[cfg(feature = "limiter")]
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
        #[cfg(feature = "debug")]
        self.inner.note_fuel();
        Ok(())
    }

    /// Adds to the fuel that is left.
    ///
    /// # Errors
    /// As [`set_fuel`](Self::set_fuel).
    pub fn add_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.set_fuel(self.inner.fuel.saturating_add(fuel))
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
    #[cfg(feature = "limiter")]
    pub fn limiter(
        &mut self,
        limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static,
    ) {
        self.limiter = Some(Box::new(limiter));
    }

    /// Limits the heap of structures, arrays, exceptions and references to host values to so many bytes
    /// from now on (default: 1 GiB, 256 KiB where addresses have 32 bits or fewer). When there is no room
    /// for an object, even after a collection, code traps with
    /// [`OutOfMemory`](crate::TrapCode::OutOfMemory).
    pub fn set_gc_heap_limit(&mut self, bytes: usize) {
        self.inner.heap.set_limit(bytes);
    }

    /// Bytes of the heap in use, garbage and gaps included.
    pub fn gc_heap_size(&self) -> usize {
        self.inner.heap.bytes_used()
    }

    /// How many times the heap was collected.
    pub fn gc_collections(&self) -> u64 {
        self.inner.heap.collections
    }

    /// Whether to collect before every object that is made: slow, and good at finding what is not kept alive as it
    /// should be. Default: no.
    pub fn set_gc_zeal(&mut self, enable: bool) {
        self.inner.heap.set_zeal(enable);
    }

    /// Collects the heap now: frees what neither code nor the embedder refers to, and drops host values of
    /// which that is true. Code does so by itself when it needs room.
    pub fn gc(&mut self) {
        self.inner.collect();
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
