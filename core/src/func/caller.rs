//! What a host function sees of its caller.

use crate::{
    engine::Engine,
    error::Error,
    externs::Extern,
    instance::Instance,
    store::{Store, Stored},
};

/// The store and the calling instance, as a host function gets them.
pub struct Caller<'a, T> {
    pub(crate) store: &'a mut Store<T>,
    instance: Option<u32>,
}

impl<'a, T> Caller<'a, T> {
    /// For a call from this instance, or from the host.
    pub(crate) fn new(store: &'a mut Store<T>, instance: Option<u32>) -> Caller<'a, T> {
        Caller { store, instance }
    }

    pub(crate) fn reborrow(&mut self) -> Caller<'_, T> {
        Caller {
            store: self.store,
            instance: self.instance,
        }
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.store.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.store.data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }

    /// The calling instance; `None` if the host called the function itself.
    pub fn instance(&self) -> Option<Instance> {
        self.instance
            .map(|index| Instance(Stored::new(&self.store.inner, index)))
    }

    /// An export of the calling instance.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        self.instance()?.export(&self.store.inner, name)
    }

    /// As [`Store::get_fuel`].
    ///
    /// # Errors
    /// If the engine does not meter.
    pub fn get_fuel(&self) -> Result<u64, Error> {
        self.store.get_fuel()
    }

    /// As [`Store::set_fuel`].
    ///
    /// # Errors
    /// If the engine does not meter.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.store.set_fuel(fuel)
    }
}
