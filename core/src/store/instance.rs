//! Instances: a module's index spaces resolved to entities of a store.

use alloc::{boxed::Box, vec::Vec};
use core::ptr::NonNull;

use super::{GlobalEntity, MemoryEntity, TableEntity};
use crate::module::Module;

/// One instance. Index spaces are those of the module, imports first.
pub(crate) struct InstanceEntity {
    /// Its own index in the store.
    pub(crate) index: u32,
    pub(crate) module: Module,
    /// Indices into `StoreInner::funcs`: of all functions, or of the imported ones where `referenced` has the others.
    pub(crate) funcs: Vec<u32>,
    pub(crate) referenced: Referenced,
    /// Entities of the store, as addresses for the machine.
    pub(crate) globals: Vec<NonNull<GlobalEntity>>,
    pub(crate) memories: Vec<NonNull<MemoryEntity>>,
    pub(crate) tables: Vec<NonNull<TableEntity>>,
    /// Indices into `StoreInner::tags`.
    pub(crate) tags: Vec<u32>,
    /// Evaluated element segments; emptied by `elem.drop` and after an active segment was applied.
    pub(crate) elements: Vec<Box<[u64]>>,
    /// Whether `data.drop` (or instantiation, for active segments) has emptied each data segment.
    pub(crate) dropped_data: Vec<bool>,
}

/// Functions that a module defines and that can be referred to: its others are only called by their number, so that
/// chips need no RAM for them.
#[derive(Default)]
pub(crate) struct Referenced {
    /// Their indices in the module, ascending.
    pub(crate) indices: Vec<u32>,
    /// The first one's in the store, where the others follow.
    pub(crate) first: u32,
}

impl Referenced {
    /// The index in the store of the function with this index in the module, of which `funcs` has the first ones.
    pub(crate) fn find(&self, funcs: &[u32], index: u32) -> Option<u32> {
        if let Some(func) = funcs.get(index as usize) {
            return Some(*func);
        }
        let found = self.indices.binary_search(&index).ok()?;
        Some(self.first + found as u32)
    }
}

impl InstanceEntity {
    /// The index in the store of a function that is imported or can be referred to. (Others are named by damaged
    /// images only, and have none.)
    pub(crate) fn func(&self, index: u32) -> Option<u32> {
        self.referenced.find(&self.funcs, index)
    }

    /// An instance with empty index spaces, to be filled by instantiation.
    pub(crate) fn new(index: u32, module: Module) -> InstanceEntity {
        InstanceEntity {
            index,
            module,
            funcs: Vec::new(),
            referenced: Referenced::default(),
            globals: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            tags: Vec::new(),
            elements: Vec::new(),
            dropped_data: Vec::new(),
        }
    }

    /// The bytes of a data segment; none once it was dropped.
    pub(crate) fn data(&self, segment: u32) -> &[u8] {
        if self.dropped_data[segment as usize] {
            return &[];
        }
        let module = self.module.inner();
        let segment = module.data.get(module, segment);
        segment.map_or(&[], |segment| module.slice(&segment.bytes))
    }
}

// SAFETY: the pointers are to entities of the store that owns this instance; they travel with it.
// (Where `Shared` is not threadsafe, modules are not either, and nothing is claimed.)
#[cfg(target_has_atomic = "ptr")]
unsafe impl Send for InstanceEntity {}
// SAFETY: as above.
#[cfg(target_has_atomic = "ptr")]
unsafe impl Sync for InstanceEntity {}
