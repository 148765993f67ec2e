//! The head of an image: everything about a module but its code and its bytes.

use alloc::vec::Vec;

use super::types::{Namer, Types, memory_type, put_memory_type};
use crate::{
    encoding::{Reader, put, put_list, put_text},
    error::Error,
    module::{
        ConstExpr, ConstOp, DataSegment, ElementItems, ElementKind, ElementSegment, ExportEntry,
        ExportKind, ImportDesc, ImportEntry, ModuleInner, TypeEntry,
    },
    types::{CompositeType, SubType, TypeId},
};

const EXPORT_KINDS: [ExportKind; 5] = [
    ExportKind::Func,
    ExportKind::Table,
    ExportKind::Memory,
    ExportKind::Global,
    ExportKind::Tag,
];

/// Numbers of constant ops.
mod op {
    pub(super) const VALUE: u8 = 0;
    pub(super) const WIDE: u8 = 1;
    pub(super) const GLOBAL: u8 = 2;
    pub(super) const FUNC: u8 = 3;
    /// The arithmetic ones, in the order of `ARITHMETIC`.
    pub(super) const FIRST_ARITHMETIC: u8 = 4;
    pub(super) const STRUCT: u8 = 16;
    pub(super) const ARRAY: u8 = 17;
    pub(super) const ARRAY_OF: u8 = 18;
}

const ARITHMETIC: [ConstOp; 7] = [
    ConstOp::I32Add,
    ConstOp::I32Sub,
    ConstOp::I32Mul,
    ConstOp::I64Add,
    ConstOp::I64Sub,
    ConstOp::I64Mul,
    ConstOp::RefI31,
];

/// Writes the head of a module whose types come in these groups. `data_at` says where a segment's bytes will be.
pub(super) fn write(
    out: &mut Vec<u8>,
    module: &ModuleInner,
    groups: &[alloc::boxed::Box<[SubType]>],
    data_at: impl Fn(usize) -> u32,
) {
    let mut namer = Namer {
        types: &module.types,
        group: 0,
    };
    put(out, groups.len() as u64);
    for group in groups {
        put(out, group.len() as u64);
        for ty in group {
            out.push(match ty.composite {
                CompositeType::Func(_) => 0,
                CompositeType::Struct(_) => 1,
                CompositeType::Array(_) => 2,
            });
        }
        for ty in group {
            namer.sub_type(out, ty);
        }
        namer.group += group.len() as u32;
    }
    put_list(out, &module.imports, |out, import| {
        put_text(out, &import.module);
        put_text(out, &import.name);
        match import.ty {
            ImportDesc::Func(ty) => {
                out.push(0);
                put(out, ty);
            }
            ImportDesc::Table(ty) => {
                out.push(1);
                namer.table_type(out, ty);
            }
            ImportDesc::Memory(ty) => {
                out.push(2);
                put_memory_type(out, ty);
            }
            ImportDesc::Global(ty) => {
                out.push(3);
                namer.global_type(out, ty);
            }
            ImportDesc::Tag(ty) => {
                out.push(4);
                put(out, ty);
            }
        }
    });
    put_list(out, &module.exact_imports, |out, func| put(out, *func));
    let tables = &module.tables[module.imported_tables as usize..];
    put(out, tables.len() as u64);
    for (ty, init) in tables.iter().zip(&module.table_inits) {
        namer.table_type(out, *ty);
        out.push(init.is_some().into());
        if let Some(init) = init {
            expr(out, &namer, init);
        }
    }
    let memories = &module.memories[module.imported_memories as usize..];
    put_list(out, memories, |out, ty| put_memory_type(out, *ty));
    let tags = &module.tags[module.imported_tags as usize..];
    put_list(out, tags, |out, ty| put(out, *ty));
    let globals = &module.globals[module.imported_globals as usize..];
    put(out, globals.len() as u64);
    for (ty, init) in globals.iter().zip(&module.global_inits) {
        namer.global_type(out, *ty);
        expr(out, &namer, init);
    }
    put_list(out, &module.exports, |out, export| {
        put_text(out, &export.name);
        let kind = EXPORT_KINDS.iter().position(|kind| *kind == export.kind);
        out.push(kind.unwrap_or(0) as u8);
        put(out, export.index);
    });
    match module.start {
        Some(start) => put(out, u64::from(start) + 1),
        None => put(out, 0u32),
    }
    put_list(out, &module.elements, |out, segment| {
        match &segment.kind {
            ElementKind::Passive => out.push(0),
            ElementKind::Declared => out.push(1),
            ElementKind::Active { table, offset } => {
                out.push(2);
                put(out, *table);
                expr(out, &namer, offset);
            }
        }
        match &segment.items {
            ElementItems::Funcs(funcs) => {
                out.push(0);
                put_list(out, funcs, |out, func| put(out, *func));
            }
            ElementItems::Exprs(exprs) => {
                out.push(1);
                put_list(out, exprs, |out, one| expr(out, &namer, one));
            }
        }
    });
    put(out, module.data.len() as u64);
    for (i, segment) in module.data.iter().enumerate() {
        out.push(segment.active.is_some().into());
        if let Some((memory, offset)) = &segment.active {
            put(out, *memory);
            expr(out, &namer, offset);
        }
        // Not in a variable length: it is known only when the head is.
        out.extend_from_slice(&data_at(i).to_le_bytes());
        put(out, segment.bytes.len() as u64);
    }
}

fn expr(out: &mut Vec<u8>, namer: &Namer<'_>, expr: &ConstExpr) {
    let value = [match expr {
        ConstExpr::Value(value) => ConstOp::Value([*value, 0]),
        ConstExpr::Ops(_) => ConstOp::I32Add,
    }];
    let ops = match expr {
        ConstExpr::Value(_) => &value[..],
        ConstExpr::Ops(ops) => ops,
    };
    let index = |id: TypeId| namer.types.iter().position(|ty| ty.id == id).unwrap_or(0) as u64;
    put_list(out, ops, |out, one| match *one {
        ConstOp::Value([value, 0]) => {
            out.push(op::VALUE);
            put(out, value);
        }
        ConstOp::Value(values) => {
            out.push(op::WIDE);
            values.iter().for_each(|value| put(out, *value));
        }
        ConstOp::GlobalGet(global) => {
            out.push(op::GLOBAL);
            put(out, global);
        }
        ConstOp::RefFunc(func) => {
            out.push(op::FUNC);
            put(out, func);
        }
        ConstOp::Struct {
            ty,
            fields,
            descriptor,
        } => {
            out.push(op::STRUCT);
            put(out, index(ty));
            put(out, fields);
            out.push(descriptor.into());
        }
        ConstOp::Array { ty, elements } => {
            out.push(op::ARRAY);
            put(out, index(ty));
            put(out, elements);
        }
        ConstOp::ArrayOf { ty, init } => {
            out.push(op::ARRAY_OF);
            put(out, index(ty));
            out.push(init.into());
        }
        other => {
            let same =
                |one: &ConstOp| core::mem::discriminant(one) == core::mem::discriminant(&other);
            let number = ARITHMETIC.iter().position(same).unwrap_or(0);
            out.push(op::FIRST_ARITHMETIC + number as u8);
        }
    });
}

/// Reads the head into a module that has none yet, and of which `defined` functions are in the image's table.
pub(super) fn read(
    r: &mut Reader<'_>,
    module: &mut ModuleInner,
    defined: u32,
    record_type: impl Fn(u32) -> u32,
) -> Result<(), Error> {
    let groups = r.u32()?;
    for _ in 0..groups {
        let types = Types {
            known: &module.types,
            group: &[],
        };
        let group = types.group(r)?;
        let first = module.types.len();
        module.add_group(group);
        let new = module.types.get(first..).unwrap_or_default();
        if !new.iter().all(|entry| extends(module, entry)) {
            return Err(r.error("a type is not one of its supertype's"));
        }
    }
    let count = r.u32()?;
    for _ in 0..count {
        import(r, module)?;
    }
    let funcs = module.funcs.len() + defined as usize;
    if u32::try_from(funcs).is_err() {
        return Err(r.error("there are too many functions"));
    }
    for i in 0..defined {
        if !is_func(module, record_type(i)) {
            return Err(r.error("a function is of no function's type"));
        }
    }
    let imported = module.funcs.len();
    module.exact_imports = r.list(|r| r.index(imported, "imported function"))?;
    let count = r.u32()?;
    for _ in 0..count {
        let ty = table_type(r, module)?;
        let init = match r.flag()? {
            true => Some(read_expr(r, module, funcs)?),
            false => None,
        };
        module.tables.push(ty);
        module.table_inits.push(init);
    }
    module.memories.extend(r.list(memory_type)?);
    let tags = r.list(|r| tag(r, module))?;
    module.tags.extend(tags);
    let count = r.u32()?;
    for _ in 0..count {
        let ty = types(module).global_type(r)?;
        let init = read_expr(r, module, funcs)?;
        module.globals.push(ty);
        module.global_inits.push(init);
    }
    module.exports = r.list(|r| {
        let name = r.text()?.into();
        let kind = EXPORT_KINDS[r.index(EXPORT_KINDS.len(), "kind of export")? as usize];
        let count = match kind {
            ExportKind::Func => funcs,
            ExportKind::Table => module.tables.len(),
            ExportKind::Memory => module.memories.len(),
            ExportKind::Global => module.globals.len(),
            ExportKind::Tag => module.tags.len(),
        };
        let index = r.index(count, "exported entity")?;
        Ok(ExportEntry { name, kind, index })
    })?;
    module.start = match r.u32()?.checked_sub(1) {
        Some(start) => {
            let ty = match module.funcs.get(start as usize) {
                Some(ty) => *ty,
                None if (start as usize) < funcs => record_type(start - imported as u32),
                None => return Err(r.error("there is no such start function")),
            };
            let ty = module.func_type(ty);
            if !ty.params().is_empty() || !ty.results().is_empty() {
                return Err(r.error("the start function has parameters or results"));
            }
            Some(start)
        }
        None => None,
    };
    module.elements = r.list(|r| {
        let kind = match r.u8()? {
            0 => ElementKind::Passive,
            1 => ElementKind::Declared,
            2 => ElementKind::Active {
                table: r.index(module.tables.len(), "table")?,
                offset: read_expr(r, module, funcs)?,
            },
            _ => return Err(r.error("there is no such kind of segment")),
        };
        let items = match r.flag()? {
            false => ElementItems::Funcs(r.list(|r| r.index(funcs, "function"))?.into()),
            true => ElementItems::Exprs(r.list(|r| read_expr(r, module, funcs))?.into()),
        };
        Ok(ElementSegment { kind, items })
    })?;
    module.data = r.list(|r| {
        let active = match r.flag()? {
            true => Some((
                r.index(module.memories.len(), "memory")?,
                read_expr(r, module, funcs)?,
            )),
            false => None,
        };
        let at = r.at();
        let bytes = r.bytes(4)?;
        let start = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let end = start.checked_add(r.u32()?);
        match end {
            Some(end) if end as usize <= module.bytes.len() => Ok(DataSegment {
                active,
                bytes: start..end,
            }),
            _ => Err(super::read::damaged(
                "a data segment ends outside of it",
                at,
            )),
        }
    })?;
    Ok(())
}

fn types(module: &ModuleInner) -> Types<'_> {
    Types {
        known: &module.types,
        group: &[],
    }
}

fn is_func(module: &ModuleInner, ty: u32) -> bool {
    let entry = module.types.get(ty as usize);
    entry.is_some_and(|entry| matches!(entry.def.composite, CompositeType::Func(_)))
}

/// The type index of a function or tag.
fn func_type(r: &mut Reader<'_>, module: &ModuleInner) -> Result<u32, Error> {
    let ty = r.index(module.types.len(), "type")?;
    if is_func(module, ty) {
        return Ok(ty);
    }
    Err(r.error("a function is of no function's type"))
}

fn tag(r: &mut Reader<'_>, module: &ModuleInner) -> Result<u32, Error> {
    let ty = func_type(r, module)?;
    if module.func_type(ty).results().is_empty() {
        return Ok(ty);
    }
    Err(r.error("a tag has results"))
}

fn table_type(r: &mut Reader<'_>, module: &ModuleInner) -> Result<crate::types::TableType, Error> {
    types(module).table_type(r)
}

fn import(r: &mut Reader<'_>, module: &mut ModuleInner) -> Result<(), Error> {
    let (from, name) = (r.text()?.into(), r.text()?.into());
    let ty = match r.u8()? {
        0 => {
            let ty = func_type(r, module)?;
            module.funcs.push(ty);
            module.imported_funcs += 1;
            ImportDesc::Func(ty)
        }
        1 => {
            let ty = table_type(r, module)?;
            module.tables.push(ty);
            module.imported_tables += 1;
            ImportDesc::Table(ty)
        }
        2 => {
            let ty = memory_type(r)?;
            module.memories.push(ty);
            module.imported_memories += 1;
            ImportDesc::Memory(ty)
        }
        3 => {
            let ty = types(module).global_type(r)?;
            module.globals.push(ty);
            module.imported_globals += 1;
            ImportDesc::Global(ty)
        }
        4 if cfg!(feature = "exceptions") => {
            let ty = tag(r, module)?;
            module.tags.push(ty);
            module.imported_tags += 1;
            ImportDesc::Tag(ty)
        }
        _ => return Err(r.error("there is no such kind of import")),
    };
    module.imports.push(ImportEntry {
        module: from,
        name,
        ty,
    });
    Ok(())
}

/// An expression, which sees the globals that were read before it.
fn read_expr(r: &mut Reader<'_>, module: &ModuleInner, funcs: usize) -> Result<ConstExpr, Error> {
    let object = |r: &mut Reader<'_>, kind: u8| -> Result<TypeId, Error> {
        let index = r.index(module.types.len(), "type")? as usize;
        let entry = &module.types[index];
        let is = match entry.def.composite {
            CompositeType::Func(_) => 0,
            CompositeType::Struct(_) => 1,
            CompositeType::Array(_) => 2,
        };
        if !cfg!(feature = "gc") || is != kind {
            return Err(r.error("an object is of no object's type"));
        }
        Ok(entry.id)
    };
    let ops = r.list(|r| {
        Ok(match r.u8()? {
            op::VALUE => ConstOp::Value([r.u64()?, 0]),
            op::WIDE => ConstOp::Value([r.u64()?, r.u64()?]),
            op::GLOBAL => ConstOp::GlobalGet(r.index(module.globals.len(), "global before it")?),
            op::FUNC => ConstOp::RefFunc(r.index(funcs, "function")?),
            op::STRUCT | op::ARRAY | op::ARRAY_OF if !cfg!(feature = "gc") => {
                return Err(r.error("there is no such constant op"));
            }
            op::STRUCT => ConstOp::Struct {
                ty: object(r, 1)?,
                fields: r.u32()?,
                descriptor: r.flag()?,
            },
            op::ARRAY => ConstOp::Array {
                ty: object(r, 2)?,
                elements: r.u32()?,
            },
            op::ARRAY_OF => ConstOp::ArrayOf {
                ty: object(r, 2)?,
                init: r.flag()?,
            },
            number => {
                let arithmetic = number.checked_sub(op::FIRST_ARITHMETIC);
                let found = arithmetic.and_then(|number| ARITHMETIC.get(usize::from(number)));
                *found.ok_or_else(|| r.error("there is no such constant op"))?
            }
        })
    })?;
    Ok(match ops[..] {
        [ConstOp::Value([value, 0])] => ConstExpr::Value(value),
        _ => ConstExpr::Ops(ops.into()),
    })
}

/// Whether a type takes and gives as many slots as its supertype: calls through one are of the other.
fn extends(module: &ModuleInner, entry: &TypeEntry) -> bool {
    let chain = &entry.def.chain;
    let Some(parent) = chain.len().checked_sub(2).map(|at| chain[at]) else {
        return true;
    };
    match (
        &entry.def.composite,
        &module.engine.type_def(parent).composite,
    ) {
        (CompositeType::Func(ty), CompositeType::Func(of)) => {
            (ty.param_slots(), ty.result_slots()) == (of.param_slots(), of.result_slots())
        }
        (CompositeType::Struct(_), CompositeType::Struct(_)) => true,
        (CompositeType::Array(_), CompositeType::Array(_)) => true,
        _ => false,
    }
}
