//! Globals, seen from the host.

use crate::{
    error::Error,
    store::{AsContext, AsContextMut, StoreInner, Stored},
    types::GlobalType,
    value::Val,
};

/// A global of a store.
///
/// # Panics
/// All methods panic when used with a store that is not the global's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Global(pub(crate) Stored);

impl Global {
    /// Makes a global.
    ///
    /// # Errors
    /// If the value is not of the type.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global, Error> {
        let store = &mut store.as_context_mut().0.inner;
        let value = slots(store, &ty, value)?;
        let index = store.push_global(ty, value);
        Ok(Global(Stored::new(store, index)))
    }

    /// The type.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let store = &store.as_context().0.inner;
        store.globals.get(self.0.index(store)).ty
    }

    /// The value.
    pub fn get(&self, store: impl AsContext) -> Val {
        let store = &store.as_context().0.inner;
        let entity = store.globals.get(self.0.index(store));
        Val::from_slots(entity.ty.content, &entity.value, store)
    }

    /// Sets the value.
    ///
    /// # Errors
    /// If the global is immutable or the value not of its type.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<(), Error> {
        let store = &mut store.as_context_mut().0.inner;
        let index = self.0.index(store);
        let ty = store.globals.get(index).ty;
        if !ty.mutable {
            return Err(Error::new("immutable global cannot be set"));
        }
        store.globals.get_mut(index).value = slots(store, &ty, value)?;
        #[cfg(feature = "debug")]
        store.note_global(index);
        Ok(())
    }
}

fn slots(store: &StoreInner, ty: &GlobalType, value: Val) -> Result<[u64; 2], Error> {
    if !value.is_a(store, ty.content) {
        return Err(Error::new(message!(
            "type mismatch: the global is of type {}, the value {}",
            ty.content,
            value.ty()
        )));
    }
    let mut slots = [0; 2];
    value.to_slots(store, &mut slots);
    Ok(slots)
}
