//! Writing images.

use alloc::{boxed::Box, vec::Vec};

use super::{
    CHECKED_FROM, CODE_PADDING, DIRECTORY, HEADER_BYTES, MAGIC, RECORD_BYTES, VERSION, flags,
    frames,
    read::here,
    records::{self, DATA},
    types::Namer,
};
use crate::{
    bytecode::{Compact, Encoding},
    encoding::{checksum, put},
    error::Error,
    module::{ConstExpr, DataSegment, ElementKind, Module, ModuleInner, Record, type_groups},
    translate::{Compiled, compile},
    types::{CompositeType, HeapType, RefType, SubType, ValType},
};

/// What an image holds besides what it needs to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageOptions {
    /// Names of functions, for backtraces.
    pub names: bool,
    /// Where each instruction came from in the module, for backtraces.
    pub offsets: bool,
}

/// The parts of an image, and where each begins.
struct Out {
    bytes: Vec<u8>,
}

impl Out {
    fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn patch(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// The next even offset.
    fn even(&mut self) -> Result<u32, Error> {
        if !self.bytes.len().is_multiple_of(2) {
            self.bytes.push(0);
        }
        self.here()
    }

    fn here(&self) -> Result<u32, Error> {
        here(&self.bytes)
    }
}

impl Module {
    /// Compiles the module to an image: what [`Module::from_image`] runs, on chips where it lies.
    ///
    /// The same module and configuration give the same bytes. Code charges fuel and looks at the interrupt flag if
    /// this engine's does; the engine that runs the image must be configured alike.
    ///
    /// # Errors
    /// [`Module`](crate::ErrorKind::Module) if a function is too large for the compact encoding: more than 65,535
    /// slots, or indices above 65,535.
    pub fn to_image(&self, options: ImageOptions) -> Result<Vec<u8>, Error> {
        let module = self.inner();
        if module.code.image().is_some() {
            return Ok(module.bytes.to_vec());
        }
        let groups = type_groups(module)?;
        let mut out = Out { bytes: Vec::new() };
        out.bytes.extend_from_slice(&MAGIC);
        out.u16(VERSION);
        out.u16(0);
        out.bytes.resize(HEADER_BYTES, 0);
        let defined = module.bodies.len() as u32;
        out.patch(20, defined);

        out.patch(40, module.start.map_or(0, |start| start + 1));
        out.patch(44, HEADER_BYTES as u32);
        let mut namer = Namer {
            types: &module.types,
            group: 0,
        };
        namer.groups(&mut out.bytes, &groups);
        out.even()?;
        let directory = records::write(&mut out.bytes, module)?;
        for (i, (at, len)) in directory.into_iter().enumerate() {
            out.patch(DIRECTORY + i * 8, at);
            out.patch(DIRECTORY + i * 8 + 4, len);
        }
        let table = out.even()?;
        out.patch(16, table);
        for defined in 0..defined {
            out.u16(type_index(module, defined)?);
            out.u32(0);
        }
        let mut flags = flags_of(module, &groups);
        let mut maps = Vec::new();
        let mut offsets = Vec::new();
        for defined in 0..defined {
            let index = module.imported_funcs + defined;
            let compiled = compile::<Compact>(module, defined)
                .map_err(|error| error.in_func(index, module.func_name(index)))?;
            out.even()?;
            compiled
                .words
                .iter()
                .for_each(|word| out.u16(u16::from_le(*word)));
            let entry = out.here()? - (compiled.words.len() as u32 - 1) * 2;
            out.patch(table as usize + defined as usize * RECORD_BYTES + 2, entry);
            flags |= flags_of_code(&compiled);
            if frames::is_needed(&compiled.frames) {
                maps.push((defined, compiled.frames));
            }
            if options.offsets {
                offsets.push(compiled.offsets);
            }
        }
        let end = out.here()?;
        out.patch(36, end);
        out.bytes.resize(out.bytes.len() + CODE_PADDING, 0);
        for (i, segment) in (0..).zip(module.data.iter(module, 0)) {
            let at = directory[DATA].0 + i * DataSegment::BYTES;
            let start = out.here()?;
            out.bytes.extend_from_slice(module.slice(&segment.bytes));
            let end = out.here()?;
            out.patch(at as usize, start);
            out.patch(at as usize + 4, end);
        }

        if !maps.is_empty() {
            let at = out.even()?;
            out.patch(24, at);
            out.u32(maps.len() as u32);
            let index = out.bytes.len();
            out.bytes.resize(index + maps.len() * 8, 0);
            for (i, (defined, map)) in maps.iter().enumerate() {
                let here = out.here()?;
                out.patch(index + i * 8, *defined);
                out.patch(index + i * 8 + 4, here);
                frames::write(&mut out.bytes, map);
            }
        }
        if options.names {
            names(&mut out, module)?;
        }
        if options.offsets {
            let at = out.even()?;
            out.patch(32, at);
            let index = out.bytes.len();
            out.bytes.resize(index + offsets.len() * 4, 0);
            for (i, map) in offsets.iter().enumerate() {
                let here = out.here()?;
                out.patch(index + i * 4, here);
                put(&mut out.bytes, map.len() as u64);
                let mut before = (0, 0);
                for (code, offset) in map {
                    put(&mut out.bytes, code - before.0);
                    // (Mostly forward.)
                    let distance = i64::from(*offset) - i64::from(before.1);
                    put(&mut out.bytes, (distance << 1 ^ distance >> 63) as u64);
                    before = (*code, *offset);
                }
            }
        }
        out.bytes[6..8].copy_from_slice(&flags.to_le_bytes());
        let len = out.here()?;
        out.patch(8, len);
        let checksum = checksum(&out.bytes[CHECKED_FROM..]);
        out.patch(12, checksum);
        Ok(out.bytes)
    }
}

/// The names of functions: how many, then index, place and length of each by ascending index; then the texts. The
/// module's own has the index behind the last function.
fn names(out: &mut Out, module: &ModuleInner) -> Result<(), Error> {
    let mut names = Vec::new();
    for index in 0..module.func_count() {
        if let Some(name) = module.func_name(index) {
            names.push((index, name));
        }
    }
    names.extend(module.name().map(|name| (module.func_count(), name)));
    if names.is_empty() {
        return Ok(());
    }
    let at = out.even()?;
    out.patch(28, at);
    out.u32(names.len() as u32);
    let mut place = out.here()? + names.len() as u32 * 12;
    for (index, name) in &names {
        out.u32(*index);
        out.u32(place);
        out.u32(name.len() as u32);
        place += name.len() as u32;
    }
    for (_, name) in names {
        out.bytes.extend_from_slice(name.as_bytes());
    }
    Ok(())
}

fn type_index(module: &ModuleInner, defined: u32) -> Result<u16, Error> {
    let index = module.imported_funcs + defined;
    let ty = module.func_type_index(index);
    u16::try_from(ty).map_err(|_| {
        Error::limit(message!(
            "function {} is of type {}; the compact encoding has room for 65,536 types",
            index,
            ty
        ))
    })
}

fn flags_of(module: &ModuleInner, groups: &[Box<[SubType]>]) -> u16 {
    let mut bits = 0;
    if module.engine.fuel_enabled() {
        bits |= flags::FUEL;
    }
    if module.engine.interruptible() {
        bits |= flags::INTERRUPTS;
    }
    let mut uses = [false; flags::FEATURES.len()];
    for ty in groups.iter().flatten() {
        let CompositeType::Func(func) = &ty.composite else {
            uses[1] = true;
            continue;
        };
        uses[1] |= !ty.is_final || ty.supertype.is_some();
        for ty in func.params().iter().chain(func.results()) {
            value(*ty, &mut uses);
        }
    }
    for ty in module.globals.iter(module, 0) {
        value(ty.content, &mut uses);
    }
    for ty in module.tables.iter(module, 0) {
        uses[3] |= ty.is_64;
        value(ValType::Ref(ty.element), &mut uses);
    }
    for ty in module.memories.iter(module, 0) {
        uses[3] |= ty.is_64;
        uses[4] |= ty.shared;
    }
    uses[2] |= module.tags.len() > 0;
    let has_arithmetic = |expr: ConstExpr| expr.0.len() > 1;
    let segments = module.data.iter(module, 0);
    let offsets = segments.filter_map(|segment| segment.active.map(|(_, offset)| offset));
    let elements = module.elements.iter(module, 0);
    uses[9] |= (module.global_inits.iter(module, 0))
        .chain(module.table_inits.iter(module, 0))
        .chain(module.element_exprs.iter(module, 0))
        .chain(offsets)
        .chain(elements.filter_map(|segment| match segment.kind {
            ElementKind::Active { offset, .. } => Some(offset),
            _ => None,
        }))
        .any(has_arithmetic);
    for (used, (bit, ..)) in uses.into_iter().zip(flags::FEATURES) {
        if used {
            bits |= bit;
        }
    }
    bits
}

/// The features whose ops the code of a function has.
fn flags_of_code(compiled: &Compiled<Compact>) -> u16 {
    let mut bits = 0;
    for (at, _) in &compiled.offsets {
        let word = compiled.words[Compact::ENTRY_BYTES / 2 + *at as usize / 2];
        let block = Compact::op_of(Compact::opcode_of(word)).map(|(op, _)| op.block());
        let feature = flags::BLOCKS.iter().position(|name| block == Some(name));
        bits |= feature.map_or(0, |feature| flags::FEATURES[feature].0);
    }
    bits
}

fn value(ty: ValType, uses: &mut [bool; flags::FEATURES.len()]) {
    match ty {
        ValType::V128 => uses[0] = true,
        ValType::F32 | ValType::F64 => uses[5] = true,
        ValType::Ref(RefType { heap, .. }) => match heap {
            HeapType::Func | HeapType::Extern => {}
            HeapType::Exn | HeapType::NoExn => uses[2] = true,
            _ => uses[1] = true,
        },
        _ => {}
    }
}
