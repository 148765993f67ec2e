//! Functions of a store.

use core::ptr::NonNull;

use super::InstanceEntity;
use crate::{
    bytecode::{Bank, Ty},
    types::{FuncType, TypeId, ValType},
};

/// A function of a store; the machine reads it when a call leaves the instance or goes through a reference.
///
/// A funcref in a slot or table is the function's index in the store plus one; 0 is null.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct FuncEntity {
    /// The canonical type in the engine: what `call_indirect` compares.
    pub(crate) ty: TypeId,
    pub(crate) param_slots: u32,
    pub(crate) result_slots: u32,
    /// The accumulator that a single result is returned in, unless it is a vector.
    pub(crate) result_bank: Option<Bank>,
    pub(crate) kind: FuncKind,
}

impl FuncEntity {
    pub(crate) fn new(id: TypeId, ty: &FuncType, kind: FuncKind) -> FuncEntity {
        FuncEntity {
            ty: id,
            // Validation limits both to 1,000 values; a host's types are limited by memory only.
            param_slots: ty.param_slots() as u32,
            result_slots: ty.result_slots() as u32,
            result_bank: match *ty.results() {
                [] | [ValType::V128] | [_, _, ..] => None,
                [result] => Some(Ty::of(result).bank()),
            },
            kind,
        }
    }

    /// Slots that parameters and results share at the start of a frame.
    pub(crate) fn shared_slots(&self) -> usize {
        self.param_slots.max(self.result_slots) as usize
    }
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
