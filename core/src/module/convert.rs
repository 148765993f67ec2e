//! wasmparser's types to ours.

use alloc::{boxed::Box, vec::Vec};

use wasmparser::{AbstractHeapType, CompositeInnerType, PackedIndex, UnpackedIndex, WasmFeatures};

use super::{ModuleInner, TypeEntry};
use crate::{
    error::Error,
    types::{
        ArrayType, CompositeType, FieldType, FuncType, GlobalType, HeapType, MemoryType, RefType,
        StorageType, StructType, SubType, TableType, TypeId, ValType,
    },
};

/// What the types of a module may refer to.
pub(crate) struct Types<'a> {
    pub(super) features: WasmFeatures,
    /// Those before the current recursion group.
    pub(super) known: &'a [TypeEntry],
    /// The current recursion group; empty outside of the type section.
    pub(super) group: &'a [wasmparser::SubType],
}

impl<'a> Types<'a> {
    /// For what follows the type section of a module.
    pub(crate) fn of(module: &'a ModuleInner) -> Types<'a> {
        Types {
            features: module.engine.features(),
            known: &module.types,
            group: &[],
        }
    }
}

impl Types<'_> {
    pub(crate) fn val_type(&self, ty: wasmparser::ValType) -> Result<ValType, Error> {
        Ok(match ty {
            wasmparser::ValType::I32 => ValType::I32,
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            wasmparser::ValType::V128 => ValType::V128,
            wasmparser::ValType::Ref(ty) => ValType::Ref(self.ref_type(ty)?),
        })
    }

    pub(super) fn ref_type(&self, ty: wasmparser::RefType) -> Result<RefType, Error> {
        Ok(RefType {
            nullable: ty.is_nullable(),
            heap: self.heap_type(ty.heap_type())?,
        })
    }

    pub(crate) fn heap_type(&self, ty: wasmparser::HeapType) -> Result<HeapType, Error> {
        let (index, exact) = match ty {
            wasmparser::HeapType::Abstract { shared: false, ty } => return self.abstract_type(ty),
            wasmparser::HeapType::Abstract { shared: true, .. } => {
                return Err(unsupported("shared-everything threads"));
            }
            wasmparser::HeapType::Concrete(index) => (index, false),
            wasmparser::HeapType::Exact(index) => (index, true),
        };
        if !self.features.function_references() {
            return Err(unsupported("typed function references"));
        }
        let (id, kind) = self.type_index(index)?;
        Ok(match (kind, exact) {
            (Kind::Func, false) => HeapType::ConcreteFunc(id),
            (Kind::Struct, false) => HeapType::ConcreteStruct(id),
            (Kind::Array, false) => HeapType::ConcreteArray(id),
            (Kind::Func, true) => HeapType::ExactFunc(id),
            (Kind::Struct, true) => HeapType::ExactStruct(id),
            (Kind::Array, true) => HeapType::ExactArray(id),
        })
    }

    fn abstract_type(&self, ty: AbstractHeapType) -> Result<HeapType, Error> {
        use AbstractHeapType as A;
        let heap = match ty {
            A::Func => HeapType::Func,
            A::Extern => HeapType::Extern,
            A::Any => HeapType::Any,
            A::None => HeapType::None,
            A::NoExtern => HeapType::NoExtern,
            A::NoFunc => HeapType::NoFunc,
            A::Eq => HeapType::Eq,
            A::Struct => HeapType::Struct,
            A::Array => HeapType::Array,
            A::I31 => HeapType::I31,
            A::Exn => HeapType::Exn,
            A::NoExn => HeapType::NoExn,
            A::Cont | A::NoCont => return Err(unsupported("stack switching")),
        };
        let (feature, name) = match heap {
            HeapType::Func | HeapType::Extern => return Ok(heap),
            HeapType::Exn | HeapType::NoExn => (self.features.exceptions(), "exceptions"),
            _ => (self.features.gc(), "GC"),
        };
        if feature {
            Ok(heap)
        } else {
            Err(unsupported(name))
        }
    }

    /// Identity and kind of the type that an index names. Validation has checked indices.
    fn type_index(&self, index: UnpackedIndex) -> Result<(TypeId, Kind), Error> {
        let start = self.known.len() as u32;
        let member = match index {
            UnpackedIndex::Module(index) => match self.known.get(index as usize) {
                #[cfg(feature = "gc")]
                Some(entry) => return Ok((entry.id, Kind::of_ours(&entry.def.composite))),
                #[cfg(not(feature = "gc"))]
                Some(entry) => return Ok((entry.id, Kind::Func)),
                None => index - start,
            },
            UnpackedIndex::RecGroup(member) => member,
            UnpackedIndex::Id(_) => return Err(unsupported("GC")),
        };
        match self.group.get(member as usize) {
            Some(ty) => Ok((
                TypeId::of_group(member),
                Kind::of(&ty.composite_type.inner)?,
            )),
            None => Err(unsupported("GC")),
        }
    }

    fn index(&self, index: PackedIndex) -> Result<TypeId, Error> {
        Ok(self.type_index(index.unpack())?.0)
    }

    /// The current recursion group.
    pub(super) fn sub_types(&self) -> Result<Box<[SubType]>, Error> {
        let lone_func = matches!(self.group, [ty] if ty.is_final && ty.supertype_idxs.is_empty()
            && matches!(ty.composite_type.inner, CompositeInnerType::Func(_)));
        if !lone_func && !self.features.gc() {
            return Err(unsupported("GC"));
        }
        self.group.iter().map(|ty| self.sub_type(ty)).collect()
    }

    fn sub_type(&self, ty: &wasmparser::SubType) -> Result<SubType, Error> {
        let index = |index: Option<PackedIndex>| index.map(|index| self.index(index)).transpose();
        Ok(SubType {
            is_final: ty.is_final,
            supertype: index(ty.supertype_idxs.first().copied())?,
            composite: match &ty.composite_type.inner {
                CompositeInnerType::Func(ty) => {
                    let types = |types: &[wasmparser::ValType]| -> Result<Vec<_>, Error> {
                        types.iter().map(|ty| self.val_type(*ty)).collect()
                    };
                    CompositeType::Func(FuncType::new(types(ty.params())?, types(ty.results())?))
                }
                CompositeInnerType::Struct(ty) => {
                    let fields = ty.fields.iter().map(|field| self.field_type(*field));
                    CompositeType::Struct(StructType::new(fields.collect::<Result<Vec<_>, _>>()?))
                }
                CompositeInnerType::Array(ty) => {
                    CompositeType::Array(ArrayType::new(self.field_type(ty.0)?))
                }
                CompositeInnerType::Cont(_) => return Err(unsupported("stack switching")),
            },
            descriptor: index(ty.composite_type.descriptor_idx)?,
            describes: index(ty.composite_type.describes_idx)?,
        })
    }

    fn field_type(&self, ty: wasmparser::FieldType) -> Result<FieldType, Error> {
        Ok(FieldType {
            storage: match ty.element_type {
                wasmparser::StorageType::I8 => StorageType::I8,
                wasmparser::StorageType::I16 => StorageType::I16,
                wasmparser::StorageType::Val(ty) => StorageType::Val(self.val_type(ty)?),
            },
            mutable: ty.mutable,
        })
    }

    pub(super) fn global_type(&self, ty: wasmparser::GlobalType) -> Result<GlobalType, Error> {
        Ok(GlobalType {
            content: self.val_type(ty.content_type)?,
            mutable: ty.mutable,
        })
    }

    pub(super) fn table_type(&self, ty: wasmparser::TableType) -> Result<TableType, Error> {
        Ok(TableType {
            element: self.ref_type(ty.element_type)?,
            minimum: ty.initial,
            maximum: ty.maximum,
            is_64: ty.table64,
        })
    }
}

/// What a type index stands for.
enum Kind {
    Func,
    Struct,
    Array,
}

impl Kind {
    fn of(ty: &CompositeInnerType) -> Result<Kind, Error> {
        Ok(match ty {
            CompositeInnerType::Func(_) => Kind::Func,
            CompositeInnerType::Struct(_) => Kind::Struct,
            CompositeInnerType::Array(_) => Kind::Array,
            CompositeInnerType::Cont(_) => return Err(unsupported("stack switching")),
        })
    }

    fn of_ours(ty: &CompositeType) -> Kind {
        match ty {
            CompositeType::Func(_) => Kind::Func,
            CompositeType::Struct(_) => Kind::Struct,
            CompositeType::Array(_) => Kind::Array,
        }
    }
}

/// A type that this engine does not know, or that is switched off.
fn unsupported(feature: &'static str) -> Error {
    Error::unsupported(feature, "a type of the module", None)
}

pub(super) fn memory_type(ty: wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        minimum: ty.initial,
        maximum: ty.maximum,
        is_64: ty.memory64,
        shared: ty.shared,
        // Validation allows 0 and 16.
        page_size_log2: ty.page_size_log2() as u8,
    }
}
