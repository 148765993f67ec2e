//! Imports by name.

use alloc::{boxed::Box, string::String, vec::Vec};

use crate::{
    engine::Engine,
    error::Error,
    externs::Extern,
    func::{Caller, Func, IntoFunc, dynamic},
    instance::{Instance, unknown_import},
    map::Map,
    module::{ImportEntry, Module},
    store::{AsContext, AsContextMut, HostFn, Store},
    sync::Shared,
    types::FuncType,
    value::Val,
};

/// Definitions by two names, for stores with data of type `T`.
///
/// Host functions defined here are of no store yet: one linker can serve many stores. Everything else
/// belongs to the store it was made in.
pub struct Linker<T> {
    engine: Engine,
    allow_shadowing: bool,
    /// By bytes, as names of imports are compared.
    modules: Names<Names<Definition<T>>>,
}

type Names<T> = Map<Box<[u8]>, T>;

enum Definition<T> {
    Extern(Extern),
    Host(FuncType, Shared<HostFn<T>>),
}

impl<T> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Definition::Extern(value) => Definition::Extern(*value),
            Definition::Host(ty, func) => Definition::Host(ty.clone(), func.clone()),
        }
    }
}

impl<T> Definition<T> {
    /// The definition in a store.
    fn get(&self, store: &mut Store<T>) -> Extern {
        match self {
            Definition::Extern(value) => *value,
            Definition::Host(ty, func) => Func::shared_host(store, ty, func).into(),
        }
    }
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Linker {
            engine: self.engine.clone(),
            allow_shadowing: self.allow_shadowing,
            modules: self.modules.clone(),
        }
    }
}

impl<T> core::fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let text = String::from_utf8_lossy;
        let names = self.modules.iter().map(|(module, items)| {
            let items: Vec<_> = items.keys().map(|name| text(name)).collect();
            (text(module), items)
        });
        f.debug_map().entries(names).finish()
    }
}

impl<T> Linker<T> {
    /// An empty linker.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker {
            engine: engine.clone(),
            allow_shadowing: false,
            modules: Map::new(),
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a definition may replace one of the same names. Default: no, it is an error.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    fn insert(
        &mut self,
        module: &str,
        name: &str,
        definition: Definition<T>,
    ) -> Result<&mut Self, Error> {
        if !self.allow_shadowing && self.find(module.as_bytes(), name.as_bytes()).is_some() {
            return Err(Error::link(message!(
                "import of `{}::{}` defined twice",
                Box::<str>::from(module),
                Box::<str>::from(name)
            )));
        }
        match self.modules.get_mut(module.as_bytes()) {
            Some(items) => {
                items.insert(name.as_bytes().into(), definition);
            }
            None => {
                let mut items = Map::new();
                items.insert(name.as_bytes().into(), definition);
                self.modules.insert(module.as_bytes().into(), items);
            }
        }
        Ok(self)
    }

    /// Defines something that is in a store.
    ///
    /// # Errors
    /// If the names are taken.
    ///
    /// # Panics
    /// If `item` is of another store.
    pub fn define(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Self, Error> {
        let item = item.into();
        item.ty(store);
        self.insert(module, name, Definition::Extern(item))
    }

    /// Defines a host function; see [`Func::new`].
    ///
    /// # Errors
    /// If the names are taken.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        let func = dynamic(&ty, func);
        self.insert(module, name, Definition::Host(ty, func))
    }

    /// Defines a host function; see [`Func::wrap`].
    ///
    /// # Errors
    /// If the names are taken.
    pub fn func_wrap<Params, Results>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Result<&mut Self, Error> {
        let (ty, func) = func.wrap();
        self.insert(module, name, Definition::Host(ty, func))
    }

    /// Defines all exports of an instance under a module name.
    ///
    /// # Errors
    /// If one of the names is taken.
    pub fn instance(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self, Error> {
        let store = store.as_context();
        for export in instance.exports(&store) {
            self.insert(
                module,
                export.name(),
                Definition::Extern(export.into_extern()),
            )?;
        }
        Ok(self)
    }

    /// Gives all definitions of a module name a second one.
    ///
    /// # Errors
    /// If one of the names is taken.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<&mut Self, Error> {
        let items = self
            .modules
            .get(module.as_bytes())
            .cloned()
            .unwrap_or_default();
        for (name, definition) in items {
            self.insert(
                as_module,
                core::str::from_utf8(&name).unwrap_or_default(),
                definition,
            )?;
        }
        Ok(self)
    }

    /// Defines every function that the module imports and nobody has defined, to fail when it is called.
    ///
    /// # Errors
    /// None at present.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<&mut Self, Error> {
        for import in module.imports() {
            let (from, name) = (import.module(), import.name());
            let Some(ty) = import.ty.func() else { continue };
            if self.find(from.as_bytes(), name.as_bytes()).is_some() {
                continue;
            }
            // (Messages are not for other threads where types are counted without atomics.)
            let (of, called) = (Box::<str>::from(from), Box::<str>::from(name));
            let func = dynamic(ty, move |_, _, _| {
                Err(Error::link(message!(
                    "unknown import: `{}::{}` has not been defined",
                    &of,
                    &called
                )))
            });
            self.insert(from, name, Definition::Host(ty.clone(), func))?;
        }
        Ok(self)
    }

    fn find(&self, module: &[u8], name: &[u8]) -> Option<&Definition<T>> {
        self.modules.get(module)?.get(name)
    }

    /// What is defined under these names. A host function becomes a function of the store, always the
    /// same one.
    pub fn get(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
        name: &str,
    ) -> Option<Extern> {
        Some(
            self.find(module.as_bytes(), name.as_bytes())?
                .get(store.as_context_mut().0),
        )
    }

    /// Instantiates a module with its imports from here, and runs its start function.
    ///
    /// # Errors
    /// [`Link`](crate::ErrorKind::Link) if an import is not defined; otherwise as [`Instance::new`].
    ///
    /// # Panics
    /// If a definition is of another store.
    pub fn instantiate(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance, Error> {
        let imports = self.imports(store.as_context_mut().0, module)?;
        Instance::new(store, module, &imports)
    }

    /// Instantiates a module without running its start function; see [`Instance::new_unstarted`].
    ///
    /// # Errors
    /// As for [`instantiate`](Self::instantiate).
    ///
    /// # Panics
    /// If a definition is of another store.
    #[cfg(feature = "debug")]
    pub fn instantiate_unstarted(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance, Error> {
        let imports = self.imports(store.as_context_mut().0, module)?;
        Instance::new_unstarted(store, module, &imports)
    }

    /// What is here for a module's imports.
    fn imports(&self, store: &mut Store<T>, module: &Module) -> Result<Vec<Extern>, Error> {
        let inner = module.inner();
        let find = |import: &ImportEntry| {
            self.find(inner.slice(&import.module), inner.slice(&import.name))
        };
        // All are looked up first: a missing one leaves nothing behind in the store.
        for import in inner.imports.iter(inner, 0) {
            if find(&import).is_none() {
                return Err(unknown_import(inner, &import));
            }
        }
        let mut imports = Vec::with_capacity(inner.imports.len() as usize);
        for import in inner.imports.iter(inner, 0) {
            imports.extend(find(&import).map(|definition| definition.get(store)));
        }
        Ok(imports)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::{GlobalType, Memory, MemoryType, Table, TableType, types::RefType};

    fn setup(wat: &str) -> (Store<()>, Linker<()>, Module) {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
        (Store::new(&engine, ()), Linker::new(&engine), module)
    }

    #[test]
    fn missing_and_mismatched_imports_say_so() {
        let (mut store, mut linker, module) =
            setup(r#"(module (import "a" "b" (func (param i32))))"#);
        let error = linker.instantiate(&mut store, &module).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown import: `a::b` has not been defined"
        );
        linker.func_wrap("a", "b", || 1i64).unwrap();
        let error = linker.instantiate(&mut store, &module).unwrap_err();
        assert_eq!(
            error.to_string(),
            "incompatible import type for `a::b`: expected (func (param i32)), found (func (result i64))"
        );
        assert!(linker.func_wrap("a", "b", |_: i32| ()).is_err());
        linker
            .allow_shadowing(true)
            .func_wrap("a", "b", |_: i32| ())
            .unwrap();
        linker.instantiate(&mut store, &module).unwrap();
    }

    #[test]
    fn sizes_at_the_time_of_linking_count() {
        let (mut store, mut linker, module) = setup(r#"(module (import "a" "m" (memory 2 4)))"#);
        let memory = Memory::new(&mut store, MemoryType::new(1, Some(4))).unwrap();
        linker.define(&store, "a", "m", memory).unwrap();
        assert!(linker.instantiate(&mut store, &module).is_err());
        memory.grow(&mut store, 1).unwrap();
        linker.instantiate(&mut store, &module).unwrap();
    }

    #[test]
    fn exports_of_instances_are_defined_and_aliased() {
        let (mut store, mut linker, module) =
            setup(r#"(module (memory (export "m") 1) (global (export "g") i32 (i32.const 7)))"#);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        linker.instance(&store, "x", instance).unwrap();
        linker.alias_module("x", "y").unwrap();
        assert_eq!(
            linker.get(&mut store, "y", "m"),
            instance.get_export(&store, "m")
        );
        let importer =
            wat::parse_str(r#"(module (import "y" "g" (global i32)) (export "g" (global 0)))"#);
        let importer = Module::new(store.engine(), importer.unwrap()).unwrap();
        let importer = linker.instantiate(&mut store, &importer).unwrap();
        let global = importer.get_global(&store, "g").unwrap();
        assert_eq!(global.get(&store).i32(), Some(7));
        assert_eq!(
            global.ty(&store),
            GlobalType::new(crate::ValType::I32, false)
        );
    }

    #[test]
    fn a_host_function_is_added_to_a_store_once() {
        let (mut store, mut linker, module) =
            setup(r#"(module (import "a" "f" (func)) (import "b" "f" (func)) (func))"#);
        linker.func_wrap("a", "f", || ()).unwrap();
        linker.alias_module("a", "b").unwrap();
        let func = linker.get(&mut store, "a", "f");
        for count in 1..10 {
            linker.clone().instantiate(&mut store, &module).unwrap();
            assert_eq!((store.hosts.len(), store.inner.funcs.len()), (1, 1 + count));
        }
        assert_eq!(linker.get(&mut store, "b", "f"), func);
        // Another definition of these names is another function, as it is in another store.
        linker
            .allow_shadowing(true)
            .func_wrap("a", "f", || ())
            .unwrap();
        assert_ne!(linker.get(&mut store, "a", "f"), func);
        assert_eq!(linker.get(&mut store, "b", "f"), func);
        let mut other = Store::new(linker.engine(), ());
        linker.instantiate(&mut other, &module).unwrap();
        assert_eq!(other.hosts.len(), 2);
    }

    #[test]
    fn unknown_functions_can_be_stubbed() {
        let (mut store, mut linker, module) =
            setup(r#"(module (import "a" "f" (func)) (import "a" "t" (table 1 funcref)))"#);
        linker.define_unknown_imports_as_traps(&module).unwrap();
        let error = linker.instantiate(&mut store, &module).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown import: `a::t` has not been defined"
        );
        let ty = TableType::new(RefType::FUNCREF, 1, None);
        let table = Table::new(&mut store, ty, crate::Ref::Func(None)).unwrap();
        linker.define(&store, "a", "t", table).unwrap();
        linker.instantiate(&mut store, &module).unwrap();
    }
}
