//! What guests may use at most.

use crate::error::Error;

/// Decides about growth on behalf of the embedder; see [`Store::limiter`].
///
/// [`Store::limiter`]: crate::Store::limiter
pub trait ResourceLimiter {
    /// A memory wants to grow (or be made, then `current` is 0) from `current` to `desired` bytes;
    /// its type allows `maximum`.
    ///
    /// # Errors
    /// `Ok(false)` refuses: `memory.grow` gives -1, instantiation fails. An error ends the guest.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, Error>;

    /// There was no room for a growth that [`memory_growing`](Self::memory_growing) had allowed.
    ///
    /// # Errors
    /// An error ends the guest; the default lets `memory.grow` give -1.
    fn memory_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        let _ = error;
        Ok(())
    }

    /// A memory has become smaller: a snapshot that was restored has fewer bytes of it. Those
    /// that have more are asked for with [`memory_growing`](Self::memory_growing).
    fn memory_shrunk(&mut self, from: usize, to: usize) {
        let _ = (from, to);
    }

    /// A table wants to grow (or be made) from `current` to `desired` elements.
    ///
    /// # Errors
    /// As [`memory_growing`](Self::memory_growing).
    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, Error>;

    /// There was no room for a growth that [`table_growing`](Self::table_growing) had allowed.
    ///
    /// # Errors
    /// An error ends the guest; the default lets `table.grow` give -1.
    fn table_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        let _ = error;
        Ok(())
    }

    /// A table has become smaller, as [memories](Self::memory_shrunk) do.
    fn table_shrunk(&mut self, from: usize, to: usize) {
        let _ = (from, to);
    }

    /// How many instances the store may hold.
    fn instances(&self) -> usize {
        DEFAULT_COUNT
    }

    /// How many tables the store may hold.
    fn tables(&self) -> usize {
        DEFAULT_COUNT
    }

    /// How many memories the store may hold.
    fn memories(&self) -> usize {
        DEFAULT_COUNT
    }
}

/// Instances, tables and memories of a store unless limited otherwise.
pub(crate) const DEFAULT_COUNT: usize = 10_000;

/// A [`ResourceLimiter`] with fixed limits; made by [`StoreLimitsBuilder`].
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_size: Option<usize>,
    table_elements: Option<usize>,
    instances: usize,
    tables: usize,
    memories: usize,
    trap_on_grow_failure: bool,
}

/// Sets up [`StoreLimits`].
#[derive(Clone, Debug, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl Default for StoreLimits {
    fn default() -> StoreLimits {
        StoreLimits {
            memory_size: None,
            table_elements: None,
            instances: DEFAULT_COUNT,
            tables: DEFAULT_COUNT,
            memories: DEFAULT_COUNT,
            trap_on_grow_failure: false,
        }
    }
}

impl StoreLimitsBuilder {
    /// No limits but the default counts.
    pub fn new() -> StoreLimitsBuilder {
        StoreLimitsBuilder::default()
    }

    /// Bytes of each memory.
    pub fn memory_size(mut self, limit: usize) -> Self {
        self.0.memory_size = Some(limit);
        self
    }

    /// Elements of each table.
    pub fn table_elements(mut self, limit: usize) -> Self {
        self.0.table_elements = Some(limit);
        self
    }

    /// Instances in the store. Default: 10,000.
    pub fn instances(mut self, limit: usize) -> Self {
        self.0.instances = limit;
        self
    }

    /// Tables in the store. Default: 10,000.
    pub fn tables(mut self, limit: usize) -> Self {
        self.0.tables = limit;
        self
    }

    /// Memories in the store. Default: 10,000.
    pub fn memories(mut self, limit: usize) -> Self {
        self.0.memories = limit;
        self
    }

    /// Ends the guest when a growth is refused, where `memory.grow` would give -1. Default: no.
    pub fn trap_on_grow_failure(mut self, trap: bool) -> Self {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    pub fn build(self) -> StoreLimits {
        self.0
    }
}

impl StoreLimits {
    fn allow(
        &self,
        what: &'static str,
        desired: usize,
        limit: Option<usize>,
        maximum: Option<usize>,
    ) -> Result<bool, Error> {
        let allowed =
            limit.is_none_or(|limit| desired <= limit) && maximum.is_none_or(|max| desired <= max);
        if !allowed && self.trap_on_grow_failure {
            return Err(Error::limit(message!(
                "forcing trap when growing {} to {}",
                what,
                desired
            )));
        }
        Ok(allowed)
    }

    fn failed(&self, error: Error) -> Result<(), Error> {
        if self.trap_on_grow_failure {
            Err(error)
        } else {
            Ok(())
        }
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, Error> {
        self.allow("a memory", desired, self.memory_size, maximum)
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        self.failed(error)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, Error> {
        self.allow("a table", desired, self.table_elements, maximum)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        self.failed(error)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}
