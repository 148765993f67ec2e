//! Handles to what instances import and export.

mod global;
mod memory;
mod table;
mod tag;

pub use global::Global;
pub use memory::{Memory, MemoryAccessError};
pub use table::Table;
pub use tag::Tag;

use crate::{
    func::Func,
    store::{AsContext, StoreInner},
    types::ExternType,
};

/// Something that can be imported and exported.
///
/// # Panics
/// Handles panic when used with a store that is not their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// A tag of exceptions.
    Tag(Tag),
}

impl Extern {
    /// The type. The minimum of a memory or table is its present size, as import matching has it.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        self.ty_in(&store.as_context().0.inner)
    }

    pub(crate) fn ty_in(self, store: &StoreInner) -> ExternType {
        match self {
            Extern::Func(func) => func.ty_in(store).into(),
            Extern::Table(table) => table.present_ty(store).into(),
            Extern::Memory(memory) => memory.present_ty(store).into(),
            Extern::Global(global) => store.globals.get(global.0.index(store)).ty.into(),
            Extern::Tag(tag) => ExternType::Tag(store.tag_type(tag.0.index(store))),
        }
    }
}

macro_rules! externs {
    ($($kind:ident $into:ident;)*) => {$(
        impl From<$kind> for Extern {
            fn from(value: $kind) -> Extern {
                Extern::$kind(value)
            }
        }
        impl Extern {
            #[doc = concat!("The ", stringify!($kind), ", if it is one.")]
            pub fn $into(self) -> Option<$kind> {
                match self {
                    Extern::$kind(value) => Some(value),
                    _ => None,
                }
            }
        }
    )*};
}

externs! {
    Func into_func;
    Table into_table;
    Memory into_memory;
    Global into_global;
    Tag into_tag;
}

/// An export of an instance.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Extern,
}

impl<'a> Export<'a> {
    /// The name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What it is.
    pub fn into_extern(self) -> Extern {
        self.value
    }
}
