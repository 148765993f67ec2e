//! Making and growing what the embedder can limit.

use super::{
    MemoryEntity, MemoryPlace, ResourceLimiter, Store, TableEntity, limits::DEFAULT_COUNT,
    memory::byte_size,
};
use crate::{
    error::{Error, out_of_memory},
    types::{MemoryType, TableType},
};

impl<T> Store<T> {
    fn limits(&mut self) -> Option<&mut dyn ResourceLimiter> {
        #[cfg(feature = "limiter")]
        return self.limiter.as_mut().map(|limiter| limiter(&mut self.data));
        #[cfg(not(feature = "limiter"))]
        None
    }

    /// Refuses the next of `what` if `limit` of them exist already.
    fn count(
        &mut self,
        what: &'static str,
        present: usize,
        limit: fn(&dyn ResourceLimiter) -> usize,
    ) -> Result<(), Error> {
        let limit = self.limits().map_or(DEFAULT_COUNT, |limits| limit(limits));
        if present >= limit {
            return Err(Error::limit(message!(
                "resource limit exceeded: {} count too high at {}",
                what,
                present + 1
            )));
        }
        Ok(())
    }

    /// Refuses a further instance if there are too many.
    pub(crate) fn count_instance(&mut self) -> Result<(), Error> {
        // (It is in the store already.)
        self.count("instance", self.inner.instances.len() - 1, |limits| {
            limits.instances()
        })
    }

    /// Asks the limiter whether a memory may have `desired` bytes.
    fn may_grow_memory(
        &mut self,
        ty: &MemoryType,
        current: usize,
        desired: usize,
    ) -> Result<bool, Error> {
        let maximum = ty
            .maximum
            .map(|pages| byte_size(ty, pages).unwrap_or(usize::MAX));
        match self.limits() {
            Some(limits) => limits.memory_growing(current, desired, maximum),
            None => Ok(true),
        }
    }

    /// Makes a memory and returns its index.
    pub(crate) fn alloc_memory(
        &mut self,
        ty: MemoryType,
        place: MemoryPlace,
    ) -> Result<u32, Error> {
        check_memory_type(&ty)?;
        self.count("memory", self.inner.memories.len(), |limits| {
            limits.memories()
        })?;
        let size = ty.minimum.saturating_mul(ty.page_size());
        let Some(len) = byte_size(&ty, ty.minimum) else {
            return Err(out_of_memory("memory", size));
        };
        if !self.may_grow_memory(&ty, 0, len)? {
            return Err(Error::limit(message!(
                "memory minimum size of {} pages exceeds memory limits",
                ty.minimum
            )));
        }
        let bytes = match place {
            MemoryPlace::Heap => None,
            MemoryPlace::Given(bytes) => Some(bytes),
            // Only now that nothing but room for the memory is left to ask for.
            MemoryPlace::Spare => self.take_spare_memory(len),
        };
        let mut memory = match bytes {
            Some(bytes) => MemoryEntity::new_static(ty, bytes).ok_or_else(|| {
                Error::limit(message!(
                    "the bytes given for a memory are fewer than its {}",
                    size
                ))
            })?,
            None => MemoryEntity::new(ty).ok_or_else(|| out_of_memory("memory", size))?,
        };
        memory.index = self.inner.memories.len() as u32;
        Ok(self.inner.memories.push(memory))
    }

    /// The embedder's bytes for a memory that a module defines, if some were given and are enough.
    fn take_spare_memory(&mut self, len: usize) -> Option<&'static mut [u8]> {
        let spare = &mut self.inner.spare_memories;
        let position = spare.iter().position(|bytes| bytes.len() >= len)?;
        Some(spare.remove(position))
    }

    /// Drops the memories from this index on, which a refused instance defines and nothing refers to.
    /// The embedder's bytes are spare again.
    pub(crate) fn release_memories(&mut self, from: usize) {
        while self.inner.memories.len() > from {
            let memory = self.inner.memories.pop();
            if let Some(bytes) = memory.and_then(MemoryEntity::into_static) {
                self.inner.spare_memories.insert(0, bytes);
            }
        }
    }

    /// Grows a memory of the store; `None` is `memory.grow`'s -1. Otherwise the old size in pages.
    pub(crate) fn grow_memory(&mut self, memory: u32, delta: u64) -> Result<Option<u64>, Error> {
        let entity = self.inner.memories.get(memory);
        let (ty, current, pages) = (entity.ty, entity.len, entity.pages());
        let maximum = ty.maximum.unwrap_or(u64::MAX).min(ty.address_space_pages());
        let Some(desired) = pages.checked_add(delta).filter(|pages| *pages <= maximum) else {
            return Ok(None);
        };
        let Some(len) = byte_size(&ty, desired) else {
            return Ok(None);
        };
        if !self.may_grow_memory(&ty, current, len)? {
            return Ok(None);
        }
        if !self.inner.memories.get_mut(memory).grow_to(len) {
            if let Some(limits) = self.limits() {
                limits.memory_grow_failed(out_of_memory("memory", len as u64))?;
            }
            return Ok(None);
        }
        Ok(Some(pages))
    }

    /// Asks the limiter whether a restored memory may have `desired` bytes, or tells it that there are fewer now.
    ///
    /// # Errors
    /// It may not.
    #[cfg(feature = "debug")]
    pub(crate) fn may_restore_memory(&mut self, memory: u32, desired: usize) -> Result<(), Error> {
        let entity = self.inner.memories.get(memory);
        let (ty, current) = (entity.ty, entity.len);
        if desired < current {
            if let Some(limits) = self.limits() {
                limits.memory_shrunk(current, desired);
            }
        } else if desired > current && !self.may_grow_memory(&ty, current, desired)? {
            return Err(Error::limit(message!(
                "a memory of the snapshot has {} bytes, more than the limiter allows",
                desired
            )));
        }
        Ok(())
    }

    /// The same for elements of a table.
    #[cfg(feature = "debug")]
    pub(crate) fn may_restore_table(&mut self, table: u32, desired: usize) -> Result<(), Error> {
        let entity = self.inner.tables.get(table);
        let (ty, current) = (entity.ty, entity.elements.len());
        if desired < current {
            if let Some(limits) = self.limits() {
                limits.table_shrunk(current, desired);
            }
        } else if desired > current && !self.may_grow_table(&ty, current, desired)? {
            return Err(Error::limit(message!(
                "a table of the snapshot has {} elements, more than the limiter allows",
                desired
            )));
        }
        Ok(())
    }

    /// Makes a table filled with the reference `init` and returns its index.
    pub(crate) fn alloc_table(&mut self, ty: TableType, init: u64) -> Result<u32, Error> {
        if ty.maximum.is_some_and(|maximum| maximum < ty.minimum) {
            return Err(Error::new("size minimum must not be greater than maximum"));
        }
        self.count("table", self.inner.tables.len(), |limits| limits.tables())?;
        let too_large = || {
            Error::limit(message!(
                "table minimum size of {} elements exceeds table limits",
                ty.minimum
            ))
        };
        let desired = usize::try_from(ty.minimum).map_err(|_| too_large())?;
        if !self.may_grow_table(&ty, 0, desired)? || ty.minimum > TableEntity::MAX_ELEMENTS {
            return Err(too_large());
        }
        let mut table = TableEntity::new(ty, init)
            .ok_or_else(|| out_of_memory("table", ty.minimum.saturating_mul(8)))?;
        table.index = self.inner.tables.len() as u32;
        Ok(self.inner.tables.push(table))
    }

    fn may_grow_table(
        &mut self,
        ty: &TableType,
        current: usize,
        desired: usize,
    ) -> Result<bool, Error> {
        let maximum = ty
            .maximum
            .map(|maximum| usize::try_from(maximum).unwrap_or(usize::MAX));
        match self.limits() {
            Some(limits) => limits.table_growing(current, desired, maximum),
            None => Ok(true),
        }
    }

    /// Grows a table of the store; `None` is `table.grow`'s -1. Otherwise the old size in elements.
    pub(crate) fn grow_table(
        &mut self,
        table: u32,
        delta: u64,
        init: u64,
    ) -> Result<Option<u64>, Error> {
        let entity = self.inner.tables.get(table);
        let (ty, current) = (entity.ty, entity.elements.len());
        let maximum = ty
            .maximum
            .unwrap_or(u64::MAX)
            .min(TableEntity::MAX_ELEMENTS);
        let Some(desired) = (current as u64)
            .checked_add(delta)
            .filter(|desired| *desired <= maximum)
        else {
            return Ok(None);
        };
        let Ok(desired) = usize::try_from(desired) else {
            return Ok(None);
        };
        if !self.may_grow_table(&ty, current, desired)? {
            return Ok(None);
        }
        if !self
            .inner
            .tables
            .get_mut(table)
            .grow(desired - current, init)
        {
            if let Some(limits) = self.limits() {
                limits.table_grow_failed(out_of_memory("table", desired as u64 * 8))?;
            }
            return Ok(None);
        }
        Ok(Some(current as u64))
    }
}

/// What validation checks in modules, for types that embedders make.
fn check_memory_type(ty: &MemoryType) -> Result<(), Error> {
    if ty.shared && ty.maximum.is_none() {
        return Err(Error::new("shared memory must have a maximum size"));
    }
    if !matches!(ty.page_size_log2, 0 | 16) {
        return Err(Error::new(
            "invalid custom page size: a memory's pages have 1 or 65536 bytes",
        ));
    }
    if ty.maximum.is_some_and(|maximum| maximum < ty.minimum) {
        return Err(Error::new("size minimum must not be greater than maximum"));
    }
    if ty.minimum.max(ty.maximum.unwrap_or(0)) > ty.address_space_pages() {
        return Err(Error::new("memory size exceeds its address space"));
    }
    Ok(())
}
