//! Where structures and arrays keep their fields.

use alloc::{boxed::Box, vec::Vec};

use crate::types::{CompositeType, FieldType, HeapType, StorageType, ValType};

/// Bytes of an object's header, in front of its fields.
pub(crate) const HEADER_BYTES: u32 = 8;

/// How a field is stored, and what its slot looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FieldKind {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
    V128,
    /// A reference that the collector follows: the low half of its slot.
    Ref,
    /// A reference to a function: the low half of its slot, where null is 0.
    Func,
}

impl FieldKind {
    pub(crate) fn of(ty: FieldType) -> FieldKind {
        match ty.storage {
            StorageType::I8 => FieldKind::I8,
            StorageType::I16 => FieldKind::I16,
            StorageType::Val(ValType::I32) => FieldKind::I32,
            StorageType::Val(ValType::I64) => FieldKind::I64,
            StorageType::Val(ValType::F32) => FieldKind::F32,
            StorageType::Val(ValType::F64) => FieldKind::F64,
            StorageType::Val(ValType::V128) => FieldKind::V128,
            StorageType::Val(ValType::Ref(ty)) => match ty.heap.top() {
                HeapType::Func => FieldKind::Func,
                _ => FieldKind::Ref,
            },
        }
    }

    pub(crate) fn bytes(self) -> u32 {
        match self {
            FieldKind::I8 => 1,
            FieldKind::I16 => 2,
            FieldKind::I32 | FieldKind::F32 | FieldKind::Ref | FieldKind::Func => 4,
            FieldKind::I64 | FieldKind::F64 => 8,
            FieldKind::V128 => 16,
        }
    }

    /// Slots that its values take.
    pub(crate) fn slots(self) -> usize {
        1 + usize::from(self == FieldKind::V128)
    }
}

/// A field of a structure; its offset in bytes counts the header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) at: u32,
    pub(crate) kind: FieldKind,
}

/// Where objects of a type keep what.
#[derive(Debug)]
pub(crate) enum Layout {
    /// Functions are not on the heap.
    Func,
    Struct {
        /// Size of the object with its header, in words of 8 bytes.
        words: u32,
        fields: Box<[Field]>,
        /// Offsets of the references that the collector follows.
        refs: Box<[u32]>,
    },
    /// The elements follow the header.
    Array(FieldKind),
}

impl Layout {
    pub(crate) fn of(ty: &CompositeType) -> Layout {
        match ty {
            CompositeType::Func(_) => Layout::Func,
            CompositeType::Array(ty) => Layout::Array(FieldKind::of(ty.element)),
            CompositeType::Struct(ty) => {
                // In order, so that a subtype's first fields lie where its supertype's do.
                let mut end = HEADER_BYTES;
                let fields: Vec<Field> = ty
                    .fields()
                    .iter()
                    .map(|field| {
                        let kind = FieldKind::of(*field);
                        let at = end.next_multiple_of(kind.bytes().min(8));
                        end = at + kind.bytes();
                        Field { at, kind }
                    })
                    .collect();
                let refs = fields.iter().filter(|field| field.kind == FieldKind::Ref);
                Layout::Struct {
                    words: end.div_ceil(8),
                    refs: refs.map(|field| field.at).collect(),
                    fields: fields.into(),
                }
            }
        }
    }

    /// The fields of a structure.
    pub(crate) fn fields(&self) -> &[Field] {
        match self {
            Layout::Struct { fields, .. } => fields,
            _ => &[],
        }
    }

    /// Offset of an object's reference number `i` that the collector follows; arrays are of `len` elements.
    pub(crate) fn reference(&self, i: u32, len: u32) -> Option<u32> {
        match self {
            Layout::Struct { refs, .. } => refs.get(i as usize).copied(),
            Layout::Array(FieldKind::Ref) if i < len => HEADER_BYTES.checked_add(i.checked_mul(4)?),
            _ => None,
        }
    }

    /// The elements of an array.
    pub(crate) fn element(&self) -> FieldKind {
        match self {
            Layout::Array(kind) => *kind,
            _ => FieldKind::I8,
        }
    }
}
