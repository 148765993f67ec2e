//! Parsing and validation, section by section.

use alloc::{boxed::Box, vec::Vec};

use wasmparser::{
    Chunk, DataKind, ElementItems as ParsedItems, ElementKind as ParsedKind, ExternalKind,
    FuncValidatorAllocations, FunctionBody, Parser, Payload, TableInit, TypeRef, ValidPayload,
    Validator,
};

use super::{
    ByteRange, Bytes, CodeTable, ConstExpr, DataSegment, ElementKind, ElementSegment, ExportEntry,
    ExternKind, ImportEntry, Module, ModuleInner, Names, Types, convert,
    validate::{Pending, validate_body},
};
use crate::{
    engine::{CompilationMode, Engine},
    error::Error,
    sync::Shared,
    translate::{Pins, Weights},
    types::SubType,
};

/// Builds a module; see `Module::new`.
pub(super) fn module(engine: &Engine, bytes: &[u8]) -> Result<Module, Error> {
    check_header(bytes)?;
    let bytes: Shared<[u8]> = bytes.into();
    let mut builder = Builder::new(engine, bytes.clone(), &bytes);
    let mut weights = Weights::default();
    each_payload(engine, &bytes, |payload, func, allocations| {
        builder.payload(payload)?;
        match func {
            Some((func, body)) => {
                let pins = validate_body(&bytes, func, &body, &mut weights, allocations)?;
                if pins != Pins::NONE {
                    let defined = builder.module.bodies.len() - 1;
                    builder.module.pins.resize(defined, Pins::NONE);
                    builder.module.pins.push(pins);
                }
                Ok(())
            }
            None => Ok(()),
        }
    })?;
    let mut inner = builder.module;
    inner.index_exports();
    inner.code = CodeTable::new(inner.bodies.len());
    if engine.config().compilation_mode == CompilationMode::Eager {
        for defined in 0..inner.bodies.len() as u32 {
            let index = inner.imported_funcs + defined;
            inner
                .code
                .translate(&inner, defined)
                .map_err(|error| error.in_func(index, inner.func_name(index)))?;
        }
    }
    Ok(Module(Shared::new(inner)))
}

/// Checks a module; see `Module::validate`.
pub(super) fn validate(engine: &Engine, bytes: &[u8]) -> Result<(), Error> {
    check_header(bytes)?;
    let mut builder = Builder::new(engine, Shared::new([]), bytes);
    let mut weights = Weights::default();
    each_payload(engine, bytes, |payload, func, allocations| {
        builder.payload(payload)?;
        match func {
            Some((func, body)) => {
                validate_body(bytes, func, &body, &mut weights, allocations).map(drop)
            }
            None => Ok(()),
        }
    })
}

/// The validators of the bodies of a module, which is valid.
///
/// # Errors
/// None, since it is.
#[cfg(feature = "debug")]
pub(crate) fn validators(module: &ModuleInner) -> Result<Vec<Pending>, Error> {
    let mut found = Vec::new();
    each_payload(&module.engine, &module.bytes, |_, func, _| {
        found.extend(func.map(|(func, _)| func));
        Ok(())
    })?;
    Ok(found)
}

/// Clear words for what is no core module at all.
fn check_header(bytes: &[u8]) -> Result<(), Error> {
    const MAGIC: &[u8] = b"\0asm";
    if u32::try_from(bytes.len()).is_err() {
        return Err(Error::limit("modules of 4 GiB and more are not supported"));
    }
    if !bytes.starts_with(MAGIC) && !MAGIC.starts_with(bytes) {
        let text = bytes.trim_ascii_start();
        return Err(Error::module(
            match text.starts_with(b"(module") || text.starts_with(b";;") {
                true => "this looks like the WebAssembly text format; convert it to binary first",
                false => "not a WebAssembly binary: it does not begin with the bytes `\\0asm`",
            },
            None,
        ));
    }
    if Parser::is_component(bytes) {
        return Err(Error::module(
            "this is a WebAssembly component; wasmote runs core modules",
            None,
        ));
    }
    if bytes.len() < 8 {
        return Err(Error::module(
            "unexpected end-of-file: the file is truncated inside its header",
            Some(bytes.len() as u64),
        ));
    }
    Ok(())
}

/// Parses and validates everything but function bodies, which `visit` gets with the validator for them.
fn each_payload<'b>(
    engine: &Engine,
    bytes: &'b [u8],
    mut visit: impl FnMut(
        &Payload<'b>,
        Option<(Pending, FunctionBody<'b>)>,
        &mut FuncValidatorAllocations,
    ) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut parser = Parser::new(0);
    parser.set_features(engine.module_features());
    let mut validator = Validator::new_with_features(engine.module_features());
    let mut allocations = FuncValidatorAllocations::default();
    let mut rest = bytes;
    loop {
        let payload = match parser
            .parse(rest, true)
            .map_err(|error| truncated(error, bytes))?
        {
            Chunk::Parsed { consumed, payload } => {
                rest = &rest[consumed..];
                payload
            }
            // Not after `eof = true`.
            Chunk::NeedMoreData(_) => return Err(Error::module("unexpected end-of-file", None)),
        };
        match validator.payload(&payload)? {
            ValidPayload::Func(mut func, body) => {
                func.features = engine.features();
                visit(&payload, Some((func, body)), &mut allocations)?;
            }
            ValidPayload::End(_) => return Ok(()),
            ValidPayload::Ok | ValidPayload::Parser(_) => visit(&payload, None, &mut allocations)?,
        }
    }
}

/// Says so when a section goes on after the end of the file.
fn truncated(error: wasmparser::Error, bytes: &[u8]) -> Error {
    if error.message().starts_with("unexpected end") {
        let message = alloc::format!(
            "{}: the file of {} bytes ends in the middle of a section",
            error.message(),
            bytes.len()
        );
        return Error::module(message, Some(error.offset()));
    }
    error.into()
}

/// The name section usually comes after the code; for an error in the code it is worth a look ahead.
pub(super) fn find_names(bytes: &[u8]) -> Names {
    let section = Parser::new(0)
        .parse_all(bytes)
        .map_while(Result::ok)
        .find_map(|payload| match payload {
            Payload::CustomSection(section) if section.name() == "name" => {
                Some(section.data_range())
            }
            _ => None,
        });
    section
        .map(|range| Names::parse(bytes, &small(range)))
        .unwrap_or_default()
}

/// Module offsets fit 32 bits: `check_header`.
fn small(range: core::ops::Range<u64>) -> ByteRange {
    range.start as u32..range.end as u32
}

/// The recursion groups of a module's type section, which has been read before.
pub(crate) fn type_groups(module: &ModuleInner) -> Result<Vec<Box<[SubType]>>, Error> {
    let mut groups = Vec::new();
    let mut known = 0;
    for payload in Parser::new(0).parse_all(&module.bytes) {
        let Payload::TypeSection(section) = payload? else {
            continue;
        };
        for group in section {
            let group: Vec<_> = group?.into_types().collect();
            let types = Types {
                features: module.engine.features(),
                known: &module.types[..known],
                group: &group,
            };
            groups.push(types.sub_types()?);
            known += group.len();
        }
    }
    Ok(groups)
}

/// Collects what sections say. Lists grow with what was really read, never by a declared count.
struct Builder {
    module: ModuleInner,
    /// The address of the bytes that are read: what names in them are told by.
    start: usize,
}

impl Builder {
    /// For a module that keeps `bytes`, of which `read` is read.
    fn new(engine: &Engine, bytes: Shared<[u8]>, read: &[u8]) -> Builder {
        Builder {
            module: ModuleInner::empty(engine, Bytes::Owned(bytes)),
            start: read.as_ptr() as usize,
        }
    }

    /// Where a name is that was read.
    fn place(&self, name: &str) -> ByteRange {
        let start = (name.as_ptr() as usize - self.start) as u32;
        start..start + name.len() as u32
    }

    /// Takes over a payload that the validator has accepted.
    fn payload(&mut self, payload: &Payload<'_>) -> Result<(), Error> {
        let module = &mut self.module;
        let types = Types {
            features: module.engine.features(),
            known: &module.types,
            group: &[],
        };
        match payload {
            Payload::TypeSection(section) => {
                for group in section.clone() {
                    let group: Vec<_> = group?.into_types().collect();
                    let types = Types {
                        features: module.engine.features(),
                        known: &module.types,
                        group: &group,
                    };
                    let group = types.sub_types()?;
                    module.add_group(group);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    self.import(import?)?;
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section.clone() {
                    module.funcs.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                for table in section.clone() {
                    let table = table?;
                    module.tables.push(types.table_type(table.ty)?);
                    module.table_inits.push(match table.init {
                        TableInit::RefNull => ConstExpr::default(),
                        TableInit::Expr(expr) => {
                            ConstExpr::parse(&expr, &types, &mut module.const_ops)?
                        }
                    });
                }
            }
            Payload::MemorySection(section) => {
                for memory in section.clone() {
                    module.memories.push(convert::memory_type(memory?));
                }
            }
            Payload::TagSection(section) => {
                for tag in section.clone() {
                    module.tags.push(tag?.func_type_idx);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section.clone() {
                    let global = global?;
                    module.globals.push(types.global_type(global.ty)?);
                    let ops = &mut module.const_ops;
                    module
                        .global_inits
                        .push(ConstExpr::parse(&global.init_expr, &types, ops)?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    self.export(export?);
                }
            }
            Payload::StartSection { func, .. } => module.start = Some(*func),
            Payload::ElementSection(section) => {
                for element in section.clone() {
                    element_segment(element?, module)?;
                }
            }
            Payload::DataSection(section) => {
                for data in section.clone() {
                    let data = data?;
                    let active = match data.kind {
                        DataKind::Passive => None,
                        DataKind::Active {
                            memory_index,
                            offset_expr,
                        } => {
                            let ops = &mut module.const_ops;
                            Some((memory_index, ConstExpr::parse(&offset_expr, &types, ops)?))
                        }
                    };
                    // The contents end where the segment ends.
                    let end = data.range.end as u32;
                    module.data.push(DataSegment {
                        active,
                        bytes: end - data.data.len() as u32..end,
                    });
                }
            }
            Payload::CodeSectionEntry(body) => module.bodies.push(small(body.range())),
            Payload::CustomSection(section) => {
                let data = small(section.data_range());
                // The name ends where the data starts.
                let name = data.start - section.name().len() as u32..data.start;
                module.custom_sections.push((name, data));
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'_>) -> Result<(), Error> {
        let names = (self.place(import.module), self.place(import.name));
        let module = &mut self.module;
        let types = Types {
            features: module.engine.features(),
            known: &module.types,
            group: &[],
        };
        let kind = match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                module.funcs.push(ty);
                module.imported_funcs += 1;
                ExternKind::Func
            }
            TypeRef::Table(ty) => {
                let ty = types.table_type(ty)?;
                module.tables.push(ty);
                module.imported_tables += 1;
                ExternKind::Table
            }
            TypeRef::Memory(ty) => {
                let ty = convert::memory_type(ty);
                module.memories.push(ty);
                module.imported_memories += 1;
                ExternKind::Memory
            }
            TypeRef::Global(ty) => {
                let ty = types.global_type(ty)?;
                module.globals.push(ty);
                module.imported_globals += 1;
                ExternKind::Global
            }
            TypeRef::Tag(ty) => {
                module.tags.push(ty.func_type_idx);
                module.imported_tags += 1;
                ExternKind::Tag
            }
        };
        module.imports.push(ImportEntry {
            module: names.0,
            name: names.1,
            kind,
            exact: matches!(import.ty, TypeRef::FuncExact(_)),
        });
        Ok(())
    }

    fn export(&mut self, export: wasmparser::Export<'_>) {
        let kind = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => ExternKind::Func,
            ExternalKind::Table => ExternKind::Table,
            ExternalKind::Memory => ExternKind::Memory,
            ExternalKind::Global => ExternKind::Global,
            ExternalKind::Tag => ExternKind::Tag,
        };
        let name = self.place(export.name);
        self.module.exports.push(ExportEntry {
            name,
            kind,
            index: export.index,
        });
    }
}

/// Adds a segment and what it has.
fn element_segment(
    element: wasmparser::Element<'_>,
    module: &mut ModuleInner,
) -> Result<(), Error> {
    let types = Types {
        features: module.engine.features(),
        known: &module.types,
        group: &[],
    };
    let ops = &mut module.const_ops;
    let kind = match element.kind {
        ParsedKind::Passive => ElementKind::Passive,
        ParsedKind::Declared => ElementKind::Declared,
        ParsedKind::Active {
            table_index,
            offset_expr,
        } => ElementKind::Active {
            table: table_index.unwrap_or(0),
            offset: ConstExpr::parse(&offset_expr, &types, ops)?,
        },
    };
    let (are_exprs, items) = match element.items {
        ParsedItems::Functions(items) => {
            let start = module.element_funcs.len();
            for func in items {
                module.element_funcs.push(func?);
            }
            (false, start..module.element_funcs.len())
        }
        ParsedItems::Expressions(ty, items) => {
            // Only for its refusals: validation has compared it with the tables.
            types.ref_type(ty)?;
            let start = module.element_exprs.len();
            for expr in items {
                let expr = ConstExpr::parse(&expr?, &types, ops)?;
                module.element_exprs.push(expr);
            }
            (true, start..module.element_exprs.len())
        }
    };
    module.elements.push(ElementSegment {
        kind,
        are_exprs,
        items,
    });
    Ok(())
}
