//! Tables of references.

use alloc::vec::Vec;

use crate::types::TableType;

/// A table of a store. The machine reads `elements` directly.
#[repr(C)]
pub(crate) struct TableEntity {
    /// References as slots hold them: 0 is null, see `value::Ref`.
    pub(crate) elements: Vec<u64>,
    pub(crate) ty: TableType,
}
