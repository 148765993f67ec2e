//! Debug translations: every wasm instruction begins with a `Step`, at which each value of the program is in its place.

use alloc::vec::Vec;

use super::{
    code::Operands,
    explain::record,
    func::{FuncTranslator, parsed_ty},
};
use crate::{
    bytecode::{Encoding, Native, Op},
    error::Error,
    exec::{Stops, acts},
    module::ModuleInner,
};

/// Where a function's debug code has what. Code is told by byte offsets behind the function's entry.
pub(crate) struct FuncCode {
    /// Wasm offsets of instructions that can be reached, and their `Step`s; ascending.
    pub(crate) steps: Vec<(u32, u32)>,
    /// Wasm offsets by code offset, ascending.
    pub(crate) map: Vec<(u32, u32)>,
    /// The types of the locals, parameters included, and their slots.
    pub(crate) locals: Vec<(wasmparser::ValType, u32)>,
    /// First slot of the operand stack.
    pub(crate) operands: u32,
    /// Slots of a frame.
    pub(crate) slots: u32,
}

/// Translates a defined function of a debugged module again, to tell that.
///
/// # Errors
/// As when it was translated.
pub(crate) fn func_code(module: &ModuleInner, defined: u32) -> Result<FuncCode, Error> {
    let mut translator = record::<Native>(module, defined)?;
    let mut locals = Vec::new();
    // The parameters' types are those of the function, which wasmparser's reader of bodies does not know.
    for index in 0..module
        .type_of_func(module.imported_funcs + defined)
        .params()
        .len() as u32
    {
        locals.push((wasmparser::ValType::I32, translator.locals.get(index).1));
    }
    let mut reader = module.body(defined).get_locals_reader()?;
    for _ in 0..reader.get_count() {
        let (count, ty) = reader.read()?;
        for _ in 0..count {
            let index = locals.len() as u32;
            let (found, slot) = translator.locals.get(index);
            debug_assert_eq!(found, parsed_ty(ty));
            locals.push((ty, slot));
        }
    }
    let entry = <Native as Encoding>::ENTRY_BYTES as u32;
    Ok(FuncCode {
        map: translator
            .code
            .map()
            .iter()
            .map(|&(pc, offset)| (pc.bytes() - entry, offset))
            .collect(),
        steps: core::mem::take(&mut translator.steps),
        operands: translator.first_temporary(),
        slots: translator.stack.max() + translator.code.spare_slots(),
        locals,
    })
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// Emits the `Step` of the operator at this offset, which `rest` begins with.
    pub(super) fn step(&mut self, offset: u32, rest: &[u8]) {
        if self.dead.is_some() || rest.is_empty() {
            return;
        }
        for position in (0..self.stack.len()).rev() {
            if self.stack.at(position).is_home() {
                break;
            }
            self.materialize(position);
        }
        self.stack.clear_acc();
        self.last = None;
        self.producer = None;
        self.stop_here();
        let word = Stops::word(offset, acts_of(rest));
        let operands = Operands::default().u32(4, word);
        let pc = self.code.emit(Op::Step.base::<E>(), operands, 8);
        if self.code.recording() {
            self.steps
                .push((offset, pc.bytes() - E::ENTRY_BYTES as u32));
        }
    }
}

/// What the operator that the bytes begin with may do.
fn acts_of(bytes: &[u8]) -> u32 {
    match *bytes {
        [0x10..=0x15, ..] => acts::CALL,
        [0x21 | 0x22, ..] => acts::LOCAL,
        [0x24, ..] => acts::GLOBAL,
        [0x36..=0x3e, ..] => acts::MEMORY,
        // memory.init, memory.copy, memory.fill; vector stores, of lanes too; atomic stores and all that follow them.
        [0xfc, 8 | 10 | 11, ..] | [0xfd, 11 | 88..=91, ..] | [0xfe, 0x17..=0xff, ..] => {
            acts::MEMORY
        }
        // Numbers may be written longer than they need to be.
        [0xfc..=0xfe, 0x80..=0xff, ..] => acts::MEMORY,
        _ => 0,
    }
}
