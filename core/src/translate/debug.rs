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
            if self.stack.get(position).is_home() {
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
pub(crate) fn acts_of(bytes: &[u8]) -> u32 {
    match opcode_of(bytes) {
        (0x10..=0x15, _) => acts::CALL,
        (0x21 | 0x22, _) => acts::LOCAL,
        (0x24, _) => acts::GLOBAL,
        (0x28..=0x35, _) => acts::READ,
        (0x36..=0x3e, _) => acts::MEMORY,
        // memory.init and memory.fill; memory.copy
        (0xfc, 8 | 11) => acts::MEMORY,
        (0xfc, 10) => acts::MEMORY | acts::READ,
        // Vectors, of whole ones and of lanes.
        (0xfd, 0..=10 | 84..=87 | 92 | 93) => acts::READ,
        (0xfd, 11 | 88..=91) => acts::MEMORY,
        // Waiting, atomic loads, atomic stores, and what does both.
        (0xfe, 1 | 2 | 0x10..=0x16) => acts::READ,
        (0xfe, 0x17..=0x1d) => acts::MEMORY,
        (0xfe, 0x1e..) => acts::MEMORY | acts::READ,
        _ => 0,
    }
}

/// The first byte of an operator, and the number behind it if that says which one it is.
fn opcode_of(bytes: &[u8]) -> (u8, u32) {
    match *bytes {
        [prefix @ 0xfc..=0xfe, ref rest @ ..] => {
            let digits = rest.iter().take(5).enumerate();
            let mut number = 0;
            for (at, byte) in digits {
                number |= u32::from(byte & 0x7f) << (7 * at);
                if byte & 0x80 == 0 {
                    break;
                }
            }
            (prefix, number)
        }
        [first, ..] => (first, 0),
        [] => (0, 0),
    }
}
