//! A heap that counts the bytes asked for, apart from the memory of guests.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
};

use critical_section::Mutex;
use embedded_alloc::LlffHeap;

/// What is as large as that is the memory of a guest: a page or more, and nothing else comes near.
const GUEST_MEMORY: usize = 1 << 16;

/// Bytes in use, without guests' memories.
pub struct Heap {
    heap: LlffHeap,
    used: Mutex<Cell<usize>>,
    peak: Mutex<Cell<usize>>,
}

impl Heap {
    pub const fn new() -> Heap {
        Heap {
            heap: LlffHeap::empty(),
            used: Mutex::new(Cell::new(0)),
            peak: Mutex::new(Cell::new(0)),
        }
    }

    /// Gives it its memory.
    ///
    /// # Safety
    /// Once, before anything is allocated; nobody else uses that memory.
    pub unsafe fn init(&self, start: usize, len: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.heap.init(start, len) }
    }

    /// Bytes in use, and the most that were since the last time this was asked.
    pub fn take(&self) -> (usize, usize) {
        critical_section::with(|section| {
            let used = self.used.borrow(section).get();
            (used, self.peak.borrow(section).replace(used))
        })
    }
}

// SAFETY: that of `LlffHeap`.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        let memory = unsafe { self.heap.alloc(layout) };
        if !memory.is_null() && layout.size() < GUEST_MEMORY {
            critical_section::with(|section| {
                let (used, peak) = (self.used.borrow(section), self.peak.borrow(section));
                used.set(used.get() + layout.size());
                peak.set(peak.get().max(used.get()));
            });
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { self.heap.dealloc(memory, layout) };
        if layout.size() < GUEST_MEMORY {
            critical_section::with(|section| {
                let used = self.used.borrow(section);
                used.set(used.get() - layout.size());
            });
        }
    }
}
