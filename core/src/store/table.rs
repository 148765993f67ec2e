//! Tables of references.

use alloc::{alloc::alloc_zeroed, vec::Vec};
use core::alloc::Layout;

use crate::types::TableType;

/// A table of a store. The machine reads `elements` directly.
#[repr(C)]
pub(crate) struct TableEntity {
    /// References as slots hold them: 0 is null, see `value::Ref`.
    pub(crate) elements: Vec<u64>,
    /// As declared; the present size is that of `elements`.
    pub(crate) ty: TableType,
    /// Its own index in the store, once it is there.
    pub(crate) index: u32,
}

impl TableEntity {
    /// No table of this implementation has more elements, whatever its type says: a guest could
    /// otherwise ask for 32 GiB with one instruction. The validator has the same limit for minimums.
    pub(crate) const MAX_ELEMENTS: u64 = 10_000_000;

    /// Whether indices are 64 bits wide, in a build that has that.
    #[inline(always)]
    pub(crate) fn is_wide(&self) -> bool {
        cfg!(feature = "memory64") && self.ty.is_64
    }

    /// A table of the type's minimum, filled with `init`; `None` if there is no room for it.
    pub(crate) fn new(ty: TableType, init: u64) -> Option<TableEntity> {
        if ty.minimum > TableEntity::MAX_ELEMENTS {
            return None;
        }
        let len = usize::try_from(ty.minimum).ok()?;
        let mut elements = zeroed(len)?;
        if init != 0 {
            elements.fill(init);
        }
        Some(TableEntity {
            elements,
            ty,
            index: 0,
        })
    }

    /// Grows by `delta` elements. Returns false, with nothing changed, if there is no room.
    pub(crate) fn grow(&mut self, delta: usize, init: u64) -> bool {
        if self.elements.try_reserve(delta).is_err() {
            return false;
        }
        self.elements.resize(self.elements.len() + delta, init);
        true
    }
}

/// `len` zeros, without touching the pages and without aborting when there is no room.
pub(crate) fn zeroed(len: usize) -> Option<Vec<u64>> {
    let layout = Layout::array::<u64>(len).ok()?;
    if len == 0 {
        return Some(Vec::new());
    }
    // SAFETY: the size is not zero.
    let start = unsafe { alloc_zeroed(layout) }.cast::<u64>();
    if start.is_null() {
        return None;
    }
    // SAFETY: allocated by the global allocator for exactly `len` u64, all initialized.
    Some(unsafe { Vec::from_raw_parts(start, len, len) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::RefType;

    #[test]
    fn starts_filled_and_grows() {
        let mut table = TableEntity::new(TableType::new(RefType::FUNCREF, 3, None), 0).unwrap();
        assert_eq!(table.elements, [0, 0, 0]);
        assert!(table.grow(2, 9));
        assert_eq!(table.elements, [0, 0, 0, 9, 9]);
        let table = TableEntity::new(TableType::new(RefType::FUNCREF, 2, None), 4).unwrap();
        assert_eq!(table.elements, [4, 4]);
        assert!(TableEntity::new(TableType::new(RefType::FUNCREF, u32::MAX, None), 0).is_none());
    }
}
