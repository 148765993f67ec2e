//! The value stack: frames of slots, relocatable, so that it can grow.
//!
//! A frame is `params or results | header | locals | temporaries`; the header is two slots: the return
//! address, and the distance in bytes to the caller's frame. Nothing in a frame points into the stack.

use alloc::vec::Vec;
use core::ptr::NonNull;

use crate::store::{InstanceEntity, zeroed};

/// Slots of a frame header.
pub(crate) const HEADER_SLOTS: usize = 2;

/// A call that left its instance: where its caller goes on.
#[derive(Clone, Copy)]
pub(crate) struct Switch {
    pub(crate) ip: *const u8,
    pub(crate) instance: NonNull<InstanceEntity>,
}

enum Slots {
    Heap(Vec<u64>),
    /// The embedder's memory, which cannot grow. It is reached through `base` only: a reference here
    /// would claim it back whenever the stack moves.
    Static,
}

/// One value stack.
pub(crate) struct Stack {
    slots: Slots,
    base: *mut u64,
    len: usize,
    /// Limit of growth, in slots.
    max: usize,
    /// Calls across instances that have not returned, outermost first.
    pub(crate) switches: Vec<Switch>,
}

impl Stack {
    /// Slots a heap stack begins with.
    const INITIAL: usize = 512;

    fn heap(max: usize) -> Stack {
        let mut slots = Vec::new();
        let base = slots.as_mut_ptr();
        Stack {
            slots: Slots::Heap(slots),
            base,
            len: 0,
            max,
            switches: Vec::new(),
        }
    }

    fn supplied(slots: &'static mut [u64]) -> Stack {
        let len = slots.len();
        Stack {
            slots: Slots::Static,
            base: slots.as_mut_ptr(),
            len,
            max: len,
            switches: Vec::new(),
        }
    }

    pub(crate) fn base(&self) -> *mut u64 {
        self.base
    }

    /// One past the last slot.
    pub(crate) fn end(&self) -> *mut u64 {
        self.base.wrapping_add(self.len)
    }

    /// A slot, counted from the first.
    #[cfg(feature = "debug")]
    pub(crate) fn slot(&self, at: u32) -> Option<*mut u64> {
        ((at as usize) < self.len).then(|| self.base.wrapping_add(at as usize))
    }

    /// Makes at least `bytes` available, keeping the contents; false when that exceeds the limit.
    /// Slots have unspecified but initialized contents.
    #[must_use]
    pub(crate) fn reserve(&mut self, bytes: usize) -> bool {
        let need = bytes.div_ceil(8);
        if need <= self.len {
            return true;
        }
        let Slots::Heap(slots) = &mut self.slots else {
            return false;
        };
        if need > self.max {
            return false;
        }
        let len = need
            .max(self.len.saturating_mul(2))
            .max(Self::INITIAL)
            .min(self.max);
        // A fresh zeroed allocation and a copy, not `resize`: pages that no frame touches stay untouched.
        let Some(mut grown) = zeroed(len) else {
            return false;
        };
        // SAFETY: both are valid for `self.len` slots and distinct.
        unsafe { core::ptr::copy_nonoverlapping(self.base, grown.as_mut_ptr(), self.len) };
        *slots = grown;
        self.base = slots.as_mut_ptr();
        self.len = len;
        true
    }

    /// Makes more available; false when it is at the limit.
    #[must_use]
    pub(crate) fn grow(&mut self) -> bool {
        self.reserve((self.len + 1) * 8)
    }
}

/// Value stacks that are not in use, and the rule for making more.
#[derive(Default)]
pub(crate) struct StackPool {
    free: Vec<Stack>,
    max: usize,
}

// SAFETY: free stacks hold no frames; a stack in use belongs to one execution of the store.
unsafe impl Send for StackPool {}
// SAFETY: `&StackPool` gives no access to stacks.
unsafe impl Sync for StackPool {}

impl StackPool {
    /// Heap stacks kept for reuse.
    const KEEP: usize = 4;
    /// A free heap stack that has grown beyond this many slots is not kept.
    const KEEP_SLOTS: usize = 1 << 16;

    /// Stacks of up to `max_bytes` each.
    pub(crate) fn new(max_bytes: usize) -> StackPool {
        StackPool {
            free: Vec::new(),
            max: max_bytes / 8,
        }
    }

    /// Adds caller-supplied memory; stacks are taken from there before the heap is asked.
    pub(crate) fn add(&mut self, memory: &'static mut [u8]) {
        // SAFETY: any bytes are u64s.
        let (_, slots, _) = unsafe { memory.align_to_mut::<u64>() };
        self.free.push(Stack::supplied(slots));
    }

    pub(crate) fn take(&mut self) -> Stack {
        // Supplied stacks first: they were given for this.
        let supplied = self
            .free
            .iter()
            .position(|stack| matches!(stack.slots, Slots::Static));
        match supplied.or(self.free.len().checked_sub(1)) {
            Some(i) => self.free.swap_remove(i),
            None => Stack::heap(self.max),
        }
    }

    pub(crate) fn give_back(&mut self, mut stack: Stack) {
        stack.switches.clear();
        let keep = match &stack.slots {
            Slots::Heap(slots) => self.free.len() < Self::KEEP && slots.len() <= Self::KEEP_SLOTS,
            Slots::Static => true,
        };
        if keep {
            self.free.push(stack);
        }
    }
}
