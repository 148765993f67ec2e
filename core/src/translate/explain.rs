//! Translations made again to be looked at: listings, and the wasm offsets of code.

use alloc::{format, string::String, vec::Vec};

use core::ops::Range;

use wasmparser::Operator;

use super::{
    begin,
    code::{Instruction, Pc},
    func::{Buffers, FuncTranslator},
    run,
};
use crate::{
    bytecode::{Compact, Encoding, Form, FrameMap, Native, Ty, disassemble, wasm_text},
    error::Error,
    exec::{ENTRY_HEADER_BYTES, HEADER_SLOTS},
    image::ImageCode,
    module::{ExternKind, Module, ModuleInner},
    types::FuncType,
};

/// A line of a listing: a wasm instruction, a register instruction that it became, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainLine {
    /// Byte offset of the wasm instruction in the module.
    pub offset: u32,
    /// Depth of the blocks around the wasm instruction.
    pub depth: u32,
    /// The wasm instruction, on its first line.
    pub wasm: Option<String>,
    /// A register instruction.
    pub code: Option<String>,
}

/// Translates with opcode numbers and wasm offsets recorded.
pub(super) fn record<E: Encoding>(
    module: &ModuleInner,
    defined: u32,
) -> Result<FuncTranslator<'_, E>, Error> {
    let mut translator = begin::<E>(module, defined, Buffers::default(), true);
    run(&mut translator, module, defined)?;
    Ok(translator)
}

/// The opcodes of a function's code.
#[cfg(test)]
pub(crate) fn opcodes(module: &Module, defined: u32) -> Vec<u16> {
    let translator =
        record::<Native>(module.inner(), defined).unwrap_or_else(|error| panic!("{error}"));
    let code = translator.code.words();
    translator
        .code
        .map()
        .iter()
        .map(|&(pc, _)| Instruction::<Native>::new(code, pc).opcode())
        .collect()
}

/// What `visit` makes of each instruction and its byte offset behind the function's entry.
#[cfg(feature = "stats")]
pub(crate) fn recorded<T>(
    module: &ModuleInner,
    defined: u32,
    mut visit: impl FnMut(u32, &Instruction<'_, Native>) -> T,
) -> Vec<T> {
    let Ok(translator) = record::<Native>(module, defined) else {
        return Vec::new();
    };
    let code = translator.code.words();
    let map = translator.code.map().iter();
    map.map(|&(pc, _)| {
        let offset = pc.bytes() - ENTRY_HEADER_BYTES as u32;
        visit(offset, &Instruction::new(code, pc))
    })
    .collect()
}

/// Wasm offsets by code offset, ascending. (It was translated before, so it can be again.)
pub(crate) fn offset_map(module: &ModuleInner, defined: u32) -> Vec<(u32, u32)> {
    record::<Native>(module, defined)
        .map(|translator| {
            translator
                .code
                .map()
                .iter()
                .map(|&(pc, offset)| (pc.bytes() - ENTRY_HEADER_BYTES as u32, offset))
                .collect()
        })
        .unwrap_or_default()
}

/// What is known of a function's frames.
pub(crate) fn frame_map(module: &ModuleInner, defined: u32) -> FrameMap {
    record::<Native>(module, defined)
        .map(FuncTranslator::into_frame_map)
        .unwrap_or_default()
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// What a slot is for: parameter or local by number, frame header, result or temporary.
    pub(super) fn slot_name(&self, slot: u16) -> String {
        let slot = slot as u32;
        if let Some(local) = self.locals.at_slot(slot) {
            return format!("l{local}");
        }
        match slot.checked_sub(self.first_temporary()) {
            Some(temporary) => format!("t{temporary}"),
            None if slot < self.header => format!("r{slot}"),
            None if slot < self.header + HEADER_SLOTS as u32 => format!("h{}", slot - self.header),
            None => format!("s{slot}"),
        }
    }
}

impl Module {
    /// The indices of the functions that it defines.
    pub fn defined_funcs(&self) -> Range<u32> {
        let module = self.inner();
        module.imported_funcs..module.func_count()
    }

    /// The function that has this name in the name section, or is exported by it.
    pub fn find_func(&self, name: &str) -> Option<u32> {
        let module = self.inner();
        let named = (0..module.func_count()).find(|index| module.func_name(*index) == Some(name));
        let exported = || module.export(name);
        named.or_else(|| match exported()? {
            export if export.kind == ExternKind::Func => Some(export.index),
            _ => None,
        })
    }

    /// The register bytecode of a function (imports count) next to the wasm it came from. Of an image, its compact
    /// code; offsets are 0 if they are not kept. Imported functions have no lines.
    ///
    /// # Errors
    /// The function does not exist, or cannot be translated.
    pub fn explain(&self, func_index: u32) -> Result<Vec<ExplainLine>, Error> {
        self.explain_as::<Native>(func_index)
    }

    /// The same with the compact code that the function becomes in an image.
    ///
    /// # Errors
    /// As [`Module::explain`].
    pub fn explain_compact(&self, func_index: u32) -> Result<Vec<ExplainLine>, Error> {
        self.explain_as::<Compact>(func_index)
    }

    fn explain_as<E: Encoding>(&self, func_index: u32) -> Result<Vec<ExplainLine>, Error> {
        let module = self.inner();
        if func_index >= module.func_count() {
            return Err(Error::new(format!(
                "there is no function {func_index}: the module has {}",
                module.func_count()
            )));
        }
        let Some(defined) = func_index.checked_sub(module.imported_funcs) else {
            return Ok(Vec::new());
        };
        match module.code.image() {
            Some(image) => Ok(of_image(module, image, defined)),
            None => of_wasm::<E>(module, defined),
        }
    }
}

/// Whether what follows the operator is in a block of its own.
pub(super) fn opens(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::TryTable { .. }
            | Operator::Try { .. }
            | Operator::Catch { .. }
            | Operator::CatchAll
    )
}

/// Whether such a block ends before the operator.
pub(super) fn closes(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::End
            | Operator::Else
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. }
    )
}

fn of_wasm<E: Encoding>(module: &ModuleInner, defined: u32) -> Result<Vec<ExplainLine>, Error> {
    let translator = record::<E>(module, defined)?;
    // Instructions in the order of the code, each with its wasm offset.
    let mut listing = Vec::new();
    let code = translator.code.words();
    for &(pc, offset) in translator.code.map() {
        let instruction = Instruction::<E>::new(code, pc);
        let text = disassemble(&instruction, module.imported_funcs, &|slot| {
            translator.slot_name(slot)
        });
        listing.push((pc.bytes() - E::ENTRY_BYTES as u32, offset, text));
    }
    debug_assert!(translator.code.map().windows(2).all(|pair| {
        let instruction = Instruction::<E>::new(code, pair[0].0);
        E::op_of(instruction.opcode()).is_some_and(|(op, form)| {
            Pc(pair[0].0.0 + instruction.len(op, &Form::of::<E>(op, form))) == pair[1].0
        })
    }));
    let mut listing = listing.into_iter().peekable();
    let mut lines = Vec::new();
    let mut operators = module
        .body(defined)
        .get_operators_reader()
        .map_err(Error::from)?;
    let mut depth = 1u32;
    while !operators.eof() {
        let offset = operators.original_position() as u32;
        let operator = operators.read().map_err(Error::from)?;
        if closes(&operator) {
            depth = depth.saturating_sub(1);
        }
        let mut wasm = Some(wasm_text(&operator));
        // Code of the prologue comes before the first operator.
        while let Some((at, _, text)) = listing.next_if(|&(_, origin, _)| origin <= offset) {
            lines.push(ExplainLine {
                offset,
                depth,
                wasm: wasm.take(),
                code: Some(format!("{at:4x}  {text}")),
            });
        }
        if let Some(wasm) = wasm {
            lines.push(ExplainLine {
                offset,
                depth,
                wasm: Some(wasm),
                code: None,
            });
        }
        if opens(&operator) {
            depth += 1;
        }
    }
    Ok(lines)
}

/// The compact code that an image has of a function.
fn of_image(module: &ModuleInner, image: ImageCode, defined: u32) -> Vec<ExplainLine> {
    let image_bytes = &module.bytes;
    let (entry, end) = (
        image.entry(image_bytes, defined) as usize,
        image.end(image_bytes, defined) as usize,
    );
    let words: Vec<u16> = image_bytes[entry - Compact::ENTRY_BYTES..end]
        .chunks_exact(2)
        .map(|bytes| u16::from_ne_bytes([bytes[0], bytes[1]]))
        .collect();
    let offsets = image.offset_map(image_bytes, defined);
    let ty = module.type_of_func(module.imported_funcs + defined);
    let mut lines = Vec::new();
    let mut pc = Pc(Compact::ENTRY_BYTES as u32);
    while (pc.bytes() as usize) < words.len() * 2 {
        let instruction = Instruction::<Compact>::new(&words, pc);
        let at = pc.bytes() - Compact::ENTRY_BYTES as u32;
        let text = disassemble(&instruction, module.imported_funcs, &|slot| {
            slot_of_image(ty, slot.into())
        });
        let known = offsets.partition_point(|(code, _)| *code <= at);
        let known = known.checked_sub(1).map(|known| offsets[known].1);
        lines.push(ExplainLine {
            offset: known.unwrap_or(0),
            depth: 0,
            wasm: None,
            code: Some(format!("{at:4x}  {text}")),
        });
        // (An image that was verified has nothing else.)
        let Some((op, form)) = Compact::op_of(instruction.opcode()) else {
            break;
        };
        pc.0 += instruction.len(op, &Form::of::<Compact>(op, form));
    }
    lines
}

/// What a slot is for, as far as the function's type tells: locals and temporaries look alike.
fn slot_of_image(ty: &FuncType, slot: u32) -> String {
    let mut first = 0;
    for (local, param) in ty.params().iter().enumerate() {
        let slots = Ty::of(*param).slots();
        if (first..first + slots).contains(&slot) {
            return format!("l{local}");
        }
        first += slots;
    }
    match slot.checked_sub(ty.header_slot()) {
        None => format!("r{slot}"),
        Some(header) if header < HEADER_SLOTS as u32 => format!("h{header}"),
        Some(_) => format!("s{slot}"),
    }
}
