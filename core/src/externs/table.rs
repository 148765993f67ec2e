//! Tables, seen from the host.

use crate::{
    error::Error,
    store::{AsContext, AsContextMut, StoreInner, Stored},
    trap::TrapCode,
    types::{RefType, TableType},
    value::Ref,
};

/// A table of a store.
///
/// # Panics
/// All methods panic when used with a store that is not the table's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table(pub(crate) Stored);

impl Table {
    /// Makes a table of the type's minimum, filled with `init`.
    ///
    /// # Errors
    /// If `init` is not of the element type, if the limiter refuses, or if there is no room.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Ref) -> Result<Table, Error> {
        let store = store.as_context_mut().0;
        let init = slot(&store.inner, ty.element, init)?;
        let index = store.alloc_table(ty, init)?;
        Ok(Table(Stored::new(&store.inner, index)))
    }

    /// The type it was made with.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        let store = &store.as_context().0.inner;
        store.tables.get(self.0.index(store)).ty
    }

    /// The type with the present size as its minimum.
    pub(crate) fn present_ty(&self, store: &StoreInner) -> TableType {
        let entity = store.tables.get(self.0.index(store));
        TableType {
            minimum: entity.elements.len() as u64,
            ..entity.ty
        }
    }

    /// The present size in elements.
    pub fn size(&self, store: impl AsContext) -> u64 {
        let store = &store.as_context().0.inner;
        store.tables.get(self.0.index(store)).elements.len() as u64
    }

    /// An element; `None` beyond the end.
    pub fn get(&self, store: impl AsContext, index: u64) -> Option<Ref> {
        let store = &store.as_context().0.inner;
        let entity = store.tables.get(self.0.index(store));
        let slot = *entity.elements.get(usize::try_from(index).ok()?)?;
        Some(Ref::from_slot(entity.ty.element, slot, store))
    }

    /// Sets an element.
    ///
    /// # Errors
    /// If the index is beyond the end or the reference not of the element type.
    pub fn set(&self, store: impl AsContextMut, index: u64, value: Ref) -> Result<(), Error> {
        self.fill(store, index, value, 1)
    }

    /// Sets `len` elements.
    ///
    /// # Errors
    /// If one of them is beyond the end, then none is set, or if the reference is not of the element type.
    pub fn fill(
        &self,
        mut store: impl AsContextMut,
        index: u64,
        value: Ref,
        len: u64,
    ) -> Result<(), Error> {
        let store = &mut store.as_context_mut().0.inner;
        let table = self.0.index(store);
        let slot = slot(store, store.tables.get(table).ty.element, value)?;
        let range = index..index.checked_add(len).ok_or(TrapCode::TableOutOfBounds)?;
        let elements = &mut store.tables.get_mut(table).elements;
        match (usize::try_from(range.start), usize::try_from(range.end)) {
            (Ok(start), Ok(end)) => {
                elements
                    .get_mut(start..end)
                    .ok_or(TrapCode::TableOutOfBounds)?
                    .fill(slot);
                #[cfg(feature = "debug")]
                store.note_fill(table, index, len, slot);
                Ok(())
            }
            _ => Err(TrapCode::TableOutOfBounds.into()),
        }
    }

    /// Grows by `delta` elements of value `init` and returns the old size.
    ///
    /// # Errors
    /// If the type's maximum or the limiter forbids it, if there is no room, or if `init` is not of the
    /// element type.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, init: Ref) -> Result<u64, Error> {
        let store = store.as_context_mut().0;
        let table = self.0.index(&store.inner);
        let init = slot(&store.inner, store.inner.tables.get(table).ty.element, init)?;
        let old = store
            .grow_table(table, delta, init)?
            .ok_or_else(|| Error::limit(message!("failed to grow table by {}", delta)))?;
        #[cfg(feature = "debug")]
        store.inner.note_extend(table, delta, init);
        Ok(old)
    }
}

fn slot(store: &StoreInner, ty: RefType, value: Ref) -> Result<u64, Error> {
    if !value.is_a(store, ty) {
        return Err(Error::new(message!(
            "type mismatch: the table's elements are of type {}",
            ty
        )));
    }
    Ok(value.to_slot(store))
}
