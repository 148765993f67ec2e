//! What the public handles are made of.

use super::StoreInner;

/// An index into one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stored {
    store: u64,
    index: u32,
}

impl Stored {
    pub(crate) fn new(store: &StoreInner, index: u32) -> Stored {
        Stored {
            store: store.id,
            index,
        }
    }

    /// The index, of a handle that is known to be the store's.
    #[cfg(feature = "debug")]
    pub(crate) fn number(self) -> u32 {
        self.index
    }

    /// The index.
    ///
    /// # Panics
    /// If the handle belongs to another store: a mistake of the embedder that no guest can cause.
    #[track_caller]
    pub(crate) fn index(self, store: &StoreInner) -> u32 {
        assert!(self.store == store.id, "object used with the wrong store");
        self.index
    }
}
