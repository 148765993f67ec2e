//! The identity of types: iso-recursive equality (core specification, section 3.3 "Types").
//!
//! A recursion group is equal to another if they look alike, with references between their own members told by
//! position and all others by identity. So a group is looked up as it is written, and its members get ids in a row.

use alloc::{boxed::Box, vec::Vec};

use super::{CompositeType, FuncType, SubType, TypeId};
use crate::{map::Map, store::Layout, sync::Shared};

/// A canonical type of an engine.
#[derive(Debug)]
pub(crate) struct TypeDef {
    /// From the root of its hierarchy down to itself.
    pub(crate) chain: Box<[TypeId]>,
    pub(crate) composite: CompositeType,
    /// The type of the structure that describes those of this one, which each has.
    pub(crate) descriptor: Option<TypeId>,
    /// Where structures and arrays keep what.
    pub(crate) layout: Layout,
}

impl TypeDef {
    /// Whether a value of this type is one of type `other`, which is of the engine too.
    #[inline]
    pub(crate) fn is_a(&self, other: TypeId, other_depth: usize) -> bool {
        self.chain.get(other_depth) == Some(&other)
    }
}

/// Canonical types of an engine. Types stay for the engine's life. Without `gc` they are those of functions, which are
/// equal if they look alike.
#[cfg(not(feature = "gc"))]
#[derive(Default)]
pub(crate) struct TypeRegistry {
    /// By type, where there may be many.
    #[cfg(feature = "compiler")]
    funcs: Map<FuncType, TypeId>,
    types: Vec<CompositeType>,
}

#[cfg(not(feature = "gc"))]
impl TypeRegistry {
    pub(crate) fn intern(&mut self, ty: &FuncType) -> TypeId {
        #[cfg(feature = "compiler")]
        if let Some(id) = self.funcs.get(ty) {
            return *id;
        }
        let id = self.intern_composite(&CompositeType::Func(ty.clone()));
        #[cfg(feature = "compiler")]
        self.funcs.insert(ty.clone(), id);
        id
    }

    /// The id of a final type in a group of its own.
    pub(crate) fn intern_composite(&mut self, ty: &CompositeType) -> TypeId {
        let found = self.types.iter().position(|known| known == ty);
        let id = found.unwrap_or_else(|| {
            self.types.push(ty.clone());
            self.types.len() - 1
        });
        TypeId(id as u32)
    }

    pub(crate) fn composite(&self, id: TypeId) -> &CompositeType {
        &self.types[id.0 as usize]
    }

    pub(crate) fn is_a(&self, id: TypeId, other: TypeId) -> bool {
        id == other
    }

    /// The function type of an id; one without parameters and results if it is of another kind.
    pub(crate) fn func(&self, id: TypeId) -> FuncType {
        match self.composite(id) {
            CompositeType::Func(ty) => ty.clone(),
            _ => FuncType::empty(),
        }
    }
}

/// Canonical types of an engine. Types stay for the engine's life.
#[cfg(feature = "gc")]
#[derive(Default)]
pub(crate) struct TypeRegistry {
    /// First id by group.
    groups: Map<Box<[SubType]>, u32>,
    /// The same of groups of one function type without relations, the most frequent ones.
    funcs: Map<FuncType, TypeId>,
    types: Vec<Shared<TypeDef>>,
}

#[cfg(feature = "gc")]
impl TypeRegistry {
    /// The id of a final function type in a group of its own.
    pub(crate) fn intern(&mut self, ty: &FuncType) -> TypeId {
        if let Some(id) = self.funcs.get(ty) {
            return *id;
        }
        let id = self.intern_new(Box::new([SubType {
            is_final: true,
            supertype: None,
            composite: CompositeType::Func(ty.clone()),
            descriptor: None,
            describes: None,
        }]));
        self.funcs.insert(ty.clone(), id);
        id
    }

    /// The id of the first member of a group; those of the others follow. Other types in it are canonical.
    pub(crate) fn intern_group(&mut self, group: Box<[SubType]>) -> TypeId {
        self.intern_new(group)
    }

    /// The same of one that is not among `funcs`.
    fn intern_new(&mut self, group: Box<[SubType]>) -> TypeId {
        if let Some(first) = self.groups.get(&group) {
            return TypeId(*first);
        }
        // 2^30 types need more than 2^30 bytes of modules, which no engine holds.
        let first = self.types.len() as u32;
        let absolute = |id: TypeId| match id.in_group() {
            Some(member) => TypeId(first + member),
            None => id,
        };
        for (id, member) in (first..).zip(&group) {
            let member = member.map(&absolute);
            let mut chain: Vec<TypeId> = match member.supertype {
                Some(supertype) => self.types[supertype.0 as usize].chain.to_vec(),
                None => Vec::new(),
            };
            chain.push(TypeId(id));
            self.types.push(Shared::new(TypeDef {
                chain: chain.into(),
                layout: Layout::of(&member.composite),
                composite: member.composite,
                descriptor: member.descriptor,
            }));
        }
        self.groups.insert(group, first);
        TypeId(first)
    }

    pub(crate) fn composite(&self, id: TypeId) -> &CompositeType {
        &self.get(id).composite
    }

    pub(crate) fn get(&self, id: TypeId) -> &Shared<TypeDef> {
        &self.types[id.0 as usize]
    }

    /// All types from this number on.
    pub(crate) fn since(&self, from: usize) -> &[Shared<TypeDef>] {
        &self.types[from..]
    }

    pub(crate) fn is_a(&self, id: TypeId, other: TypeId) -> bool {
        let depth = self.types[other.0 as usize].chain.len() - 1;
        self.types[id.0 as usize].is_a(other, depth)
    }

    /// The function type of an id; one without parameters and results if it is of another kind.
    pub(crate) fn func(&self, id: TypeId) -> FuncType {
        match &self.get(id).composite {
            CompositeType::Func(ty) => ty.clone(),
            _ => FuncType::empty(),
        }
    }
}
