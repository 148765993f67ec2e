//! Entities with stable addresses.
//!
//! Instances, and the machine while it runs, hold raw pointers to memories, tables and globals.
//! Each entity therefore lives in an allocation of its own that is only ever reached through the
//! raw pointer made here, so that no `Box` or `Vec` move invalidates it.

use alloc::{boxed::Box, vec::Vec};
use core::ptr::NonNull;

/// A growing list of `T`, each at a fixed address until the arena is dropped.
pub(crate) struct Arena<T> {
    items: Vec<NonNull<T>>,
}

// SAFETY: the arena owns its items exclusively; the raw pointers are an address guarantee, not sharing.
unsafe impl<T: Send> Send for Arena<T> {}
// SAFETY: as above: `&Arena` only gives `&T`.
unsafe impl<T: Sync> Sync for Arena<T> {}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena { items: Vec::new() }
    }
}

impl<T> Arena<T> {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Moves `value` to its final address and returns its index.
    pub(crate) fn push(&mut self, value: T) -> u32 {
        let index = self.items.len() as u32;
        self.items.push(NonNull::from(Box::leak(Box::new(value))));
        index
    }

    /// Takes the last entity back. Its address must not be in use any more.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let item = self.items.pop()?;
        // SAFETY: the pointer came from `Box::leak` in `push` and is taken once.
        Some(*unsafe { Box::from_raw(item.as_ptr()) })
    }

    /// The address of an entity; good until it is popped or the arena is dropped.
    pub(crate) fn ptr(&self, index: u32) -> NonNull<T> {
        self.items[index as usize]
    }

    pub(crate) fn get(&self, index: u32) -> &T {
        // SAFETY: every pointer came from `Box::leak` and is freed only in `pop` and `drop`; `&self` excludes `get_mut`.
        unsafe { self.items[index as usize].as_ref() }
    }

    pub(crate) fn get_mut(&mut self, index: u32) -> &mut T {
        // SAFETY: as in `get`; `&mut self` excludes every other safe access.
        unsafe { self.items[index as usize].as_mut() }
    }
}

impl<T> Drop for Arena<T> {
    fn drop(&mut self) {
        for item in self.items.drain(..) {
            // SAFETY: the pointer came from `Box::leak` in `push` and is dropped once.
            drop(unsafe { Box::from_raw(item.as_ptr()) });
        }
    }
}
