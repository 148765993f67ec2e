//! Tags of exceptions, seen from the host.

use crate::{
    error::Error,
    store::{AsContext, AsContextMut, Stored},
    types::FuncType,
};

/// A tag of a store: what tells one kind of exception from another.
///
/// # Panics
/// All methods panic when used with a store that is not the tag's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag(pub(crate) Stored);

impl Tag {
    /// Makes a tag, different from all others, for exceptions that carry the parameters of this type.
    ///
    /// # Errors
    /// If the type has results.
    pub fn new(mut store: impl AsContextMut, ty: &FuncType) -> Result<Tag, Error> {
        if !ty.results().is_empty() {
            return Err(Error::new("exceptions have no results"));
        }
        let store = &mut store.as_context_mut().0.inner;
        let id = store.engine.intern(ty);
        let index = store.push_tag(id);
        Ok(Tag(Stored::new(store, index)))
    }

    /// The type whose parameters its exceptions carry.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = &store.as_context().0.inner;
        store.tag_type(self.0.index(store))
    }
}
