//! Translations made again to be looked at: listings, and the wasm offsets of code.

use alloc::{string::String, vec::Vec};

use super::{
    begin,
    code::{Instruction, Pc},
    func::{Buffers, FuncTranslator},
    run,
};
use crate::{
    bytecode::{Encoding, Form, FrameMap, Native, disassemble, wasm_text},
    error::Error,
    exec::{ENTRY_HEADER_BYTES, HEADER_SLOTS},
    module::{Module, ModuleInner},
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
pub(super) fn record(
    module: &ModuleInner,
    defined: u32,
) -> Result<FuncTranslator<'_, Native>, Error> {
    let mut translator = begin::<Native>(module, defined, Buffers::default(), true);
    run(&mut translator, module, defined)?;
    Ok(translator)
}

/// The opcodes of a function's code.
#[cfg(test)]
pub(crate) fn opcodes(module: &Module, defined: u32) -> Vec<u16> {
    let translator = record(module.inner(), defined).unwrap_or_else(|error| panic!("{error}"));
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
    let Ok(translator) = record(module, defined) else {
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
    record(module, defined)
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
    record(module, defined)
        .map(FuncTranslator::into_frame_map)
        .unwrap_or_default()
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// What a slot is for: parameter or local by number, frame header, result or temporary.
    fn slot_name(&self, slot: u16) -> String {
        use alloc::format;
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
    /// The register bytecode of a function (imports count) next to the wasm it came from.
    /// Imported functions have no lines.
    ///
    /// # Errors
    /// The function does not exist, or cannot be translated.
    pub fn explain(&self, func_index: u32) -> Result<Vec<ExplainLine>, Error> {
        let module = self.inner();
        if func_index >= module.func_count() {
            return Err(Error::new(alloc::format!(
                "there is no function {func_index}: the module has {}",
                module.func_count()
            )));
        }
        let Some(defined) = func_index.checked_sub(module.imported_funcs) else {
            return Ok(Vec::new());
        };
        let translator = record(module, defined)?;
        // Instructions in the order of the code, each with its wasm offset.
        let mut listing = Vec::new();
        let code = translator.code.words();
        for &(pc, offset) in translator.code.map() {
            let instruction = Instruction::<Native>::new(code, pc);
            let text = disassemble(&instruction, &|slot| translator.slot_name(slot));
            listing.push((pc.bytes() - ENTRY_HEADER_BYTES as u32, offset, text));
        }
        debug_assert!(translator.code.map().windows(2).all(|pair| {
            let instruction = Instruction::<Native>::new(code, pair[0].0);
            Native::op_of(instruction.opcode()).is_some_and(|(op, form)| {
                Pc(pair[0].0.0 + instruction.len(op, &Form::of::<Native>(op, form))) == pair[1].0
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
            use wasmparser::Operator;
            if matches!(operator, Operator::End | Operator::Else) {
                depth = depth.saturating_sub(1);
            }
            let mut wasm = Some(wasm_text(&operator));
            // Code of the prologue comes before the first operator.
            while let Some((at, _, text)) = listing.next_if(|&(_, origin, _)| origin <= offset) {
                lines.push(ExplainLine {
                    offset,
                    depth,
                    wasm: wasm.take(),
                    code: Some(alloc::format!("{at:4x}  {text}")),
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
            if matches!(
                operator,
                Operator::Block { .. }
                    | Operator::Loop { .. }
                    | Operator::If { .. }
                    | Operator::Else
            ) {
                depth += 1;
            }
        }
        Ok(lines)
    }
}
