//! Instances and instantiation (core specification, section 4.5.4 "Modules").

use alloc::{boxed::Box, vec::Vec};

use crate::{
    engine::Engine,
    error::Error,
    externs::{Export, Extern, Global, Memory, Table, Tag},
    func::{Func, TypedFunc, WasmParams, WasmResults, call_func},
    module::{
        ConstEnv, ConstExpr, ElementItems, ElementKind, ExportEntry, ExportKind, ImportDesc,
        Module, Value,
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
        let memories = store.inner.memories.len();
        let instance = match instantiate(store, module, imports) {
            Ok(instance) => instance,
            Err(error) => {
                store.release_memories(memories);
                store.inner.heap.pinned.clear();
                return Err(error);
            }
        };
        let initialized = initialize(store, instance);
        store.inner.heap.pinned.clear();
        initialized?;
        if let Some(start) = module.inner().start {
            let func = store.inner.instances.get(instance).func(start);
            call_func(store, func.unwrap_or_default())?;
        }
        Ok(Instance(Stored::new(&store.inner, instance)))
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
        entity
            .module
            .inner()
            .exports
            .iter()
            .map(move |export| Export {
                name: &export.name,
                value: resolve(store, entity, export),
            })
    }

    /// The export of this name.
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        self.export(&store.as_context().0.inner, name)
    }

    pub(crate) fn export(self, store: &StoreInner, name: &str) -> Option<Extern> {
        let entity = store.instances.get(self.0.index(store));
        entity
            .module
            .inner()
            .export(name)
            .map(|export| resolve(store, entity, export))
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

/// An export as a handle.
fn resolve(store: &StoreInner, entity: &InstanceEntity, export: &ExportEntry) -> Extern {
    let index = export.index as usize;
    match export.kind {
        ExportKind::Func => {
            let func = entity.func(export.index).unwrap_or_default();
            Func(Stored::new(store, func)).into()
        }
        ExportKind::Table => Table(Stored::new(store, entity.tables[index])).into(),
        ExportKind::Memory => Memory(Stored::new(store, entity.memories[index])).into(),
        ExportKind::Global => Global(Stored::new(store, entity.globals[index])).into(),
        ExportKind::Tag => Tag(Stored::new(store, entity.tags[index])).into(),
    }
}

/// What constant expressions of an instance see. Objects that they make are pinned until the instance is there.
struct Env<'a> {
    store: &'a mut StoreInner,
    funcs: &'a [u32],
    referenced: &'a Referenced,
    globals: &'a [u32],
}

impl ConstEnv for Env<'_> {
    fn global(&self, index: u32) -> Value {
        self.store.globals.get(self.globals[index as usize]).value
    }

    fn func_ref(&self, index: u32) -> u64 {
        let func = self.referenced.find(self.funcs, index);
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

/// The imports' indices in the store, by kind.
#[derive(Default)]
struct Spaces {
    funcs: Vec<u32>,
    referenced: Referenced,
    tables: Vec<u32>,
    memories: Vec<u32>,
    globals: Vec<u32>,
    tags: Vec<u32>,
}

/// Checks the imports and makes everything the module defines. Nothing is written to what is imported.
fn instantiate<T>(store: &mut Store<T>, module: &Module, imports: &[Extern]) -> Result<u32, Error> {
    let inner = module.inner();
    if !Engine::same(&inner.engine, &store.inner.engine) {
        return Err(Error::link("module and store are of different engines"));
    }
    if imports.len() != inner.imports.len() {
        return Err(Error::link(message!(
            "expected {} imports, found {}",
            inner.imports.len(),
            imports.len()
        )));
    }
    let mut spaces = Spaces::default();
    for (import, given) in inner.imports.iter().zip(imports) {
        let (expected, found) = (inner.import_type(import.ty), given.ty_in(&store.inner));
        // Functions and tags by identity: types that read alike may be different ones.
        let fits = match (import.ty, *given) {
            (ImportDesc::Func(ty), Extern::Func(func)) => {
                let found = func.entity(&store.inner).ty;
                match inner.exact_imports.contains(&(spaces.funcs.len() as u32)) {
                    true => found == inner.type_id(ty),
                    false => inner.engine.is_subtype(found, inner.type_id(ty)),
                }
            }
            (ImportDesc::Tag(ty), Extern::Tag(tag)) => {
                store.inner.tags[tag.0.index(&store.inner) as usize] == inner.type_id(ty)
            }
            _ => found.matches(&inner.engine, &expected),
        };
        if !fits {
            return Err(Error::link(message!(
                "incompatible import type for `{}::{}`: expected {}, found {}",
                &import.module,
                &import.name,
                expected,
                found
            )));
        }
        match *given {
            Extern::Func(func) => spaces.funcs.push(func.0.index(&store.inner)),
            Extern::Table(table) => spaces.tables.push(table.0.index(&store.inner)),
            Extern::Memory(memory) => spaces.memories.push(memory.0.index(&store.inner)),
            Extern::Global(global) => spaces.globals.push(global.0.index(&store.inner)),
            Extern::Tag(tag) => spaces.tags.push(tag.0.index(&store.inner)),
        }
    }
    store.count_instance()?;
    store.inner.sync_types();

    // What can fail for lack of room comes before anything is linked to the new instance.
    for ty in &inner.memories[inner.imported_memories as usize..] {
        spaces
            .memories
            .push(store.alloc_memory(*ty, MemoryPlace::Spare)?);
    }
    let instance = store.inner.instances.len() as u32;
    store
        .inner
        .instances
        .push(InstanceEntity::new(instance, module.clone()));
    let instance_ptr = store.inner.instances.ptr(instance);
    let mut make = |index: u32| {
        let ty = inner.func_type_index(index);
        let kind = FuncKind::Wasm {
            instance: instance_ptr,
            defined: index - inner.imported_funcs,
        };
        let func = FuncEntity::new(inner.type_id(ty), inner.func_type(ty), kind);
        store.inner.push_func(func)
    };
    if inner.is_in_place() {
        let indices = inner.referenced_funcs();
        spaces.referenced.first = indices.first().map_or(0, |index| make(*index));
        indices.iter().skip(1).for_each(|index| {
            make(*index);
        });
        spaces.referenced.indices = indices;
    } else {
        let defined = inner.imported_funcs..inner.func_count();
        spaces.funcs.extend(defined.map(make));
    }
    for (ty, init) in inner.globals[inner.imported_globals as usize..]
        .iter()
        .zip(&inner.global_inits)
    {
        let value = spaces.eval(&mut store.inner, init)?;
        spaces
            .globals
            .push(store.inner.globals.push(GlobalEntity { value, ty: *ty }));
    }
    for (ty, init) in inner.tables[inner.imported_tables as usize..]
        .iter()
        .zip(&inner.table_inits)
    {
        let [init, _] = match init {
            Some(init) => spaces.eval(&mut store.inner, init)?,
            None => [0; 2],
        };
        spaces.tables.push(store.alloc_table(*ty, init)?);
    }

    for ty in &inner.tags[inner.imported_tags as usize..] {
        spaces.tags.push(store.inner.push_tag(inner.type_id(*ty)));
    }

    let arenas = &store.inner;
    let global_ptrs = spaces
        .globals
        .iter()
        .map(|index| arenas.globals.ptr(*index))
        .collect();
    let memory_ptrs = spaces
        .memories
        .iter()
        .map(|index| arenas.memories.ptr(*index))
        .collect();
    let table_ptrs = spaces
        .tables
        .iter()
        .map(|index| arenas.tables.ptr(*index))
        .collect();
    let entity = store.inner.instances.get_mut(instance);
    entity.global_ptrs = global_ptrs;
    entity.memory_ptrs = memory_ptrs;
    entity.table_ptrs = table_ptrs;
    entity.funcs = spaces.funcs;
    entity.referenced = spaces.referenced;
    entity.globals = spaces.globals;
    entity.memories = spaces.memories;
    entity.tables = spaces.tables;
    entity.tags = spaces.tags;
    Ok(instance)
}

impl Spaces {
    fn eval(&self, store: &mut StoreInner, expr: &ConstExpr) -> Result<Value, Error> {
        expr.eval(&mut Env {
            store,
            funcs: &self.funcs,
            referenced: &self.referenced,
            globals: &self.globals,
        })
    }
}

/// Evaluates element segments and applies the active segments in order.
fn initialize<T>(store: &mut Store<T>, instance: u32) -> Result<(), Error> {
    let store = &mut store.inner;
    let module = store.instances.get(instance).module.clone();
    let inner = module.inner();

    // A later trap must find every segment's state in place: active ones are as good as dropped.
    let mut elements: Vec<Box<[u64]>> = Vec::with_capacity(inner.elements.len());
    for segment in &inner.elements {
        elements.push(match segment.kind {
            ElementKind::Passive => items(store, instance, &segment.items)?,
            ElementKind::Active { .. } | ElementKind::Declared => Box::default(),
        });
    }
    let entity = store.instances.get_mut(instance);
    entity.elements = elements;
    entity.dropped_data = inner
        .data
        .iter()
        .map(|segment| segment.active.is_some())
        .collect();

    for segment in &inner.elements {
        let ElementKind::Active { table, offset } = &segment.kind else {
            continue;
        };
        let [offset, _] = eval(store, instance, offset)?;
        let table = store.instances.get(instance).tables[*table as usize];
        let range = range(
            offset,
            segment.items.len(),
            store.tables.get(table).elements.len(),
        )
        .ok_or(TrapCode::TableOutOfBounds)?;
        let values = items(store, instance, &segment.items)?;
        store.tables.get_mut(table).elements[range].copy_from_slice(&values);
    }
    for segment in &inner.data {
        let Some((memory, offset)) = &segment.active else {
            continue;
        };
        let [offset, _] = eval(store, instance, offset)?;
        let memory = store.instances.get(instance).memories[*memory as usize];
        let bytes = inner.slice(&segment.bytes);
        let data = store.memories.get_mut(memory).data_mut();
        let range = range(offset, bytes.len(), data.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        data[range].copy_from_slice(bytes);
    }
    Ok(())
}

/// `len` places from `offset`, if they are inside `size`. A 32-bit offset is zero-extended already.
fn range(offset: u64, len: usize, size: usize) -> Option<core::ops::Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(len)?;
    (end <= size).then_some(start..end)
}

/// Evaluates in the environment of an instance.
fn with_env<R>(store: &mut StoreInner, instance: u32, f: impl FnOnce(&mut Env<'_>) -> R) -> R {
    let entity = store.instances.get_mut(instance);
    let funcs = core::mem::take(&mut entity.funcs);
    let referenced = core::mem::take(&mut entity.referenced);
    let globals = core::mem::take(&mut entity.globals);
    let result = f(&mut Env {
        store,
        funcs: &funcs,
        referenced: &referenced,
        globals: &globals,
    });
    let entity = store.instances.get_mut(instance);
    (entity.funcs, entity.referenced, entity.globals) = (funcs, referenced, globals);
    result
}

fn eval(store: &mut StoreInner, instance: u32, expr: &ConstExpr) -> Result<Value, Error> {
    with_env(store, instance, |env| expr.eval(env))
}

/// The references of an element segment, as slots.
fn items(store: &mut StoreInner, instance: u32, items: &ElementItems) -> Result<Box<[u64]>, Error> {
    with_env(store, instance, |env| match items {
        ElementItems::Funcs(items) => Ok(items.iter().map(|func| env.func_ref(*func)).collect()),
        ElementItems::Exprs(exprs) => exprs.iter().map(|expr| Ok(expr.eval(env)?[0])).collect(),
    })
}

#[cfg(test)]
mod tests;
