//! Functions of a store.

use core::ptr::NonNull;

use super::InstanceEntity;
use crate::types::TypeId;

/// A function of a store; the machine reads it when a call leaves the instance or goes through a reference.
///
/// A funcref in a slot or table is the function's index in the store plus one; 0 is null.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct FuncEntity {
    /// The canonical type in the engine: what `call_indirect` compares.
    pub(crate) ty: TypeId,
    pub(crate) kind: FuncKind,
}

#[derive(Clone, Copy)]
pub(crate) enum FuncKind {
    /// Defined by a module: index among the *defined* functions of `instance`'s module.
    Wasm {
        instance: NonNull<InstanceEntity>,
        defined: u32,
    },
    /// Index into `Store::hosts`.
    Host { host: u32 },
}

// SAFETY: the pointer is to an entity that the same store owns; it travels with the store.
unsafe impl Send for FuncEntity {}
// SAFETY: as above.
unsafe impl Sync for FuncEntity {}
