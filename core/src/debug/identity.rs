//! What a snapshot must find in a store: the same modules, functions and types.

use alloc::vec::Vec;

use crate::{
    encoding::{Reader, checksum, put, put_list},
    error::Error,
    module::Module,
    store::{FuncKind, StoreInner, TypeNumbers},
    types::TypeDef,
};

/// The modules of a store's instances, and its functions, in the order of their numbers.
pub(super) struct Identity {
    modules: Modules,
    funcs: Vec<FuncRun>,
}

enum Modules {
    /// Of this process.
    Here(Vec<Module>),
    /// As bytes name them.
    Named(Vec<Name>),
}

/// Length and checksum of a module's bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name {
    len: u32,
    checksum: u32,
}

impl Name {
    fn of(module: &Module) -> Name {
        let bytes = &module.inner().bytes;
        Name {
            len: bytes.len() as u32,
            checksum: checksum(bytes),
        }
    }
}

/// Functions in a row.
#[derive(Clone, Copy)]
struct FuncRun {
    kind: Kind,
    count: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Host,
    /// Those that an instance's module defines, from this one on.
    Wasm {
        instance: u32,
        defined: u32,
    },
}

impl Kind {
    fn of(kind: FuncKind) -> Kind {
        match kind {
            FuncKind::Host { .. } => Kind::Host,
            FuncKind::Wasm { instance, defined } => Kind::Wasm {
                // SAFETY: instances live as long as their store, which the caller has.
                instance: unsafe { instance.as_ref() }.index,
                defined,
            },
        }
    }

    /// The kind of the function that is so many behind one of this kind.
    fn behind(self, count: u32) -> Kind {
        match self {
            Kind::Host => Kind::Host,
            Kind::Wasm { instance, defined } => Kind::Wasm {
                instance,
                defined: defined.wrapping_add(count),
            },
        }
    }
}

fn modules_of(store: &StoreInner) -> impl Iterator<Item = &Module> {
    (0..store.instances.len() as u32).map(|i| &store.instances.get(i).module)
}

impl Identity {
    pub(super) fn of(store: &StoreInner) -> Identity {
        let mut funcs: Vec<FuncRun> = Vec::new();
        for func in &store.funcs {
            let kind = Kind::of(func.kind);
            match funcs.last_mut() {
                Some(run) if run.kind.behind(run.count) == kind => run.count += 1,
                _ => funcs.push(FuncRun { kind, count: 1 }),
            }
        }
        Identity {
            modules: Modules::Here(modules_of(store).cloned().collect()),
            funcs,
        }
    }

    /// Whether it is just this store's.
    pub(super) fn is_of(&self, store: &StoreInner) -> bool {
        let count: u64 = self.funcs.iter().map(|run| u64::from(run.count)).sum();
        self.has_modules_of(store) && count == store.funcs.len() as u64
    }

    /// Whether the modules are those of the store, and not only look like them.
    pub(super) fn has_modules_of(&self, store: &StoreInner) -> bool {
        match &self.modules {
            Modules::Named(_) => false,
            Modules::Here(modules) => {
                let same = |(a, b): (&Module, &Module)| Module::same(a, b);
                modules.len() == store.instances.len()
                    && modules.iter().zip(modules_of(store)).all(same)
            }
        }
    }

    /// Compares it with a store.
    ///
    /// # Errors
    /// What differs.
    pub(super) fn check(&self, store: &StoreInner) -> Result<(), Error> {
        let count = match &self.modules {
            Modules::Here(modules) => modules.len(),
            Modules::Named(names) => names.len(),
        };
        if count != store.instances.len() {
            return Err(Error::new(message!(
                "the snapshot is of another store: it had {} instances, this one has {}",
                count,
                store.instances.len()
            )));
        }
        // (One module may have many instances.)
        let mut known: Option<(&Module, Name)> = None;
        for (i, module) in modules_of(store).enumerate() {
            let was = match &self.modules {
                Modules::Here(modules) if Module::same(&modules[i], module) => continue,
                Modules::Here(modules) => Name::of(&modules[i]),
                Modules::Named(names) => names[i],
            };
            let is = match known {
                Some((other, name)) if Module::same(other, module) => name,
                _ => Name::of(module),
            };
            known = Some((module, is));
            if was != is {
                return Err(Error::new(message!(
                    "the snapshot is of another module: that of instance {} had {} bytes with the checksum {}, this one has {} with {}",
                    i,
                    was.len,
                    was.checksum,
                    is.len,
                    is.checksum
                )));
            }
        }
        let mut number = 0_u32;
        for run in &self.funcs {
            for i in 0..run.count {
                let is = store.funcs.get(number as usize);
                if is.map(|func| Kind::of(func.kind)) != Some(run.kind.behind(i)) {
                    return Err(Error::new(message!(
                        "the snapshot is of another store: its functions differ from number {} on; instantiate the same modules, with the same imports, in the same order",
                        number
                    )));
                }
                number += 1;
            }
        }
        Ok(())
    }

    /// The numbers of types in headers of objects, if they are those of an engine; otherwise they are positions among
    /// the types of all modules.
    pub(super) fn type_numbers(&self) -> Option<TypeNumbers<'_>> {
        match &self.modules {
            Modules::Here(modules) => Some(TypeNumbers::new(types_of(modules.iter()))),
            Modules::Named(_) => None,
        }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        match &self.modules {
            Modules::Here(modules) => {
                put_list(out, modules, |out, module| Name::of(module).put(out))
            }
            Modules::Named(names) => put_list(out, names, |out, name| name.put(out)),
        }
        put_list(out, &self.funcs, |out, run| {
            match run.kind {
                Kind::Host => put(out, 0_u32),
                Kind::Wasm { instance, defined } => {
                    put(out, u64::from(instance) + 1);
                    put(out, defined);
                }
            }
            put(out, run.count);
        });
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Identity, Error> {
        let names = r.list(|r| {
            Ok(Name {
                len: r.u32()?,
                checksum: r.u32()?,
            })
        })?;
        let funcs = r.list(|r| {
            let kind = match r.u32()? {
                0 => Kind::Host,
                instance => Kind::Wasm {
                    instance: instance - 1,
                    defined: r.u32()?,
                },
            };
            Ok(FuncRun {
                kind,
                count: r.u32()?,
            })
        })?;
        Ok(Identity {
            modules: Modules::Named(names),
            funcs,
        })
    }
}

impl Name {
    fn put(self, out: &mut Vec<u8>) {
        put(out, self.len);
        put(out, self.checksum);
    }
}

/// The types of modules, with their numbers in the engine.
#[cfg(feature = "gc")]
fn types_of<'m>(
    modules: impl Iterator<Item = &'m Module>,
) -> impl Iterator<Item = (u32, &'m TypeDef)> {
    modules.flat_map(|module| {
        let types = module.inner().types.iter();
        types.map(|entry| (entry.id.0, &*entry.def))
    })
}

/// No object has a type.
#[cfg(not(feature = "gc"))]
fn types_of<'m>(_: impl Iterator<Item = &'m Module>) -> impl Iterator<Item = (u32, &'m TypeDef)> {
    core::iter::empty()
}

/// Numbers in the engine of the types of all modules of a store.
pub(super) fn types_in(store: &StoreInner) -> Vec<u32> {
    types_of(modules_of(store))
        .map(|(number, _)| number)
        .collect()
}
