//! A heap that knows how much of it was in use at most.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::{Cell, UnsafeCell},
    mem::MaybeUninit,
};

use critical_section::Mutex;
use embedded_alloc::LlffHeap;
use semihosting::eprintln;

use crate::stack;

/// A heap of `N` bytes, for `#[global_allocator]`.
pub struct Heap<const N: usize> {
    heap: LlffHeap,
    memory: UnsafeCell<MaybeUninit<[u8; N]>>,
    ready: Mutex<Cell<bool>>,
    peak: Mutex<Cell<usize>>,
}

// SAFETY: the memory is only the allocator's, which is used in critical sections.
unsafe impl<const N: usize> Sync for Heap<N> {}

impl<const N: usize> Heap<N> {
    /// Empty.
    #[expect(
        clippy::new_without_default,
        reason = "a default is of no use for statics"
    )]
    pub const fn new() -> Heap<N> {
        Heap {
            heap: LlffHeap::empty(),
            memory: UnsafeCell::new(MaybeUninit::uninit()),
            ready: Mutex::new(Cell::new(false)),
            peak: Mutex::new(Cell::new(0)),
        }
    }

    /// The most bytes that were in use at once, since the last time it was asked.
    pub fn peak(&self) -> usize {
        critical_section::with(|section| self.peak.borrow(section).replace(self.heap.used()))
    }

    /// Prints how much of the stack and of the heap was in use at most.
    pub fn report(&self) {
        let (used, size) = (stack::used(), stack::size());
        eprintln!("stack {used} of {size}, heap {}", self.peak());
    }
}

// SAFETY: that of `LlffHeap`, which gets all of `memory` once, before it is first used.
unsafe impl<const N: usize> GlobalAlloc for Heap<N> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        critical_section::with(|section| {
            if !self.ready.borrow(section).replace(true) {
                // SAFETY: the memory is the heap's from now on, and it gets it once.
                unsafe { self.heap.init(self.memory.get() as usize, N) };
            }
            // SAFETY: the caller's.
            let memory = unsafe { self.heap.alloc(layout) };
            let peak = self.peak.borrow(section);
            peak.set(peak.get().max(self.heap.used()));
            memory
        })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { self.heap.dealloc(memory, layout) }
    }
}
