//! Linear memories, seen from the host.

use core::fmt;

use crate::{
    error::Error,
    store::{
        AsContext, AsContextMut, MemoryPlace, StoreContext, StoreContextMut, StoreInner, Stored,
    },
    types::MemoryType,
};

/// A linear memory of a store.
///
/// # Panics
/// All methods panic when used with a store that is not the memory's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory(pub(crate) Stored);

/// A read or write beyond a memory's end. Nothing was read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryAccessError {}

impl fmt::Display for MemoryAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of bounds memory access")
    }
}

impl core::error::Error for MemoryAccessError {}

impl From<MemoryAccessError> for Error {
    fn from(error: MemoryAccessError) -> Error {
        Error::host(error)
    }
}

impl Memory {
    /// Makes a zeroed memory on the heap.
    ///
    /// # Errors
    /// If the limiter refuses, if there is no room, or if the type is none that modules could have.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory, Error> {
        let store = store.as_context_mut().0;
        let index = store.alloc_memory(ty, MemoryPlace::Heap)?;
        Ok(Memory(Stored::new(&store.inner, index)))
    }

    /// Makes a memory in the given bytes, which are zeroed as the memory reaches them. It can grow up to
    /// their length.
    ///
    /// # Errors
    /// As [`Memory::new`], and if the bytes are fewer than the type's minimum.
    pub fn new_static(
        mut store: impl AsContextMut,
        ty: MemoryType,
        bytes: &'static mut [u8],
    ) -> Result<Memory, Error> {
        let store = store.as_context_mut().0;
        let index = store.alloc_memory(ty, MemoryPlace::Given(bytes))?;
        Ok(Memory(Stored::new(&store.inner, index)))
    }

    /// The type it was made with.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        let store = &store.as_context().0.inner;
        store.memories.get(self.0.index(store)).ty
    }

    /// The type with the present size as its minimum.
    pub(crate) fn present_ty(&self, store: &StoreInner) -> MemoryType {
        let entity = store.memories.get(self.0.index(store));
        MemoryType {
            minimum: entity.pages(),
            ..entity.ty
        }
    }

    /// The present size in pages.
    pub fn size(&self, store: impl AsContext) -> u64 {
        let store = &store.as_context().0.inner;
        store.memories.get(self.0.index(store)).pages()
    }

    /// The present size in bytes.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        let store = &store.as_context().0.inner;
        store.memories.get(self.0.index(store)).len
    }

    /// The size of a page in bytes: 65536, or 1 with custom page sizes.
    pub fn page_size(&self, store: impl AsContext) -> u64 {
        self.ty(store).page_size()
    }

    /// The bytes.
    pub fn data<'a, T: 'a>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let store = &store.into().0.inner;
        store.memories.get(self.0.index(store)).data()
    }

    /// The bytes.
    pub fn data_mut<'a, T: 'a>(&self, store: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        let store = &mut store.into().0.inner;
        let index = self.0.index(store);
        #[cfg(feature = "debug")]
        store.note_open(index);
        store.memories.get_mut(index).data_mut()
    }

    /// The bytes and the embedder's data, at once.
    pub fn data_and_store_mut<'a, T: 'a>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let store = store.into().0;
        let index = self.0.index(&store.inner);
        #[cfg(feature = "debug")]
        store.inner.note_open(index);
        (
            store.inner.memories.get_mut(index).data_mut(),
            &mut store.data,
        )
    }

    /// The same for host functions that say which bytes they write. While they are recorded
    /// ([`Store::record`](crate::Store::record)) that spares looking for changes in all of the memory.
    #[cfg(feature = "debug")]
    pub fn data_and_notes_mut<'a, T: 'a>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T, crate::debug::Notes<'a>) {
        let store = store.into().0;
        let index = self.0.index(&store.inner);
        (
            store.inner.memories.get_mut(index).data_mut(),
            &mut store.data,
            StoreInner::notes(&mut store.inner.tape, index),
        )
    }

    /// Copies bytes out.
    ///
    /// # Errors
    /// If the range is not inside the memory.
    pub fn read(
        &self,
        store: impl AsContext,
        offset: usize,
        buffer: &mut [u8],
    ) -> Result<(), MemoryAccessError> {
        let store = store.as_context();
        let data = self.data(store);
        let end = offset
            .checked_add(buffer.len())
            .ok_or(MemoryAccessError {})?;
        buffer.copy_from_slice(data.get(offset..end).ok_or(MemoryAccessError {})?);
        Ok(())
    }

    /// Copies bytes in.
    ///
    /// # Errors
    /// If the range is not inside the memory.
    pub fn write(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        bytes: &[u8],
    ) -> Result<(), MemoryAccessError> {
        let store = &mut store.as_context_mut().0.inner;
        let index = self.0.index(store);
        let data = store.memories.get_mut(index).data_mut();
        let end = offset
            .checked_add(bytes.len())
            .ok_or(MemoryAccessError {})?;
        data.get_mut(offset..end)
            .ok_or(MemoryAccessError {})?
            .copy_from_slice(bytes);
        #[cfg(feature = "debug")]
        StoreInner::notes(&mut store.tape, index).written(offset..end);
        Ok(())
    }

    /// Grows by `delta` pages and returns the old size in pages. Borrowed bytes are gone: the memory may move.
    ///
    /// # Errors
    /// If the type's maximum or the limiter forbids it, or if there is no room.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64, Error> {
        let store = store.as_context_mut().0;
        let index = self.0.index(&store.inner);
        let old = store
            .grow_memory(index, delta)?
            .ok_or_else(|| Error::limit(message!("failed to grow memory by {} pages", delta)))?;
        #[cfg(feature = "debug")]
        store.inner.note_grow(index, delta);
        Ok(old)
    }
}

#[cfg(test)]
mod tests {
    use alloc::{boxed::Box, string::ToString, vec};

    use super::*;
    use crate::{Engine, Store, StoreLimits, StoreLimitsBuilder};

    fn store() -> Store<()> {
        Store::new(&Engine::default(), ())
    }

    #[test]
    fn reads_writes_and_grows() {
        let mut store = store();
        let memory = Memory::new(&mut store, MemoryType::new(1, Some(3))).unwrap();
        memory.write(&mut store, 65534, &[1, 2]).unwrap();
        assert!(memory.write(&mut store, 65535, &[1, 2]).is_err());
        assert!(memory.write(&mut store, usize::MAX, &[1, 2]).is_err());
        assert_eq!(memory.grow(&mut store, 2).unwrap(), 1);
        assert!(memory.grow(&mut store, 1).is_err());
        assert!(memory.grow(&mut store, u64::MAX).is_err());
        assert_eq!(
            (memory.size(&store), memory.data_size(&store)),
            (3, 3 << 16)
        );
        let mut bytes = [9; 3];
        memory.read(&store, 65534, &mut bytes).unwrap();
        assert_eq!(bytes, [1, 2, 0]);
        assert_eq!(memory.data(&store)[65534..65537], [1, 2, 0]);
        memory.data_mut(&mut store)[0] = 5;
        let (bytes, ()) = memory.data_and_store_mut(&mut store);
        assert_eq!(bytes[0], 5);
    }

    #[test]
    fn lives_in_static_bytes() {
        let mut store = store();
        let bytes = Box::leak(vec![1; (1 << 16) + 5].into_boxed_slice());
        let memory = Memory::new_static(&mut store, MemoryType::new(1, None), bytes).unwrap();
        assert!(memory.grow(&mut store, 1).is_err());
        assert!(memory.data(&store).iter().all(|byte| *byte == 0));
        let few = Box::leak(vec![1; 5].into_boxed_slice());
        assert!(Memory::new_static(&mut store, MemoryType::new(1, None), few).is_err());
    }

    #[test]
    fn the_limiter_is_asked() {
        let limits = StoreLimitsBuilder::new()
            .memory_size(2 << 16)
            .memories(2)
            .build();
        let mut store = Store::new(&Engine::default(), limits);
        store.limiter(|limits| limits);
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
        assert_eq!(store.grow_memory(0, 2).unwrap(), None);
        assert_eq!(memory.grow(&mut store, 1).unwrap(), 1);
        assert!(Memory::new(&mut store, MemoryType::new(3, None)).is_err());
        Memory::new(&mut store, MemoryType::new(0, None)).unwrap();
        let error = Memory::new(&mut store, MemoryType::new(0, None)).unwrap_err();
        assert!(
            error.to_string().contains("memory count too high at 3"),
            "{error}"
        );
        *store.data_mut() = StoreLimitsBuilder::new()
            .memory_size(0)
            .trap_on_grow_failure(true)
            .build();
        assert!(store.grow_memory(0, 1).is_err());
        *store.data_mut() = StoreLimits::default();
        assert_eq!(store.grow_memory(0, 1).unwrap(), Some(2));
    }

    #[test]
    fn sizes_that_cannot_be_had_are_errors() {
        let mut store = store();
        assert!(Memory::new(&mut store, MemoryType::new64(1 << 47, None)).is_err());
        assert!(Memory::new(&mut store, MemoryType::new(65537, None)).is_err());
        assert!(Memory::new(&mut store, MemoryType::new(2, Some(1))).is_err());
        let memory = Memory::new(&mut store, MemoryType::new64(0, None)).unwrap();
        assert_eq!(store.grow_memory(0, 1 << 47).unwrap(), None);
        assert_eq!(store.grow_memory(0, u64::MAX).unwrap(), None);
        assert_eq!(memory.size(&store), 0);
    }
}
