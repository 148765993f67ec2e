//! Composite types: what type indices and [`TypeId`]s stand for (core specification, section 2.3 "Types").

use alloc::boxed::Box;
use core::fmt;

use super::{FuncType, HeapType, RefType, TypeId, ValType};
use crate::sync::Shared;

/// What a field of a structure, or an element of an array, stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageType {
    /// The low 8 bits of an i32.
    I8,
    /// The low 16 bits of an i32.
    I16,
    /// A value.
    Val(ValType),
}

impl StorageType {
    /// The type of its values when they are read.
    pub fn unpacked(self) -> ValType {
        match self {
            StorageType::I8 | StorageType::I16 => ValType::I32,
            StorageType::Val(ty) => ty,
        }
    }
}

impl fmt::Display for StorageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StorageType::I8 => f.write_str("i8"),
            StorageType::I16 => f.write_str("i16"),
            StorageType::Val(ty) => ty.fmt(f),
        }
    }
}

/// The type of a field of a structure, or of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldType {
    /// What is stored.
    pub storage: StorageType,
    /// Whether it can be changed.
    pub mutable: bool,
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mutable {
            true => write!(f, "(mut {})", self.storage),
            false => self.storage.fmt(f),
        }
    }
}

/// The type of a structure. Cloning shares the list of fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StructType {
    fields: Shared<[FieldType]>,
}

impl StructType {
    /// The type with these fields.
    pub fn new(fields: impl IntoIterator<Item = FieldType>) -> StructType {
        StructType {
            fields: fields.into_iter().collect(),
        }
    }

    /// The fields, in order.
    pub fn fields(&self) -> &[FieldType] {
        &self.fields
    }
}

impl fmt::Display for StructType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(struct")?;
        for field in self.fields() {
            write!(f, " (field {field})")?;
        }
        f.write_str(")")
    }
}

/// The type of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArrayType {
    /// Its elements.
    pub element: FieldType,
}

impl ArrayType {
    /// The type with these elements.
    pub fn new(element: FieldType) -> ArrayType {
        ArrayType { element }
    }
}

impl fmt::Display for ArrayType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(array {})", self.element)
    }
}

/// What a [`TypeId`] stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CompositeType {
    /// A function.
    Func(FuncType),
    /// A structure.
    Struct(StructType),
    /// An array.
    Array(ArrayType),
}

impl CompositeType {
    /// The heap type of references to it.
    pub(crate) fn heap(&self, id: TypeId) -> HeapType {
        match self {
            CompositeType::Func(_) => HeapType::ConcreteFunc(id),
            CompositeType::Struct(_) => HeapType::ConcreteStruct(id),
            CompositeType::Array(_) => HeapType::ConcreteArray(id),
        }
    }
}

impl fmt::Display for CompositeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompositeType::Func(ty) => ty.fmt(f),
            CompositeType::Struct(ty) => ty.fmt(f),
            CompositeType::Array(ty) => ty.fmt(f),
        }
    }
}

/// A member of a recursion group. References to members of the same group are relative: see `TypeId::IN_GROUP`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SubType {
    pub(crate) is_final: bool,
    pub(crate) supertype: Option<TypeId>,
    pub(crate) composite: CompositeType,
    /// The structure that describes this one, and the one that this describes (custom descriptors).
    pub(crate) descriptor: Option<TypeId>,
    pub(crate) describes: Option<TypeId>,
}

impl SubType {
    /// The same with every reference to a type replaced.
    pub(crate) fn map(&self, id: &dyn Fn(TypeId) -> TypeId) -> SubType {
        SubType {
            is_final: self.is_final,
            supertype: self.supertype.map(id),
            composite: match &self.composite {
                CompositeType::Func(ty) => {
                    let types = |types: &[ValType]| -> Box<[ValType]> {
                        types.iter().map(|ty| map_val(*ty, id)).collect()
                    };
                    CompositeType::Func(FuncType::new(types(ty.params()), types(ty.results())))
                }
                CompositeType::Struct(ty) => CompositeType::Struct(StructType::new(
                    ty.fields().iter().map(|field| map_field(*field, id)),
                )),
                CompositeType::Array(ty) => {
                    CompositeType::Array(ArrayType::new(map_field(ty.element, id)))
                }
            },
            descriptor: self.descriptor.map(id),
            describes: self.describes.map(id),
        }
    }
}

fn map_field(field: FieldType, id: &dyn Fn(TypeId) -> TypeId) -> FieldType {
    FieldType {
        storage: match field.storage {
            StorageType::Val(ty) => StorageType::Val(map_val(ty, id)),
            packed => packed,
        },
        ..field
    }
}

fn map_val(ty: ValType, id: &dyn Fn(TypeId) -> TypeId) -> ValType {
    let ValType::Ref(ty) = ty else { return ty };
    ValType::Ref(RefType {
        heap: match ty.heap {
            HeapType::ConcreteFunc(of) => HeapType::ConcreteFunc(id(of)),
            HeapType::ConcreteStruct(of) => HeapType::ConcreteStruct(id(of)),
            HeapType::ConcreteArray(of) => HeapType::ConcreteArray(id(of)),
            HeapType::ExactFunc(of) => HeapType::ExactFunc(id(of)),
            HeapType::ExactStruct(of) => HeapType::ExactStruct(id(of)),
            HeapType::ExactArray(of) => HeapType::ExactArray(id(of)),
            heap => heap,
        },
        ..ty
    })
}
