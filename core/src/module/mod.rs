//! Modules: parsed, validated, ready to be instantiated.

mod code_table;
mod const_expr;
#[cfg(feature = "compiler")]
mod convert;
mod list;
#[cfg(feature = "compiler")]
mod names;
#[cfg(feature = "compiler")]
mod parse;
#[cfg(feature = "compiler")]
mod validate;

use alloc::{boxed::Box, vec::Vec};
use core::ops::Range;

#[cfg(feature = "compiler")]
use wasmparser::{BinaryReader, FunctionBody};

pub(crate) use code_table::{CodeTable, offset_at};
pub(crate) use const_expr::{ConstEnv, ConstExpr, ConstOp, Value};
#[cfg(feature = "compiler")]
pub(crate) use convert::Types;
pub(crate) use list::{Fields, List, Record};
#[cfg(feature = "compiler")]
use names::Names;
#[cfg(feature = "compiler")]
pub(crate) use parse::type_groups;
#[cfg(feature = "debug")]
pub(crate) use parse::validators;
#[cfg(feature = "debug")]
pub(crate) use validate::Pending;

#[cfg(hash_maps)]
use crate::map::Map;
use crate::{
    engine::Engine,
    error::Error,
    sync::Shared,
    types::{
        CompositeType, ExportType, ExternType, FuncType, GlobalType, ImportType, MemoryType,
        SubType, TableType, TypeDef, TypeId, ValType,
    },
};
#[cfg(feature = "compiler")]
use crate::{sync::Once, translate::Pins};

/// A validated WebAssembly module. Cheap to clone.
#[derive(Clone)]
pub struct Module(Shared<ModuleInner>);

/// Byte range in the module; modules are smaller than 4 GiB.
pub(crate) type ByteRange = Range<u32>;

/// What a module was made from: kept with it, or lasting as long as the program.
#[derive(Clone)]
pub(crate) enum Bytes {
    Owned(Shared<[u8]>),
    Lasting(&'static [u8]),
}

impl core::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes) => bytes,
            Bytes::Lasting(bytes) => bytes,
        }
    }
}

/// Everything about a module; index spaces have imports first.
pub(crate) struct ModuleInner {
    pub(crate) engine: Engine,
    /// The whole binary, or the whole image.
    pub(crate) bytes: Bytes,
    pub(crate) types: Vec<TypeEntry>,
    pub(crate) imports: List<ImportEntry>,
    /// Type index of every function; of an image, of the imported ones.
    pub(crate) funcs: List<u32>,
    pub(crate) imported_funcs: u32,
    pub(crate) globals: List<GlobalType>,
    pub(crate) imported_globals: u32,
    /// Initial values of the defined globals.
    pub(crate) global_inits: List<ConstExpr>,
    pub(crate) tables: List<TableType>,
    pub(crate) imported_tables: u32,
    /// Initial elements of the defined tables.
    pub(crate) table_inits: List<ConstExpr>,
    pub(crate) memories: List<MemoryType>,
    pub(crate) imported_memories: u32,
    /// Type index of every tag.
    pub(crate) tags: List<u32>,
    pub(crate) imported_tags: u32,
    pub(crate) elements: List<ElementSegment>,
    /// What element segments have: functions, and expressions.
    pub(crate) element_funcs: List<u32>,
    pub(crate) element_exprs: List<ConstExpr>,
    pub(crate) data: List<DataSegment>,
    pub(crate) exports: List<ExportEntry>,
    /// The ops of all constant expressions.
    pub(crate) const_ops: List<ConstOp>,
    /// Position in `exports` by name.
    #[cfg(hash_maps)]
    export_names: Map<Box<[u8]>, u32>,
    /// Function index of the start function.
    pub(crate) start: Option<u32>,
    /// Bodies of the defined functions: local declarations and code, without the size before them.
    #[cfg(feature = "compiler")]
    pub(crate) bodies: Vec<ByteRange>,
    /// Locals of the defined functions that the translator should pin, as found by validation.
    #[cfg(feature = "compiler")]
    pins: Vec<Pins>,
    /// Names and contents.
    #[cfg(feature = "compiler")]
    custom_sections: Vec<(ByteRange, ByteRange)>,
    #[cfg(feature = "compiler")]
    names: Once<Names>,
    pub(crate) code: CodeTable,
}

/// A type of the type section.
#[derive(Clone)]
pub(crate) struct TypeEntry {
    /// What it says, if it is a function's; otherwise one without parameters and results.
    pub(crate) ty: FuncType,
    /// The same type's identity in the engine.
    pub(crate) id: TypeId,
    /// What that stands for.
    #[cfg(feature = "gc")]
    pub(crate) def: Shared<TypeDef>,
}

impl TypeEntry {
    /// Whether it is a function's.
    pub(crate) fn is_func(&self) -> bool {
        #[cfg(feature = "gc")]
        return matches!(self.def.composite, CompositeType::Func(_));
        #[cfg(not(feature = "gc"))]
        true
    }
}

/// An import. Its type is the next one of its kind.
#[derive(Clone)]
pub(crate) struct ImportEntry {
    pub(crate) module: ByteRange,
    pub(crate) name: ByteRange,
    pub(crate) kind: ExternKind,
    /// Whether a function must be of its type, not of a subtype (custom descriptors).
    pub(crate) exact: bool,
}

#[derive(Clone)]
pub(crate) struct ExportEntry {
    pub(crate) name: ByteRange,
    pub(crate) kind: ExternKind,
    pub(crate) index: u32,
}

/// What is imported and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExternKind {
    Func,
    Table,
    Memory,
    Global,
    Tag,
}

#[derive(Clone)]
pub(crate) struct ElementSegment {
    pub(crate) kind: ElementKind,
    /// Whether they are in `element_exprs`, or in `element_funcs`, and where.
    pub(crate) are_exprs: bool,
    pub(crate) items: Range<u32>,
}

#[derive(Clone)]
pub(crate) enum ElementKind {
    Passive,
    Active { table: u32, offset: ConstExpr },
    Declared,
}

#[derive(Clone)]
pub(crate) struct DataSegment {
    /// Memory and offset of an active segment.
    pub(crate) active: Option<(u32, ConstExpr)>,
    pub(crate) bytes: ByteRange,
}

/// A custom section (core specification, section 5.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomSection<'m> {
    /// Its name.
    pub name: &'m str,
    /// Its contents after the name.
    pub data: &'m [u8],
}

impl Module {
    /// Parses and validates a binary module; the bytes are copied.
    ///
    /// # Errors
    /// [`Module`](crate::ErrorKind::Module) if the bytes are no valid core module,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if it needs a feature that is not there, and in
    /// eager mode what translation finds too large.
    #[cfg(feature = "compiler")]
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module, Error> {
        parse::module(engine, bytes.as_ref())
    }

    /// Checks a binary module and forgets it.
    ///
    /// # Errors
    /// As [`Module::new`].
    #[cfg(feature = "compiler")]
    pub fn validate(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
        parse::validate(engine, bytes.as_ref())
    }

    /// Translates the function of this index (imports count) now, instead of when it is first called: before what must
    /// not wait. There is nothing to do if that has been done, for imports, and for images on chips.
    ///
    /// # Errors
    /// [`Module`](crate::ErrorKind::Module) if there is no such function, or translation finds it too large.
    #[cfg(feature = "compiler")]
    pub fn translate(&self, func: u32) -> Result<(), Error> {
        let module = &*self.0;
        let Some(defined) = func.checked_sub(module.imported_funcs) else {
            return Ok(());
        };
        if func >= module.func_count() {
            return Err(Error::translation(func, 0, "there is no such function"));
        }
        let result = module.code.translate(module, defined);
        result.map_err(|error| error.in_func(func, module.func_name(func)))
    }

    pub(crate) fn of(inner: ModuleInner) -> Module {
        Module(Shared::new(inner))
    }

    pub(crate) fn inner(&self) -> &ModuleInner {
        &self.0
    }

    /// Whether both are the same module: clones of one.
    pub fn same(a: &Module, b: &Module) -> bool {
        Shared::ptr_eq(&a.0, &b.0)
    }

    /// The engine it belongs to.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Its name, where its name section gives one.
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// The imports, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        let mut found = Counts::default();
        (0..self.0.imports.len() as usize).map(move |i| {
            let import = self.0.imports.get(&self.0, i as u32);
            let ty =
                |import: &ImportEntry| self.0.extern_type(import.kind, found.next(import.kind));
            ImportType {
                module: import
                    .as_ref()
                    .map_or("", |import| self.0.text(&import.module)),
                name: import
                    .as_ref()
                    .map_or("", |import| self.0.text(&import.name)),
                ty: import.as_ref().map_or_else(nothing, ty),
            }
        })
    }

    /// The exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        (0..self.0.exports.len() as usize).map(|i| {
            let export = self.0.exports.get(&self.0, i as u32);
            let ty = |export: &ExportEntry| self.0.extern_type(export.kind, export.index);
            ExportType {
                name: export
                    .as_ref()
                    .map_or("", |export| self.0.text(&export.name)),
                ty: export.as_ref().map_or_else(nothing, ty),
            }
        })
    }

    /// The type of an export.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        let export = self.0.export(name)?;
        Some(self.0.extern_type(export.kind, export.index))
    }

    /// The name section's name of a function (imports count).
    pub fn func_name(&self, index: u32) -> Option<&str> {
        self.0.func_name(index)
    }

    /// The custom sections, in order; their names need not be different.
    #[cfg(feature = "compiler")]
    pub fn custom_sections(&self) -> impl ExactSizeIterator<Item = CustomSection<'_>> {
        self.0
            .custom_sections
            .iter()
            .map(|(name, data)| CustomSection {
                // The parser has checked the name's UTF-8.
                name: core::str::from_utf8(self.0.slice(name)).unwrap_or_default(),
                data: self.0.slice(data),
            })
    }

    /// The binary, or image, that it was made from.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl core::fmt::Debug for Module {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

impl ModuleInner {
    /// A module of which nothing is known yet.
    pub(crate) fn empty(engine: &Engine, bytes: Bytes) -> ModuleInner {
        ModuleInner {
            engine: engine.clone(),
            bytes,
            types: Vec::new(),
            imports: List::default(),
            funcs: List::default(),
            imported_funcs: 0,
            globals: List::default(),
            imported_globals: 0,
            global_inits: List::default(),
            tables: List::default(),
            imported_tables: 0,
            table_inits: List::default(),
            memories: List::default(),
            imported_memories: 0,
            tags: List::default(),
            imported_tags: 0,
            elements: List::default(),
            element_funcs: List::default(),
            element_exprs: List::default(),
            data: List::default(),
            exports: List::default(),
            const_ops: List::default(),
            #[cfg(hash_maps)]
            export_names: Map::new(),
            start: None,
            #[cfg(feature = "compiler")]
            bodies: Vec::new(),
            #[cfg(feature = "compiler")]
            pins: Vec::new(),
            #[cfg(feature = "compiler")]
            custom_sections: Vec::new(),
            #[cfg(feature = "compiler")]
            names: Once::new(),
            code: CodeTable::new(0),
        }
    }

    /// Adds the types of a recursion group.
    #[cfg(any(feature = "gc", feature = "compiler"))]
    pub(crate) fn add_group(&mut self, group: Box<[SubType]>) {
        #[cfg(not(feature = "gc"))]
        for member in group {
            // (Others were refused.)
            if let CompositeType::Func(ty) = member.composite {
                self.add_func_type(ty);
            }
        }
        #[cfg(feature = "gc")]
        {
            let count = group.len() as u32;
            let first = self.engine.intern_group(group);
            for id in first.0..first.0 + count {
                let def = self.engine.type_def(TypeId(id));
                let ty = match &def.composite {
                    CompositeType::Func(ty) => ty.clone(),
                    _ => FuncType::empty(),
                };
                self.types.push(TypeEntry {
                    ty,
                    id: TypeId(id),
                    def,
                });
            }
        }
    }

    /// Adds a function's type.
    #[cfg(not(feature = "gc"))]
    pub(crate) fn add_func_type(&mut self, ty: FuncType) {
        let id = self.engine.intern(&ty);
        self.types.push(TypeEntry { ty, id });
    }

    /// How many functions there are, imports included.
    pub(crate) fn func_count(&self) -> u32 {
        match self.code.image() {
            Some(image) => self.imported_funcs + image.defined,
            None => self.funcs.len(),
        }
    }

    /// The type index of a function.
    pub(crate) fn func_type_index(&self, func_index: u32) -> u32 {
        let defined = func_index.checked_sub(self.imported_funcs);
        match (self.code.image(), defined) {
            (Some(image), Some(defined)) => image.type_index(&self.bytes, defined),
            _ => self.funcs.get(self, func_index).unwrap_or_default(),
        }
    }

    /// Whether functions run where they are in an image.
    pub(crate) fn is_in_place(&self) -> bool {
        cfg!(compact) && self.code.image().is_some()
    }

    /// The functions that the module defines and that references can be to, or that the host may call, ascending.
    pub(crate) fn referenced_funcs(&self) -> Vec<u32> {
        let mut indices = Vec::new();
        let mut add = |index: u32| {
            if (self.imported_funcs..self.func_count()).contains(&index)
                && let Err(at) = indices.binary_search(&index)
            {
                indices.insert(at, index);
            }
        };
        self.start.into_iter().for_each(&mut add);
        for export in self.exports.iter(self, 0) {
            if export.kind == ExternKind::Func {
                add(export.index);
            }
        }
        self.element_funcs.iter(self, 0).for_each(&mut add);
        for op in self.const_ops.iter(self, 0) {
            if let ConstOp::RefFunc(index) = op {
                add(index);
            }
        }
        indices
    }

    /// Makes exports be found by name.
    pub(crate) fn index_exports(&mut self) {
        #[cfg(hash_maps)]
        {
            let mut names = Map::new();
            for (position, export) in (0..).zip(self.exports.iter(self, 0)) {
                names.insert(self.slice(&export.name).into(), position);
            }
            self.export_names = names;
        }
    }

    /// Bytes of the module.
    pub(crate) fn slice(&self, range: &ByteRange) -> &[u8] {
        // Ranges come from the parser, which cut them out of the same bytes.
        self.bytes
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// The same as text, where that was checked.
    pub(crate) fn text(&self, range: &ByteRange) -> &str {
        core::str::from_utf8(self.slice(range)).unwrap_or_default()
    }

    /// The body of a defined function, to be read by the translator.
    #[cfg(feature = "compiler")]
    pub(crate) fn body(&self, defined: u32) -> FunctionBody<'_> {
        let range = &self.bodies[defined as usize];
        FunctionBody::new(BinaryReader::new_features(
            self.slice(range),
            u64::from(range.start),
            self.engine.features(),
        ))
    }

    /// Byte offset of a defined function's body; 0 where that is not known.
    #[cfg_attr(not(feature = "compiler"), allow(unused_variables))]
    pub(crate) fn body_start(&self, defined: u32) -> u32 {
        #[cfg(feature = "compiler")]
        if let Some(body) = self.bodies.get(defined as usize) {
            return body.start;
        }
        0
    }

    /// The locals of a defined function that should be pinned.
    #[cfg(feature = "compiler")]
    pub(crate) fn pins_of(&self, defined: u32) -> Pins {
        let pins = self.pins.get(defined as usize);
        pins.copied().unwrap_or(Pins::NONE)
    }

    /// The type of a function (imports count).
    pub(crate) fn type_of_func(&self, func_index: u32) -> &FuncType {
        &self.types[self.func_type_index(func_index) as usize].ty
    }

    /// The type of a type index.
    pub(crate) fn func_type(&self, type_index: u32) -> &FuncType {
        &self.types[type_index as usize].ty
    }

    /// The engine-wide identity of a type index.
    pub(crate) fn type_id(&self, type_index: u32) -> TypeId {
        self.types[type_index as usize].id
    }

    /// The names of the name section, read when first asked for.
    #[cfg(feature = "compiler")]
    fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let section = self
                .custom_sections
                .iter()
                .find(|(name, _)| self.slice(name) == b"name");
            section
                .map(|(_, data)| Names::parse(&self.bytes, data))
                .unwrap_or_default()
        })
    }

    pub(crate) fn name(&self) -> Option<&str> {
        if let Some(image) = self.code.image() {
            return image.name(&self.bytes, self.func_count());
        }
        #[cfg(feature = "compiler")]
        return self.names().module(&self.bytes);
        #[cfg(not(feature = "compiler"))]
        None
    }

    /// The name section's name of a function (imports count).
    pub(crate) fn func_name(&self, index: u32) -> Option<&str> {
        if let Some(image) = self.code.image() {
            return image.name(&self.bytes, index);
        }
        #[cfg(feature = "compiler")]
        return self.names().func(&self.bytes, index);
        #[cfg(not(feature = "compiler"))]
        None
    }

    pub(crate) fn export(&self, name: &str) -> Option<ExportEntry> {
        #[cfg(hash_maps)]
        {
            let position = self.export_names.get(name.as_bytes())?;
            self.exports.get(self, *position)
        }
        #[cfg(not(hash_maps))]
        self.exports
            .iter(self, 0)
            .find(|export| self.slice(&export.name) == name.as_bytes())
    }

    /// Whether addresses of a memory are 64 bits wide.
    #[cfg(feature = "compiler")]
    pub(crate) fn is_memory_64(&self, index: u32) -> bool {
        (self.memories.get(self, index)).is_some_and(|memory| memory.is_64)
    }

    /// Whether indices of a table are 64 bits wide.
    #[cfg(feature = "compiler")]
    pub(crate) fn is_table_64(&self, index: u32) -> bool {
        (self.tables.get(self, index)).is_some_and(|table| table.is_64)
    }

    /// The type of a global's value.
    #[cfg(feature = "compiler")]
    pub(crate) fn global_content(&self, index: u32) -> ValType {
        (self.globals.get(self, index)).map_or(ValType::I32, |global| global.content)
    }

    /// The type of what a kind has at an index.
    pub(crate) fn extern_type(&self, kind: ExternKind, index: u32) -> ExternType {
        let ty: Option<ExternType> = match kind {
            ExternKind::Func => Some(self.type_of_func(index).clone().into()),
            ExternKind::Table => self.tables.get(self, index).map(Into::into),
            ExternKind::Memory => self.memories.get(self, index).map(Into::into),
            ExternKind::Global => self.globals.get(self, index).map(Into::into),
            ExternKind::Tag => {
                let ty = self.tags.get(self, index);
                ty.map(|ty| ExternType::Tag(self.func_type(ty).clone()))
            }
        };
        // (Those of an image were all read when it was loaded.)
        ty.unwrap_or_else(nothing)
    }
}

/// The type of what is not there.
fn nothing() -> ExternType {
    FuncType::empty().into()
}

/// How many imports of each kind have been met.
#[derive(Default)]
pub(crate) struct Counts([u32; 5]);

impl Counts {
    /// The index of the next one of a kind.
    pub(crate) fn next(&mut self, kind: ExternKind) -> u32 {
        let count = &mut self.0[kind as usize];
        *count += 1;
        *count - 1
    }

    /// How many they are.
    pub(crate) fn of(&self, kind: ExternKind) -> u32 {
        self.0[kind as usize]
    }
}

#[cfg(all(test, feature = "compiler"))]
mod tests;
