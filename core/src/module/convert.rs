//! wasmparser's types to ours.

use wasmparser::AbstractHeapType;

use crate::{
    error::Error,
    types::{GlobalType, HeapType, MemoryType, RefType, TableType, ValType},
};

pub(super) fn val_type(ty: wasmparser::ValType) -> Result<ValType, Error> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty)?),
    })
}

pub(super) fn ref_type(ty: wasmparser::RefType) -> Result<RefType, Error> {
    let heap = match ty.heap_type() {
        wasmparser::HeapType::Abstract { shared: false, ty } => match ty {
            AbstractHeapType::Func => HeapType::Func,
            AbstractHeapType::Extern => HeapType::Extern,
            AbstractHeapType::Any
            | AbstractHeapType::None
            | AbstractHeapType::NoExtern
            | AbstractHeapType::NoFunc
            | AbstractHeapType::Eq
            | AbstractHeapType::Struct
            | AbstractHeapType::Array
            | AbstractHeapType::I31 => return Err(unsupported("GC")),
            AbstractHeapType::Exn | AbstractHeapType::NoExn => {
                return Err(unsupported("exceptions"));
            }
            AbstractHeapType::Cont | AbstractHeapType::NoCont => {
                return Err(unsupported("stack switching"));
            }
        },
        wasmparser::HeapType::Abstract { shared: true, .. } => {
            return Err(unsupported("shared-everything threads"));
        }
        wasmparser::HeapType::Concrete(_) | wasmparser::HeapType::Exact(_) => {
            return Err(unsupported("typed function references"));
        }
    };
    Ok(RefType {
        nullable: ty.is_nullable(),
        heap,
    })
}

/// A type that the machine does not know yet.
fn unsupported(feature: &'static str) -> Error {
    Error::unsupported(feature, "a type of the module", None)
}

pub(super) fn global_type(ty: wasmparser::GlobalType) -> Result<GlobalType, Error> {
    Ok(GlobalType {
        content: val_type(ty.content_type)?,
        mutable: ty.mutable,
    })
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

pub(super) fn table_type(ty: wasmparser::TableType) -> Result<TableType, Error> {
    Ok(TableType {
        element: ref_type(ty.element_type)?,
        minimum: ty.initial,
        maximum: ty.maximum,
        is_64: ty.table64,
    })
}
