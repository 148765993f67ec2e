//! From an image's compact code to what a host executes: the same ops in the direct encoding.

use alloc::vec::Vec;

use super::{
    load::ImageCode,
    read::{damaged, distance, u16_at},
};
use crate::{
    bytecode::{
        Bank, Compact, CopyFrom, Direct, Encoding, Field, Form, FrameMap, Op, Shape, Ty, in_slots,
    },
    error::Error,
    module::ModuleInner,
    translate::{Code, Operands, Pc},
    types::FuncType,
};

/// The direct forms of compact opcodes, as far as they were needed.
#[derive(Default)]
pub(crate) struct Forms(Vec<Option<u16>>);

impl Forms {
    /// The direct opcode of an op's form that does the same.
    fn get(&mut self, opcode: u16, op: Op, form: u16) -> u16 {
        if self.0.len() <= opcode.into() {
            self.0.resize(usize::from(opcode) + 1, None);
        }
        *self.0[usize::from(opcode)].get_or_insert_with(|| op.base::<Direct>() + widen(op, form))
    }
}

/// The number of a small form among the direct ones. It has the same fields.
fn widen(op: Op, form: u16) -> u16 {
    if !Direct::PLACES.accumulators {
        return form;
    }
    let small = Form::in_places(Compact::PLACES, op, form);
    let same = |wide: &u16| Form::in_places(Direct::PLACES, op, *wide) == small;
    let all = op.shape().forms(Direct::PLACES);
    let found = match *op.shape() {
        // Forms of a row may have the same fields, so they are counted.
        Shape::Plain(forms) => {
            let mut kept = (0..).zip(forms).filter(|(_, fields)| in_slots(fields));
            kept.nth(form.into()).map(|(wide, _)| wide)
        }
        // Values, branches taken if true, and if false.
        Shape::Compare { operand, not, .. } => {
            let parts = |places| {
                let branches = Shape::branches_from(places, operand);
                let steps = Shape::steps_from(places, operand, not);
                let one = places.of(operand).branches.len();
                [0, branches, branches + one, steps.max(branches + one)]
            };
            let (of_small, of_wide) = (parts(Compact::PLACES), parts(Direct::PLACES));
            let part = of_small[1..3]
                .iter()
                .filter(|start| form >= **start)
                .count();
            (of_wide[part]..of_wide[part + 1]).find(same)
        }
        _ => (0..all).find(same),
    };
    debug_assert!(found.is_some(), "{op:?} has no direct form of {small:?}");
    found.unwrap_or(0)
}

/// Byte offsets behind the first instruction, in the image and in the code made of it, ascending.
type Places = Vec<(u32, u32)>;

/// What is written of a function.
struct Expansion<'m> {
    module: &'m ModuleInner,
    defined: u32,
    /// Offset of the first instruction in the image.
    entry: u32,
    places: Places,
    /// Branch fields in the code, and where they lead in the image.
    branches: Vec<(u32, u32)>,
}

/// Writes a defined function of an image as direct code.
///
/// # Errors
/// The code is none: only where the image was not verified.
pub(crate) fn expand(
    module: &ModuleInner,
    image: ImageCode,
    defined: u32,
    forms: &mut Forms,
    code: &mut Code<Direct>,
) -> Result<Places, Error> {
    let mut expansion = Expansion {
        module,
        defined,
        entry: image.entry(&module.bytes, defined),
        places: Vec::new(),
        branches: Vec::new(),
    };
    code.begin(false, None);
    code.pad(Direct::ENTRY_BYTES);
    let end = image.end(&module.bytes, defined);
    let mut at = expansion.entry;
    while at < end {
        at += expansion.instruction(at, forms, code)?;
    }
    for (field, target) in &expansion.branches {
        let found = place(&expansion.places, *target);
        let found = found.ok_or_else(|| expansion.damaged(expansion.entry + target))?;
        code.resolve(*field, Pc(found + Direct::ENTRY_BYTES as u32));
    }
    code.patch_entry(image.slots(&module.bytes, defined));
    Ok(expansion.places)
}

/// Where an instruction of the image went.
fn place(places: &[(u32, u32)], offset: u32) -> Option<u32> {
    let found = places
        .binary_search_by_key(&offset, |(from, _)| *from)
        .ok()?;
    Some(places[found].1)
}

impl Expansion<'_> {
    #[cold]
    fn damaged(&self, at: u32) -> Error {
        damaged("its code is none", at as usize)
    }

    /// Writes the instruction at a byte offset of the image, and returns its length.
    fn instruction(
        &mut self,
        at: u32,
        forms: &mut Forms,
        code: &mut Code<Direct>,
    ) -> Result<u32, Error> {
        let image = &self.module.bytes;
        let opcode = u16_at(image, at as usize);
        let (op, number) = Compact::op_of(opcode).ok_or_else(|| self.damaged(at))?;
        let here = code.pc().bytes() - Direct::ENTRY_BYTES as u32;
        self.places.push((at - self.entry, here));

        let form = Form::in_places(Compact::PLACES, op, number);
        let first = at as usize + Compact::OPCODE_BYTES;
        let mut fields = [0; 24];
        let mut len = 0;
        let mut branch = None;
        // How many, and their bytes.
        let mut targets = (0, 0);
        let mut base = 0;
        let mut callee = None;
        for packed in form.packed() {
            let (field, to) = (packed.field, packed.at);
            let (from, width) = (first + field.at(), field.width(true));
            len = field.at() + width;
            let mut bytes = [0; 16];
            for (i, byte) in bytes[..width].iter_mut().enumerate() {
                *byte = image.get(from + i).copied().unwrap_or(0);
            }
            let mut value = u128::from_le_bytes(bytes);
            let index = value as u32;
            match field {
                Field::Imm(_) => value = i32::from(index as u16 as i16) as u32 as u128,
                Field::Imm24(_) => value = ((index << 8) as i32 >> 8) as u32 as u128,
                Field::Imm16(_) => value = i16::from(index as u8 as i8) as u16 as u128,
                Field::Type(_) => {
                    callee = Some(index);
                    value = self.type_id(index, at)?.into();
                }
                Field::Cast(_) => value = self.cast(index, at)?.into(),
                Field::Rel(_) | Field::FarRel(_) => {
                    branch = Some((to as u8, self.target(from, width)));
                }
                Field::Targets(_) => targets = (index + 1, 2),
                Field::FarTargets(_) => targets = (index + 1, 4),
                Field::Base(_) | Field::NearBase(_) => base = index,
                Field::Func(_) => {
                    let count = match op {
                        Op::CallImport | Op::ReturnCallImport | Op::RefFunc => 0,
                        _ => self.module.imported_funcs,
                    };
                    let func = count + index;
                    if func >= self.module.func_count() {
                        return Err(self.damaged(at));
                    }
                    callee = Some(self.module.func_type_index(func));
                    if op == Op::Call {
                        let entry = self.module.code.entry_address(index).expose_provenance();
                        fields[8..8 + size_of::<usize>()].copy_from_slice(&entry.to_ne_bytes());
                    }
                }
                _ => {}
            }
            let native = value.to_ne_bytes();
            let native = match cfg!(target_endian = "little") {
                true => &native[..packed.width],
                false => &native[16 - packed.width..],
            };
            fields[to..to + packed.width].copy_from_slice(native);
        }
        self.emit(code, opcode, op, number, forms, fields);
        if let Some((to, target)) = branch {
            let field = code.field(Pc(here + Direct::ENTRY_BYTES as u32), to);
            self.branches.push((field, target));
        }
        let (targets, bytes) = targets;
        if targets > 0 {
            let from = first + len;
            let first_field = code.emit_fields(targets as usize);
            for i in 0..targets {
                let target = self.target(from + i as usize * bytes, bytes);
                self.branches.push((first_field + i * 4, target));
            }
            len += targets as usize * bytes;
        }
        len = len.next_multiple_of(2);
        let calls = match op {
            Op::Call | Op::CallImport | Op::CallIndirect => true,
            #[cfg(feature = "gc")]
            Op::CallRef => true,
            _ => false,
        };
        if let Some(callee) = callee.filter(|_| calls) {
            self.fetch_result(code, callee, base);
        }
        Ok((Compact::OPCODE_BYTES + len) as u32)
    }

    /// Where the branch field of so many bytes at an offset leads: the offset behind the first instruction.
    fn target(&self, field: usize, bytes: usize) -> u32 {
        let from = field as i64 - i64::from(self.entry);
        (from + distance(&self.module.bytes, field, bytes)) as u32
    }

    fn emit(
        &self,
        code: &mut Code<Direct>,
        opcode: u16,
        op: Op,
        number: u16,
        forms: &mut Forms,
        fields: [u8; 24],
    ) {
        let accumulators = Direct::PLACES.accumulators;
        let operands = Operands::of(&fields);
        match op {
            // A single result is returned in its accumulator.
            Op::ReturnSlot if accumulators => {
                let index = self.module.imported_funcs + self.defined;
                let bank = bank(self.module.type_of_func(index)).unwrap_or(Bank::Int);
                let slot = u16::from_ne_bytes([fields[2], fields[3]]);
                let operands = operands.u16(4, slot.into());
                code.emit(Op::Return.base::<Direct>() + 1 + bank as u16, operands, 8);
            }
            Op::Call => {
                let opcode = Op::Call.base::<Direct>();
                code.emit(opcode, operands, 16);
            }
            Op::Copy if accumulators => {
                let operands = match Compact::PLACES.copies[usize::from(number)] {
                    CopyFrom::Imm16 => {
                        let value = i16::from_ne_bytes([fields[2], fields[3]]);
                        operands.u32(4, i32::from(value) as u32)
                    }
                    _ => operands,
                };
                let (from, bytes) = match Compact::PLACES.copies[usize::from(number)] {
                    CopyFrom::Slot | CopyFrom::Far => (CopyFrom::Slot, 8),
                    CopyFrom::Imm64 => (CopyFrom::Imm64, 16),
                    _ => (CopyFrom::Imm32, 8),
                };
                code.emit(copy_from(from), operands, bytes);
            }
            _ => {
                let opcode = forms.get(opcode, op, number);
                let form = Direct::op_of(opcode).map(|(op, form)| Form::of::<Direct>(op, form));
                match form.map_or(8, |form| form.operand_bytes::<Direct>()) {
                    24 => {
                        let mut wide = [0; 16];
                        wide.copy_from_slice(&fields[8..]);
                        code.emit_wide(opcode, operands, u128::from_ne_bytes(wide));
                    }
                    bytes => {
                        code.emit(opcode, operands, bytes);
                    }
                }
            }
        }
    }

    /// Copies a call's single result from its accumulator to where images expect it.
    fn fetch_result(&self, code: &mut Code<Direct>, ty: u32, base: u32) {
        if !Direct::PLACES.accumulators {
            return;
        }
        let from = match bank(self.module.func_type(ty)) {
            Some(Bank::Int) => CopyFrom::Acc,
            Some(Bank::F32) => CopyFrom::F32Acc,
            Some(Bank::F64) => CopyFrom::F64Acc,
            _ => return,
        };
        code.emit(copy_from(from), Operands::default().u16(0, base), 8);
    }

    fn type_id(&self, index: u32, at: u32) -> Result<u32, Error> {
        let entry = self.module.types.get(index as usize);
        entry
            .map(|entry| entry.id.0)
            .ok_or_else(|| self.damaged(at))
    }

    fn cast(&self, bits: u32, at: u32) -> Result<u32, Error> {
        #[cfg(feature = "gc")]
        {
            let target = crate::store::CastTarget(bits);
            Ok(match target.number() {
                Some(index) => target.of_type(self.type_id(index, at)?).0,
                None => bits,
            })
        }
        #[cfg(not(feature = "gc"))]
        {
            let _ = bits;
            Err(self.damaged(at))
        }
    }
}

/// The opcode of a copy to a slot.
fn copy_from(from: CopyFrom) -> u16 {
    let copies = Direct::PLACES.copies;
    let form = copies.iter().position(|copy| *copy == from).unwrap_or(0);
    Op::Copy.base::<Direct>() + form as u16
}

/// The bank of a single result; vectors are returned in slots.
fn bank(func: &FuncType) -> Option<Bank> {
    match *func.results() {
        [result] if Ty::of(result) != Ty::V128 => Some(Ty::of(result).bank()),
        _ => None,
    }
}

/// A function's frame map, and its wasm offsets, for the code that it was expanded to.
pub(crate) fn expanded_map(
    module: &ModuleInner,
    image: ImageCode,
    defined: u32,
) -> Option<(FrameMap, Vec<(u32, u32)>)> {
    let mut code = Code::default();
    let places = expand(module, image, defined, &mut Forms::default(), &mut code).ok()?;
    let end = code.pc().bytes() - Direct::ENTRY_BYTES as u32;
    let move_to = |offset: &mut u32| *offset = place(&places, *offset).unwrap_or(end);
    let mut map = image.frame_map(&module.bytes, defined).ok()?;
    map.points
        .iter_mut()
        .for_each(|point| move_to(&mut point.code));
    for one in &mut map.tries {
        move_to(&mut one.start);
        move_to(&mut one.end);
    }
    map.clauses
        .iter_mut()
        .for_each(|clause| move_to(&mut clause.target));
    let mut offsets = image.offset_map(&module.bytes, defined);
    offsets.iter_mut().for_each(|(code, _)| move_to(code));
    Some((map, offsets))
}
