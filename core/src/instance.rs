//! Instances and instantiation (core specification, section 4.5.4 "Modules").

use alloc::{boxed::Box, vec::Vec};
use core::ptr::NonNull;

use crate::{
    engine::Engine,
    error::Error,
    externs::{Export, Extern, Global, Memory, Table, Tag},
    func::{Func, TypedFunc, WasmParams, WasmResults, call_func},
    module::{
        ConstEnv, ConstExpr, Counts, ElementKind, ElementSegment, ExportEntry, ExternKind,
        ImportEntry, Module, ModuleInner, Value,
    },
    store::{
        AsContext, AsContextMut, Field, FuncEntity, FuncKind, GlobalEntity, InstanceEntity,
        MemoryPlace, Referenced, Store, StoreContext, StoreInner, Stored, func_slot,
    },
    trap::TrapCode,
    types::TypeId,
};

/// An instance of a module in a store.
///
/// # Panics
/// All methods panic when used with a store that is not the instance's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance(pub(crate) Stored);

impl Instance {
    /// Instantiates a module with its imports in order, and runs its start function.
    /// [`Linker`](crate::Linker) finds imports by name.
    ///
    /// When instantiation traps, what active segments wrote before stays, as the specification has it.
    ///
    /// # Errors
    /// [`Link`](crate::ErrorKind::Link) if imports are missing or of other types,
    /// [`Limit`](crate::ErrorKind::Limit) if the limiter refuses or there is no room, a trap of segments
    /// out of bounds, or what the start function ends with.
    pub fn new(
        mut store: impl AsContextMut,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance, Error> {
        let store = store.as_context_mut().0;
        let instance = made(store, module, imports)?;
        if let Some(start) = module.inner().start {
            let func = store.inner.instances.get(instance).func(start);
            call_func(
                store,
                func.ok_or_else(|| Error::link("there is no start function"))?,
            )?;
        }
        Ok(Instance(Stored::new(&store.inner, instance)))
    }

    /// Instantiates a module without running its start function: for a store that a
    /// [snapshot](crate::debug::Snapshot::restore) is to be restored into, in which that has run.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    #[cfg(feature = "debug")]
    pub fn new_unstarted(
        mut store: impl AsContextMut,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance, Error> {
        let store = store.as_context_mut().0;
        let instance = made(store, module, imports)?;
        Ok(Instance(Stored::new(&store.inner, instance)))
    }

    /// The same with what `find` has for the two names of each import, in the bytes of UTF-8: for firmware that knows
    /// what there is, and wants no list of it as [`Linker`](crate::Linker) keeps.
    ///
    /// ```
    /// # use wasmote::{Engine, Func, Instance, Module, Store};
    /// # let wasm = wat::parse_str(r#"(module (import "host" "now" (func (result i32))))"#)?;
    /// # let module = Module::new(&Engine::default(), wasm)?;
    /// let mut store = Store::new(module.engine(), ());
    /// let now = Func::wrap(&mut store, || 7);
    /// let instance = Instance::link(&mut store, &module, |module, name| match (module, name) {
    ///     (b"host", b"now") => Some(now.into()),
    ///     _ => None,
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Link`](crate::ErrorKind::Link) if there is nothing for an import; otherwise as [`Instance::new`].
    pub fn link(
        store: impl AsContextMut,
        module: &Module,
        mut find: impl FnMut(&[u8], &[u8]) -> Option<Extern>,
    ) -> Result<Instance, Error> {
        let inner = module.inner();
        let mut imports = Vec::with_capacity(inner.imports.len() as usize);
        for import in inner.imports.iter(inner, 0) {
            match find(inner.slice(&import.module), inner.slice(&import.name)) {
                Some(found) => imports.push(found),
                None => return Err(unknown_import(inner, &import)),
            }
        }
        Instance::new(store, module, &imports)
    }

    /// Its module.
    pub fn module<'a, T: 'a>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a Module {
        let store = &store.into().0.inner;
        &store.instances.get(self.0.index(store)).module
    }

    /// Its exports, in order.
    pub fn exports<'a, T: 'a>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> impl ExactSizeIterator<Item = Export<'a>> + 'a {
        let store = &store.into().0.inner;
        let entity = store.instances.get(self.0.index(store));
        let module = entity.module.inner();
        (0..module.exports.len() as usize).map(move |i| {
            let export = module.exports.get(module, i as u32);
            let value = export
                .as_ref()
                .and_then(|export| resolve(store, entity, export));
            Export {
                name: export.map_or("", |export| module.text(&export.name)),
                // (All are there: those of an image were checked when it was loaded.)
                value: value.unwrap_or_else(|| Func(Stored::new(store, 0)).into()),
            }
        })
    }

    /// The export of this name.
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        self.export(&store.as_context().0.inner, name)
    }

    pub(crate) fn export(self, store: &StoreInner, name: &str) -> Option<Extern> {
        let entity = store.instances.get(self.0.index(store));
        let export = entity.module.inner().export(name)?;
        resolve(store, entity, &export)
    }

    /// The exported function of this name.
    pub fn get_func(&self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The exported function of this name, with its type checked.
    ///
    /// # Errors
    /// If there is none or it is of another type.
    pub fn get_typed_func<Params: WasmParams, Results: WasmResults>(
        &self,
        store: impl AsContext,
        name: &str,
    ) -> Result<TypedFunc<Params, Results>, Error> {
        let func = self.get_func(&store, name).ok_or_else(|| {
            Error::new(message!(
                "failed to find function export `{}`",
                Box::<str>::from(name)
            ))
        })?;
        func.typed(store)
    }

    /// The exported memory of this name.
    pub fn get_memory(&self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The exported table of this name.
    pub fn get_table(&self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The exported tag of this name.
    pub fn get_tag(&self, store: impl AsContext, name: &str) -> Option<Tag> {
        self.get_export(store, name)?.into_tag()
    }

    /// The exported global of this name.
    pub fn get_global(&self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }
}

/// Nothing is known by the names of an import.
pub(crate) fn unknown_import(
    #[cfg_attr(not(feature = "messages"), allow(unused_variables))] module: &ModuleInner,
    import: &ImportEntry,
) -> Error {
    Error::link(message!(
        "unknown import: `{}::{}` has not been defined",
        Box::<str>::from(module.text(&import.module)),
        Box::<str>::from(module.text(&import.name))
    ))
}

/// An export as a handle.
fn resolve(store: &StoreInner, entity: &InstanceEntity, export: &ExportEntry) -> Option<Extern> {
    let index = export.index as usize;
    let stored = |index: u32| Stored::new(store, index);
    // SAFETY: entities of an instance live as long as its store, which nobody has mutably.
    Some(unsafe {
        match export.kind {
            ExternKind::Func => Func(stored(entity.func(export.index)?)).into(),
            ExternKind::Table => Table(stored(entity.tables.get(index)?.as_ref().index)).into(),
            ExternKind::Memory => Memory(stored(entity.memories.get(index)?.as_ref().index)).into(),
            ExternKind::Global => Global(stored(entity.globals.get(index)?.as_ref().index)).into(),
            ExternKind::Tag => Tag(stored(*entity.tags.get(index)?)).into(),
        }
    })
}

/// What constant expressions of an instance see. Objects that they make are pinned until the instance is there.
struct Env<'a> {
    store: &'a mut StoreInner,
    instance: u32,
}

impl ConstEnv for Env<'_> {
    fn global(&self, index: u32) -> Value {
        let globals = &self.store.instances.get(self.instance).globals;
        // SAFETY: globals live as long as their store; nobody else refers to this one now.
        let value = |global: &NonNull<GlobalEntity>| unsafe { global.as_ref() }.value;
        globals.get(index as usize).map(value).unwrap_or_default()
    }

    fn func_ref(&self, index: u32) -> u64 {
        let func = self.store.instances.get(self.instance).func(index);
        func_slot(func.map_or(0, |func| func + 1))
    }

    fn make_struct(
        &mut self,
        ty: TypeId,
        fields: &[Value],
        descriptor: Option<u64>,
    ) -> Result<u64, Error> {
        if descriptor == Some(0) {
            return Err(TrapCode::NullReference.into());
        }
        let words = self.store.heap.struct_words(ty);
        let object = self.store.allocate(words, |heap| {
            heap.make(ty, words, descriptor.unwrap_or(0) as u32)
        })?;
        // It may be an operand of the next object that is made here.
        self.store.heap.pinned.push(object as u32);
        let layout: Vec<Field> = match self.store.heap.def(ty) {
            Some(def) => def.layout.fields().into(),
            None => Vec::new(),
        };
        for (field, value) in layout.iter().zip(fields) {
            self.store
                .heap
                .store(object, field.at as usize, field.kind, *value)?;
        }
        Ok(object)
    }

    fn make_array(&mut self, ty: TypeId, len: u32, values: &[Value]) -> Result<u64, Error> {
        let words = self.store.heap.array_words(ty, len);
        let words = words.ok_or(TrapCode::OutOfMemory)?;
        let object = self
            .store
            .allocate(words, |heap| heap.make(ty, words, len))?;
        // It may be an operand of the next object that is made here.
        self.store.heap.pinned.push(object as u32);
        match values {
            [value] => self.store.heap.fill(object, 0, len, *value)?,
            values => {
                for (i, value) in (0..).zip(values) {
                    self.store.heap.fill(object, i, 1, *value)?;
                }
            }
        }
        Ok(object)
    }
}

/// Instantiates a module, and runs nothing but its active segments.
fn made<T>(store: &mut Store<T>, module: &Module, imports: &[Extern]) -> Result<u32, Error> {
    let memories = store.inner.memories.len();
    let instance = match instantiate(store, module, imports) {
        Ok(instance) => instance,
        Err(error) => {
            store.release_memories(memories);
            store.inner.heap.pinned.clear();
            return Err(error);
        }
    };
    let initialized = initialize(&mut store.inner, instance);
    store.inner.heap.pinned.clear();
    initialized.map(|()| instance)
}

/// Checks the imports and makes everything the module defines. Nothing is written to what is imported.
fn instantiate<T>(store: &mut Store<T>, module: &Module, imports: &[Extern]) -> Result<u32, Error> {
    let inner = module.inner();
    let instance = store.inner.instances.len() as u32;
    let entity = InstanceEntity::new(instance, module.clone());
    store.inner.instances.push(entity);
    let result = import(&mut store.inner, inner, instance, imports);
    if let Err(error) = result.and_then(|()| make_memories(store, inner, instance)) {
        // Nothing is linked to it yet.
        store.inner.instances.pop();
        return Err(error);
    }
    define(&mut store.inner, inner, instance)?;
    let inits = inner.table_inits.iter(inner, 0);
    for (ty, init) in (inner.tables.iter(inner, inner.imported_tables)).zip(inits) {
        let init = eval(&mut store.inner, instance, inner, &init)?;
        let index = store.alloc_table(ty, init)?;
        let table = store.inner.tables.ptr(index);
        store.inner.instances.get_mut(instance).tables.push(table);
    }
    Ok(instance)
}

/// Makes the memories that an instance's module defines: what can fail for lack of room comes first.
fn make_memories<T>(
    store: &mut Store<T>,
    module: &ModuleInner,
    instance: u32,
) -> Result<(), Error> {
    store.count_instance()?;
    store.inner.sync_types();
    for ty in module.memories.iter(module, module.imported_memories) {
        let index = store.alloc_memory(ty, MemoryPlace::Spare)?;
        let memory = store.inner.memories.ptr(index);
        store
            .inner
            .instances
            .get_mut(instance)
            .memories
            .push(memory);
    }
    Ok(())
}

/// Gives an instance its imports.
fn import(
    store: &mut StoreInner,
    inner: &ModuleInner,
    instance: u32,
    imports: &[Extern],
) -> Result<(), Error> {
    if !Engine::same(&inner.engine, &store.engine) {
        return Err(Error::link("module and store are of different engines"));
    }
    if imports.len() != inner.imports.len() as usize {
        return Err(Error::link(message!(
            "expected {} imports, found {}",
            inner.imports.len(),
            imports.len()
        )));
    }
    let mut found = Counts::default();
    for (import, given) in inner.imports.iter(inner, 0).zip(imports) {
        let number = found.next(import.kind);
        if !fits(store, inner, &import, number, *given) {
            return Err(Error::link(message!(
                "incompatible import type for `{}::{}`: expected {}, found {}",
                Box::<str>::from(inner.text(&import.module)),
                Box::<str>::from(inner.text(&import.name)),
                inner.extern_type(import.kind, number),
                given.ty_in(store)
            )));
        }
        // (Its kind is the import's: it fits.)
        match *given {
            Extern::Func(func) => {
                let index = func.0.index(store);
                store.instances.get_mut(instance).funcs.push(index);
            }
            Extern::Table(table) => {
                let table = store.tables.ptr(table.0.index(store));
                store.instances.get_mut(instance).tables.push(table);
            }
            Extern::Memory(memory) => {
                let memory = store.memories.ptr(memory.0.index(store));
                store.instances.get_mut(instance).memories.push(memory);
            }
            Extern::Global(global) => {
                let global = store.globals.ptr(global.0.index(store));
                store.instances.get_mut(instance).globals.push(global);
            }
            Extern::Tag(tag) => {
                let index = tag.0.index(store);
                store.instances.get_mut(instance).tags.push(index);
            }
        }
    }
    Ok(())
}

/// Whether something is of the type of an import, the one of this number of its kind.
fn fits(
    store: &StoreInner,
    module: &ModuleInner,
    import: &ImportEntry,
    number: u32,
    given: Extern,
) -> bool {
    let engine = &module.engine;
    match (import.kind, given) {
        // Functions and tags by identity: types that read alike may be different ones.
        (ExternKind::Func, Extern::Func(func)) => {
            let found = func.entity(store).ty;
            let expected = module.type_id(module.func_type_index(number));
            found == expected || !import.exact && engine.is_subtype(found, expected)
        }
        #[cfg(feature = "exceptions")]
        (ExternKind::Tag, Extern::Tag(tag)) => {
            let expected = module.tags.get(module, number);
            let found = store.tags[tag.0.index(store) as usize];
            expected.is_some_and(|ty| module.type_id(ty) == found)
        }
        (ExternKind::Table, Extern::Table(table)) => {
            let expected = module.tables.get(module, number);
            expected.is_some_and(|expected| table.present_ty(store).matches(&expected))
        }
        (ExternKind::Memory, Extern::Memory(memory)) => {
            let expected = module.memories.get(module, number);
            expected.is_some_and(|expected| memory.present_ty(store).matches(&expected))
        }
        (ExternKind::Global, Extern::Global(global)) => {
            let expected = module.globals.get(module, number);
            let found = store.globals.get(global.0.index(store)).ty;
            expected.is_some_and(|expected| found.matches(engine, &expected))
        }
        _ => false,
    }
}

/// Makes the functions, globals and tags that an instance's module defines.
fn define(store: &mut StoreInner, module: &ModuleInner, instance: u32) -> Result<(), Error> {
    let at = store.instances.ptr(instance);
    let first = store.funcs.len() as u32;
    let mut make = |index: u32| {
        let ty = module.func_type_index(index);
        let kind = FuncKind::Wasm {
            instance: at,
            defined: index - module.imported_funcs,
        };
        let func = FuncEntity::new(module.type_id(ty), module.func_type(ty), kind);
        store.push_func(func)
    };
    if module.is_in_place() {
        let indices = module.referenced_funcs();
        for index in &indices {
            make(*index);
        }
        store.instances.get_mut(instance).referenced = Referenced { indices, first };
    } else {
        let defined: Vec<u32> = (module.imported_funcs..module.func_count())
            .map(make)
            .collect();
        store.instances.get_mut(instance).funcs.extend(defined);
    }
    let inits = module.global_inits.iter(module, 0);
    for (ty, init) in (module.globals.iter(module, module.imported_globals)).zip(inits) {
        let env = &mut Env { store, instance };
        let value = init.eval(module, env)?;
        let global = store.push_global(ty, value);
        let global = store.globals.ptr(global);
        store.instances.get_mut(instance).globals.push(global);
    }
    #[cfg(feature = "exceptions")]
    for ty in module.tags.iter(module, module.imported_tags) {
        let tag = store.push_tag(module.type_id(ty));
        store.instances.get_mut(instance).tags.push(tag);
    }
    Ok(())
}

/// Evaluates element segments and applies the active segments in order.
fn initialize(store: &mut StoreInner, instance: u32) -> Result<(), Error> {
    let module = store.instances.get(instance).module.clone();
    let inner = module.inner();

    // A later trap must find every segment's state in place: active ones are as good as dropped.
    for segment in inner.elements.iter(inner, 0) {
        let items = match segment.kind {
            ElementKind::Passive => items(store, instance, inner, &segment)?.into(),
            ElementKind::Active { .. } | ElementKind::Declared => Box::default(),
        };
        store.instances.get_mut(instance).elements.push(items);
    }
    store.instances.get_mut(instance).dropped_data = inner
        .data
        .iter(inner, 0)
        .map(|segment| segment.active.is_some())
        .collect();

    for segment in inner.elements.iter(inner, 0) {
        let ElementKind::Active { table, offset } = &segment.kind else {
            continue;
        };
        let offset = eval(store, instance, inner, offset)?;
        let values = items(store, instance, inner, &segment)?;
        let table = store.instances.get(instance).tables.get(*table as usize);
        // SAFETY: tables live as long as their store; nobody else refers to this one now.
        let elements = table.map(|table| unsafe { &mut (*table.as_ptr()).elements });
        let to = elements.and_then(|elements| part(elements, offset, values.len()));
        to.ok_or(TrapCode::TableOutOfBounds)?
            .copy_from_slice(&values);
    }
    for segment in inner.data.iter(inner, 0) {
        let Some((memory, offset)) = &segment.active else {
            continue;
        };
        let offset = eval(store, instance, inner, offset)?;
        let bytes = inner.slice(&segment.bytes);
        let memory = store.instances.get(instance).memories.get(*memory as usize);
        // SAFETY: as above.
        let data = memory.map(|memory| unsafe { (*memory.as_ptr()).data_mut() });
        let to = data.and_then(|data| part(data, offset, bytes.len()));
        to.ok_or(TrapCode::MemoryOutOfBounds)?
            .copy_from_slice(bytes);
    }
    Ok(())
}

/// `len` items from `offset`, if they are inside. A 32-bit offset is zero-extended already.
fn part<T>(items: &mut [T], offset: u64, len: usize) -> Option<&mut [T]> {
    let start = usize::try_from(offset).ok()?;
    items.get_mut(start..start.checked_add(len)?)
}

/// The value of an expression, as its first slot.
fn eval(
    store: &mut StoreInner,
    instance: u32,
    module: &ModuleInner,
    expr: &ConstExpr,
) -> Result<u64, Error> {
    let [value, _] = expr.eval(module, &mut Env { store, instance })?;
    Ok(value)
}

/// The references of an element segment, as slots.
fn items(
    store: &mut StoreInner,
    instance: u32,
    module: &ModuleInner,
    segment: &ElementSegment,
) -> Result<Vec<u64>, Error> {
    let mut items = Vec::new();
    for index in segment.items.clone() {
        let item = if segment.are_exprs {
            let Some(expr) = module.element_exprs.get(module, index) else {
                break;
            };
            eval(store, instance, module, &expr)?
        } else {
            let Some(func) = module.element_funcs.get(module, index) else {
                break;
            };
            Env { store, instance }.func_ref(func)
        };
        items.push(item);
    }
    Ok(items)
}

#[cfg(test)]
mod tests;
