//! Lists of what modules consist of: as parsing collected them, or as records in an image, which are read where they
//! lie each time. So images take no RAM for them, and builds without `compiler` no code that builds them.

#[cfg(feature = "compiler")]
use alloc::vec::Vec;
use core::marker::PhantomData;

use super::{ModuleInner, TypeEntry};
use crate::image::{u16_at, u32_at};

/// What lists in images are made of.
pub(crate) trait Record: Clone {
    /// Bytes that each takes.
    const BYTES: u32;

    /// What the fields say; `None` if that is nothing.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

/// The fields of a record, in their order. Beyond the image's end all are 0.
pub(crate) struct Fields<'m> {
    image: &'m [u8],
    at: usize,
    /// The module's types, for fields that name one.
    pub(crate) types: &'m [TypeEntry],
}

impl Fields<'_> {
    pub(crate) fn u16(&mut self) -> u16 {
        self.at += 2;
        u16_at(self.image, self.at - 2)
    }

    pub(crate) fn u32(&mut self) -> u32 {
        self.at += 4;
        u32_at(self.image, self.at - 4)
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from(self.u32()) | u64::from(self.u32()) << 32
    }
}

/// One of them.
pub(crate) enum List<T> {
    #[cfg(feature = "compiler")]
    Collected(Vec<T>),
    /// So many records from this offset of the image on.
    InImage {
        at: u32,
        len: u32,
        of: PhantomData<fn() -> T>,
    },
}

impl<T: Record> List<T> {
    /// The list of an image, which has room for it.
    pub(crate) fn in_image(at: u32, len: u32) -> List<T> {
        List::InImage {
            at,
            len,
            of: PhantomData,
        }
    }

    pub(crate) fn len(&self) -> u32 {
        match self {
            #[cfg(feature = "compiler")]
            List::Collected(items) => items.len() as u32,
            List::InImage { len, .. } => *len,
        }
    }

    /// The item of this number in the module's list; `None` if there is none, or damage.
    pub(crate) fn get(&self, module: &ModuleInner, index: u32) -> Option<T> {
        match self {
            #[cfg(feature = "compiler")]
            List::Collected(items) => items.get(index as usize).cloned(),
            List::InImage { at, len, .. } => {
                if index >= *len {
                    return None;
                }
                T::read(&mut Fields {
                    image: &module.bytes,
                    at: (*at + index * T::BYTES) as usize,
                    types: &module.types,
                })
            }
        }
    }

    /// All from the one of this number on, up to damage.
    pub(crate) fn iter<'m>(
        &'m self,
        module: &'m ModuleInner,
        from: u32,
    ) -> impl Iterator<Item = T> + 'm {
        (from..self.len()).map_while(move |index| self.get(module, index))
    }
}

impl<T> Default for List<T> {
    fn default() -> List<T> {
        #[cfg(feature = "compiler")]
        return List::Collected(Vec::new());
        #[cfg(not(feature = "compiler"))]
        List::InImage {
            at: 0,
            len: 0,
            of: PhantomData,
        }
    }
}

#[cfg(feature = "compiler")]
impl<T> List<T> {
    /// Adds to a list that parsing collects.
    pub(crate) fn push(&mut self, item: T) {
        if let List::Collected(items) = self {
            items.push(item);
        }
    }
}
