//! The identity of function types.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::{FuncType, TypeId};

/// Canonical function types of an engine. Types stay for the engine's life.
#[derive(Default)]
pub(crate) struct TypeRegistry {
    ids: HashMap<FuncType, TypeId>,
    types: Vec<FuncType>,
}

impl TypeRegistry {
    pub(crate) fn intern(&mut self, ty: &FuncType) -> TypeId {
        if let Some(id) = self.ids.get(ty) {
            return *id;
        }
        // 2^32 types need more than 2^32 bytes of modules, which no engine holds.
        let id = TypeId(self.types.len() as u32);
        self.types.push(ty.clone());
        self.ids.insert(ty.clone(), id);
        id
    }

    pub(crate) fn get(&self, id: TypeId) -> FuncType {
        self.types[id.0 as usize].clone()
    }
}
