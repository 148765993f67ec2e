//! What an instance has, by its index in the module: all of it, not only what is exported.

use crate::{
    externs::{Global, Memory, Table},
    instance::Instance,
    store::{AsContext, Stored},
};

macro_rules! spaces {
    ($($(#[$doc:meta])* $method:ident $list:ident $Handle:ident;)*) => {
        impl Instance {$(
            $(#[$doc])*
            pub fn $method(&self, store: impl AsContext, index: u32) -> Option<$Handle> {
                let store = &store.as_context().0.inner;
                let instance = store.instances.get(self.0.index(store));
                let found = instance.$list.get(index as usize)?;
                // SAFETY: entities live as long as their store, which nobody has mutably.
                let index = unsafe { found.as_ref() }.index;
                Some($Handle(Stored::new(store, index)))
            }
        )*}
    };
}

spaces! {
    /// The memory with this index (imports count).
    memory_at memories Memory;
    /// The global with this index.
    global_at globals Global;
    /// The table with this index.
    table_at tables Table;
}
