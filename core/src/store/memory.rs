//! Linear memory.

use alloc::vec::Vec;

use crate::types::MemoryType;

/// The bytes behind a memory.
pub(crate) enum MemoryBytes {
    /// Grows on the heap.
    Heap(Vec<u8>),
    /// Placed by the embedder; the memory can grow up to its length.
    Static(&'static mut [u8]),
}

/// A memory of a store. The machine reads `base` and `len` directly.
#[repr(C)]
pub(crate) struct MemoryEntity {
    /// First byte. Changes only in `grow`.
    pub(crate) base: *mut u8,
    /// Accessible bytes from `base`.
    pub(crate) len: usize,
    /// Whether addresses are 64 bits wide.
    pub(crate) is_64: bool,
    pub(crate) ty: MemoryType,
    bytes: MemoryBytes,
}
