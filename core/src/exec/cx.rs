//! The context of one run: what handlers need beyond their registers.

use core::{
    ptr::NonNull,
    sync::atomic::{AtomicBool, AtomicPtr},
};

use super::{address::Limits, stack::Stack};
use crate::{
    error::Error,
    store::{FuncEntity, GlobalEntity, Heap, InstanceEntity, StoreInner, TableEntity},
    trap::TrapCode,
};

/// Why the machine left its handlers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exit {
    /// The outermost function returned.
    Done,
    /// ip is at the instruction that trapped.
    Trap(TrapCode),
    /// `Cx::error` says what; ip is at the instruction.
    Error,
    /// ip is behind the op that charges; `Cx::owed` is to be paid before it goes on.
    OutOfFuel,
    /// ip is behind the check.
    Interrupted,
    /// ip is at the op that counts a step.
    #[cfg(feature = "debug")]
    Step,
    /// ip is behind the call. The arguments are at `base` slots from sp, where the results go.
    Host { func: u32, base: u32 },
    /// ip is behind the op; the previous size goes to the slot `to`. Indices are the instance's.
    MemoryGrow { memory: u32, delta: u64, to: u16 },
    /// Room for so many words on the heap is needed; ip is at the instruction, which begins again.
    #[cfg(feature = "gc")]
    Room { words: u32 },
    /// Throws an exception of the module's tag, with the values at `base` slots from sp; ip is at the instruction.
    #[cfg(feature = "exceptions")]
    Throw { tag: u32, base: u32 },
    /// Throws an exception again; ip is at the instruction.
    #[cfg(feature = "exceptions")]
    ThrowRef { exception: u64 },
    /// As for memories.
    #[cfg(feature = "wasm2")]
    TableGrow {
        table: u32,
        delta: u64,
        init: u64,
        to: u16,
    },
}

/// The context. Its cached addresses belong to the current instance.
#[repr(C)]
pub(crate) struct Cx {
    /// `HANDLERS`.
    #[cfg(compact)]
    pub(crate) handlers: *const super::dispatch::Handler,
    /// Of memory 0.
    pub(crate) limits: Limits,
    /// One past the last slot of the value stack.
    pub(crate) stack_end: *mut u64,
    /// Entries of the functions that the instance's module defines; null where not translated yet.
    pub(crate) code: *const AtomicPtr<u8>,
    /// The image that the functions are in instead, and its function table; null if they are in none.
    #[cfg(compact)]
    pub(crate) image: *const u8,
    #[cfg(compact)]
    pub(crate) records: *const u8,
    pub(crate) globals: *const NonNull<GlobalEntity>,
    pub(crate) tables: *const NonNull<TableEntity>,
    pub(crate) instance: NonNull<InstanceEntity>,
    /// All functions of the store, and how many they are.
    pub(crate) funcs: *const FuncEntity,
    pub(crate) func_count: u32,
    /// The store's.
    pub(crate) heap: *mut Heap,
    /// Fuel left.
    pub(crate) fuel: u64,
    /// Fuel that could not be paid yet; 0 while handlers run.
    pub(crate) owed: u64,
    pub(crate) interrupt: *const AtomicBool,
    /// Steps so far, and from which on they are looked at.
    #[cfg(feature = "debug")]
    pub(crate) steps: u64,
    #[cfg(feature = "debug")]
    pub(crate) look_at: u64,
    /// The store's.
    #[cfg(feature = "debug")]
    pub(crate) stops: *mut super::stops::Stops,

    // Registers while the machine is outside its handlers (the portable loop keeps them here always).
    pub(crate) ip: *const u8,
    pub(crate) sp: *mut u64,
    pub(crate) mem: *mut u8,
    pub(crate) acc: u64,
    /// The pins, which hold locals of the running function.
    pub(crate) p0: u64,
    pub(crate) p1: u64,
    pub(crate) fa: f32,
    pub(crate) da: f64,
    #[cfg(feature = "simd")]
    pub(crate) va: super::vector::v128,

    pub(crate) stack: Stack,
    pub(crate) exit: Exit,
    /// What `Exit::Error` reports.
    pub(crate) error: Option<Error>,
    /// Address and memory size of an access out of bounds.
    pub(crate) fault: Option<(u64, u64)>,
    /// Function of the store that a deferred call enters.
    pub(crate) callee: u32,
}

impl Cx {
    /// Caches the addresses of `instance`.
    ///
    /// # Safety
    /// The instance is alive and no reference to it, or to its first memory, is used across the call.
    // Never inlined: with it, handlers would not end in a jump.
    #[inline(never)]
    pub(crate) unsafe fn load_instance(&mut self, instance: NonNull<InstanceEntity>) {
        // SAFETY: the caller's promise.
        let entity = unsafe { instance.as_ref() };
        self.instance = instance;
        self.code = entity.module.inner().code.entries();
        #[cfg(compact)]
        {
            (self.image, self.records) = entity.module.inner().code.image_parts();
        }
        self.globals = entity.globals.as_ptr();
        self.tables = entity.tables.as_ptr();
        self.load_memory(entity);
    }

    /// Caches address and length of memory 0, after anything that may have grown or moved it.
    fn load_memory(&mut self, entity: &InstanceEntity) {
        match entity.memories.first() {
            Some(memory) => {
                // SAFETY: memories of an instance live as long as its store; nothing else refers to this one now.
                let memory = unsafe { memory.as_ref() };
                self.mem = memory.base;
                if self.limits.len() != memory.len {
                    self.limits = Limits::new(memory.len);
                }
            }
            None => {
                self.mem = NonNull::<u8>::dangling().as_ptr();
                self.limits = Limits::NONE;
            }
        }
    }

    /// Caches the store's addresses and those of the current instance, which is of that store.
    pub(crate) fn load_store(&mut self, store: &mut StoreInner) {
        self.interrupt = store.interrupt_flag();
        self.refresh(store);
        // SAFETY: instances live as long as their store.
        unsafe { self.load_instance(self.instance) }
    }

    /// Caches what other code may have changed while the machine was outside its handlers: memories grow,
    /// functions are added. The store is the one this run belongs to.
    pub(crate) fn refresh(&mut self, store: &mut StoreInner) {
        self.heap = &raw mut store.heap;
        self.funcs = store.funcs.as_ptr();
        self.func_count = store.funcs.len() as u32;
        self.fuel = store.fuel;
        #[cfg(feature = "debug")]
        {
            self.stops = &raw mut store.stops;
            self.steps = store.stops.steps;
            self.look_at = store.stops.look_at(store.nested_calls);
        }
        // SAFETY: instances live as long as their store.
        let entity = unsafe { self.instance.as_ref() };
        self.load_memory(entity);
    }
}
