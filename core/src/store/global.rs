//! Globals.

use crate::types::GlobalType;

/// A global of a store. The machine reads and writes `value` directly.
#[repr(C)]
pub(crate) struct GlobalEntity {
    /// The value as slots hold it (a v128 takes both).
    pub(crate) value: [u64; 2],
    pub(crate) ty: GlobalType,
    /// Its own index in the store.
    pub(crate) index: u32,
}
