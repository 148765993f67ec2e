//! Modules: parsed, validated, ready to be instantiated.

mod code_table;
mod const_expr;
#[cfg(feature = "compiler")]
mod convert;
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
        SubType, TableType, TypeDef, TypeId,
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
    pub(crate) imports: Vec<ImportEntry>,
    /// Type index of every function; of an image, of the imported ones.
    pub(crate) funcs: Vec<u32>,
    pub(crate) imported_funcs: u32,
    /// Imported functions that must be of their type exactly, not of a subtype (custom descriptors).
    pub(crate) exact_imports: Vec<u32>,
    pub(crate) globals: Vec<GlobalType>,
    pub(crate) imported_globals: u32,
    /// Initial values of the defined globals.
    pub(crate) global_inits: Vec<ConstExpr>,
    pub(crate) tables: Vec<TableType>,
    pub(crate) imported_tables: u32,
    /// Initial elements of the defined tables; none means null.
    pub(crate) table_inits: Vec<Option<ConstExpr>>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) imported_memories: u32,
    /// Type index of every tag.
    pub(crate) tags: Vec<u32>,
    pub(crate) imported_tags: u32,
    pub(crate) elements: Vec<ElementSegment>,
    pub(crate) data: Vec<DataSegment>,
    pub(crate) exports: Vec<ExportEntry>,
    /// Position in `exports` by name.
    #[cfg(hash_maps)]
    export_names: Map<Box<str>, u32>,
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
    pub(crate) def: Shared<TypeDef>,
}

pub(crate) struct ImportEntry {
    pub(crate) module: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) ty: ImportDesc,
}

#[derive(Clone, Copy)]
pub(crate) enum ImportDesc {
    /// By type index.
    Func(u32),
    Table(TableType),
    Memory(MemoryType),
    Global(GlobalType),
    /// By type index.
    Tag(u32),
}

pub(crate) struct ExportEntry {
    pub(crate) name: Box<str>,
    pub(crate) kind: ExportKind,
    pub(crate) index: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExportKind {
    Func,
    Table,
    Memory,
    Global,
    Tag,
}

pub(crate) struct ElementSegment {
    pub(crate) kind: ElementKind,
    pub(crate) items: ElementItems,
}

pub(crate) enum ElementKind {
    Passive,
    Active { table: u32, offset: ConstExpr },
    Declared,
}

pub(crate) enum ElementItems {
    /// Function indices.
    Funcs(Box<[u32]>),
    Exprs(Box<[ConstExpr]>),
}

impl ElementItems {
    pub(crate) fn len(&self) -> usize {
        match self {
            ElementItems::Funcs(items) => items.len(),
            ElementItems::Exprs(items) => items.len(),
        }
    }
}

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
        self.0.imports.iter().map(|import| ImportType {
            module: &import.module,
            name: &import.name,
            ty: self.0.import_type(import.ty),
        })
    }

    /// The exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        self.0.exports.iter().map(|export| ExportType {
            name: &export.name,
            ty: self.0.export_type(export),
        })
    }

    /// The type of an export.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        self.0.export(name).map(|export| self.0.export_type(export))
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
            imports: Vec::new(),
            funcs: Vec::new(),
            imported_funcs: 0,
            exact_imports: Vec::new(),
            globals: Vec::new(),
            imported_globals: 0,
            global_inits: Vec::new(),
            tables: Vec::new(),
            imported_tables: 0,
            table_inits: Vec::new(),
            memories: Vec::new(),
            imported_memories: 0,
            tags: Vec::new(),
            imported_tags: 0,
            elements: Vec::new(),
            data: Vec::new(),
            exports: Vec::new(),
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
    pub(crate) fn add_group(&mut self, group: Box<[SubType]>) {
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

    /// How many functions there are, imports included.
    pub(crate) fn func_count(&self) -> u32 {
        match self.code.image() {
            Some(image) => self.imported_funcs + image.defined,
            None => self.funcs.len() as u32,
        }
    }

    /// The type index of a function.
    pub(crate) fn func_type_index(&self, func_index: u32) -> u32 {
        let defined = func_index.checked_sub(self.imported_funcs);
        match (self.code.image(), defined) {
            (Some(image), Some(defined)) => image.type_index(&self.bytes, defined),
            _ => self.funcs[func_index as usize],
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
            if index >= self.imported_funcs
                && let Err(at) = indices.binary_search(&index)
            {
                indices.insert(at, index);
            }
        };
        self.start.into_iter().for_each(&mut add);
        for export in &self.exports {
            if export.kind == ExportKind::Func {
                add(export.index);
            }
        }
        let inits = self.global_inits.iter();
        for init in inits.chain(self.table_inits.iter().flatten()) {
            init.funcs().for_each(&mut add);
        }
        for segment in &self.elements {
            match &segment.items {
                ElementItems::Funcs(items) => items.iter().copied().for_each(&mut add),
                ElementItems::Exprs(items) => {
                    items.iter().flat_map(ConstExpr::funcs).for_each(&mut add);
                }
            }
        }
        indices
    }

    /// Gives back the room that was made for more types, imports and so on than there are.
    pub(crate) fn shrink(&mut self) {
        self.types.shrink_to_fit();
        self.imports.shrink_to_fit();
        self.funcs.shrink_to_fit();
        self.globals.shrink_to_fit();
        self.global_inits.shrink_to_fit();
        self.tables.shrink_to_fit();
        self.table_inits.shrink_to_fit();
        self.memories.shrink_to_fit();
    }

    /// Makes exports be found by name.
    pub(crate) fn index_exports(&mut self) {
        #[cfg(hash_maps)]
        for (position, export) in (0..).zip(&self.exports) {
            self.export_names.insert(export.name.clone(), position);
        }
    }

    /// Bytes of the module.
    pub(crate) fn slice(&self, range: &ByteRange) -> &[u8] {
        // Ranges come from the parser, which cut them out of the same bytes.
        self.bytes
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
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

    pub(crate) fn export(&self, name: &str) -> Option<&ExportEntry> {
        #[cfg(hash_maps)]
        return (self.export_names.get(name)).map(|position| &self.exports[*position as usize]);
        #[cfg(not(hash_maps))]
        self.exports.iter().find(|export| *export.name == *name)
    }

    pub(crate) fn import_type(&self, ty: ImportDesc) -> ExternType {
        match ty {
            ImportDesc::Func(ty) => self.func_type(ty).clone().into(),
            ImportDesc::Table(ty) => ty.into(),
            ImportDesc::Memory(ty) => ty.into(),
            ImportDesc::Global(ty) => ty.into(),
            ImportDesc::Tag(ty) => ExternType::Tag(self.func_type(ty).clone()),
        }
    }

    fn export_type(&self, export: &ExportEntry) -> ExternType {
        let index = export.index as usize;
        match export.kind {
            ExportKind::Func => self.type_of_func(export.index).clone().into(),
            ExportKind::Table => self.tables[index].into(),
            ExportKind::Memory => self.memories[index].into(),
            ExportKind::Global => self.globals[index].into(),
            ExportKind::Tag => ExternType::Tag(self.func_type(self.tags[index]).clone()),
        }
    }
}

#[cfg(all(test, feature = "compiler"))]
mod tests;
