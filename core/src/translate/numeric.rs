//! Operators that compute values: numeric ops, select, globals.

use super::{
    code::Operands,
    func::{FuncTranslator, fits_imm, fits_small},
    fuse::{Before, Last, What, existing},
    note::{Note, Reason},
    stack::{Loc, Operand},
};
use crate::bytecode::{Bank, Encoding, Op, Place, Shape, Ty};

impl Loc {
    pub(crate) fn place(self) -> Place {
        match self {
            Loc::Slot(_) => Place::Slot,
            Loc::Acc => Place::Acc,
            Loc::Pin(0) => Place::Pin0,
            Loc::Pin(_) => Place::Pin1,
            Loc::Imm(_) => Place::Imm,
        }
    }

    /// The u16 field: a slot, or a constant that fits.
    pub(crate) fn field16(self) -> u32 {
        match self {
            Loc::Slot(slot) => slot as u32,
            Loc::Acc | Loc::Pin(_) => 0,
            Loc::Imm(bits) => bits as u32,
        }
    }
}

/// The place of an operand of a fused op: constants have 16 bits, of integers only.
pub(crate) fn small<E: Encoding>(loc: Loc, ty: Ty) -> Option<Place> {
    match loc {
        Loc::Imm(bits) if fits_small::<E>(bits, ty).is_none() => None,
        loc => Some(loc.place()),
    }
}

/// The place of an operand of a binary op: constants may not fit its field.
fn operand_place<E: Encoding>(loc: Loc, ty: Ty) -> Place {
    match loc {
        Loc::Imm(bits) if matches!(ty, Ty::I32 | Ty::I64) && !fits_imm::<E>(bits, ty) => {
            Place::Long
        }
        loc => loc.place(),
    }
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// An operator of one of the numeric groups.
    pub(crate) fn numeric(&mut self, mut op: Op) {
        // Constants are added, not subtracted: fewer pairs to fuse.
        if let (
            Op::I32Sub | Op::I64Sub,
            Some(Operand {
                at: Loc::Imm(bits),
                ty,
                ..
            }),
        ) = (op, self.stack.last())
        {
            let (add, bits) = match ty {
                Ty::I32 => (Op::I32Add, (bits as u32).wrapping_neg() as u64),
                _ => (Op::I64Add, bits.wrapping_neg()),
            };
            self.stack.pop();
            self.stack.push(ty, Loc::Imm(bits));
            self.note(|_| Note::AddsNegated);
            op = add;
        }
        match *op.shape() {
            Shape::Binary {
                operand,
                result,
                swap,
            } => self.binary(op, operand, result, swap),
            Shape::Compare { operand, swap, .. } => {
                if !self.test(op) {
                    self.binary(op, operand, Ty::I32, Some(swap));
                }
            }
            Shape::Unary { operand, result } => self.unary(op, operand, result),
            _ => debug_assert!(false, "{op:?} is not numeric"),
        }
    }

    /// Pops both operands to places that a form exists for, and finds that; the op may have been mirrored.
    #[inline]
    fn pop_pair(&mut self, op: Op, ty: Ty, swap: Option<Op>) -> (Op, Loc, Loc, u16) {
        let (b_operand, a_operand) = (self.stack.pop(), self.stack.pop());
        let (mut a, mut b) = (self.loc(&a_operand), self.loc(&b_operand));
        let pairs = E::PLACES.pairs(ty, swap.is_some());
        if a == Loc::Acc && b == Loc::Acc && pairs.find(Place::Acc, Place::Acc).is_none() {
            // One accumulator, so both stand for the local that it mirrors.
            b = b_operand.at;
            if b == Loc::Acc {
                a = a_operand.at;
            }
        }
        let form = |a, b| pairs.find(operand_place::<E>(a, ty), operand_place::<E>(b, ty));
        if let Some(form) = form(a, b) {
            return (op, a, b, form);
        }
        let both = matches!((a, b), (Loc::Imm(_), Loc::Imm(_)));
        let too_wide = |loc| {
            operand_place::<E>(loc, ty) == Place::Long
                && pairs.find(Place::Slot, Place::Long).is_none()
        };
        if too_wide(b) {
            b = Loc::slot(self.in_slot(b, b_operand));
        }
        if both || too_wide(a) {
            a = Loc::slot(self.in_slot(a, a_operand));
        }
        match (form(a, b), swap) {
            (Some(found), _) => (op, a, b, found),
            (None, Some(swap)) if form(b, a).is_some() => {
                self.note(|_| Note::Exchanged);
                (swap, b, a, existing(form(b, a)))
            }
            // What no form takes is in a slot.
            (None, _) => {
                if let Loc::Imm(_) = a {
                    a = Loc::slot(self.in_slot(a, a_operand));
                }
                if form(a, b).is_none() {
                    b = Loc::slot(self.in_slot(b, b_operand));
                }
                (op, a, b, existing(form(a, b)))
            }
        }
    }

    /// Fields of a binary form, and their bytes.
    fn pair_operands(ty: Ty, a: Loc, b: Loc) -> (Operands, usize) {
        let operands = Operands::default();
        let (narrow, wide) = if matches!(a, Loc::Imm(_)) {
            (b, a)
        } else {
            (a, b)
        };
        let operands = operands.u16(2, narrow.field16());
        match wide {
            Loc::Imm(bits) if ty == Ty::F64 || operand_place::<E>(wide, ty) == Place::Long => {
                (operands.u64(8, bits), 16)
            }
            Loc::Imm(bits) => (operands.u32(4, bits as u32), 8),
            _ => (operands.u16(4, wide.field16()), 8),
        }
    }

    fn binary(&mut self, op: Op, operand: Ty, result: Ty, swap: Option<Op>) {
        let top = self.stack.len() - 1;
        let right = self.fresh_at(top).is_some();
        let fresh = right || self.fresh_at(top - 1).is_some();
        if fresh && self.chain(op, operand, swap, right) {
            return;
        }
        let (op, a, b, form) = self.pop_pair(op, operand, swap);
        let before = match self.last.as_ref() {
            Some(last) if last.end == self.code.pc() => match last.what {
                What::Load(loaded) if fresh && (a == Loc::Acc || b == Loc::Acc) => {
                    Before::Load(loaded)
                }
                What::Step(step) => Before::Step(step),
                What::LoadLocal { loaded, local } => Before::LoadLocal { loaded, local },
                What::Global(index) if a == Loc::Acc && self.fusing => Before::Global {
                    pc: last.pc,
                    index,
                    acc: last.acc,
                },
                _ => Before::Other,
            },
            _ => Before::Other,
        };
        self.emit_pair(op, operand, result, a, b, form, before);
    }

    /// Emits a `binary` or `compare` op in its value forms, and remembers it.
    pub(crate) fn emit_binary(&mut self, op: Op, a: Loc, b: Loc, before: Before) {
        let (operand, result, mirrored) = match *op.shape() {
            Shape::Binary {
                operand,
                result,
                swap,
            } => (operand, result, swap.is_some()),
            Shape::Compare { operand, .. } => (operand, Ty::I32, true),
            _ => return,
        };
        let places = (
            operand_place::<E>(a, operand),
            operand_place::<E>(b, operand),
        );
        let form = existing(E::PLACES.pairs(operand, mirrored).find(places.0, places.1));
        self.emit_pair(op, operand, result, a, b, form, before);
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "the two above, put together")]
    fn emit_pair(
        &mut self,
        op: Op,
        operand: Ty,
        result: Ty,
        a: Loc,
        b: Loc,
        form: u16,
        before: Before,
    ) {
        // Small sets have one of two mirrored comparisons of slots.
        let (op, a, b) = match *op.shape() {
            Shape::Compare { swap, .. }
                if op.left_out(E::PLACES).is_some_and(|forms| forms[0] == form) =>
            {
                (swap, b, a)
            }
            _ => (op, a, b),
        };
        let (operands, bytes) = Self::pair_operands(operand, a, b);
        let bank = result.bank();
        self.evict(bank);
        let acc = self.stack.acc[bank as usize];
        let opcode = op.base::<E>() + form * E::sets(result).dests;
        let pc = self.produce(opcode, result, operands, bytes);
        self.last = Some(Last {
            pc,
            end: self.code.pc(),
            bank,
            acc,
            what: What::Binary { op, a, b, before },
        });
    }

    /// `eqz`: inverts the comparison that made the operand, or compares with zero.
    pub(crate) fn eqz(&mut self, op: Op, ty: Ty) {
        if let Some(&last) = self.fresh()
            && let What::Binary {
                op: compare,
                a,
                b,
                before,
            } = last.what
            && let Shape::Compare { not: Some(not), .. } = *compare.shape()
        {
            if not.left_out(E::PLACES).is_some() {
                self.take_back();
                self.emit_binary(not, a, b, before);
                return;
            }
            // The operands stay: only the op changes, and inverses have the same forms.
            if let Some((pc, old)) = self.stack.acc[Bank::Int as usize].producer {
                self.note(|t| Note::Inverts {
                    of: t.code.step_of(pc),
                });
                self.code.claim(pc);
                self.stack.touch(1);
                let new = old - compare.base::<E>() + not.base::<E>();
                self.code.set_opcode(pc, new);
                self.stack.acc[Bank::Int as usize].producer = Some((pc, new));
                let what = What::Binary {
                    op: not,
                    a,
                    b,
                    before,
                };
                self.last = Some(Last { what, ..last });
                return;
            }
        }
        self.stack.push(ty, Loc::Imm(0));
        self.numeric(op);
    }

    fn unary(&mut self, op: Op, operand_ty: Ty, result: Ty) {
        let (loc, operand) = self.pop();
        let loc = match loc {
            Loc::Imm(_) => Loc::slot(self.in_slot(loc, operand)),
            loc => loc,
        };
        let form = existing(E::sets(operand_ty).sources.find(loc.place()));
        self.produce(
            op.base::<E>() + form * E::sets(result).dests,
            result,
            Operands::default().u16(2, loc.field16()),
            8,
        );
    }

    pub(crate) fn select(&mut self) {
        let count = self.stack.len();
        let ty = self.stack.get(count - 2).ty;
        #[cfg(feature = "simd")]
        if ty == Ty::V128 {
            return self.select_vector();
        }
        let bank = ty.bank();
        // The values are read from slots, so the accumulator is for the condition.
        for position in [count - 3, count - 2] {
            if self.stack.get(position).at == Loc::Acc {
                self.because(Reason::ReadFromSlot);
                self.materialize(position);
            }
        }
        let (condition, operand) = self.pop();
        let condition = match condition {
            Loc::Imm(_) => Loc::slot(self.in_slot(condition, operand)),
            condition => condition,
        };
        let y = self.stack.pop();
        let x = self.stack.pop();
        let (y, x) = (self.choice(y), self.choice(x));
        let sets = E::sets(ty);
        let choice = |loc: Loc| existing(sets.choices.find(loc.place()));
        let condition_form = existing(E::PLACES.int.sources.find(condition.place()));
        let form = match bank {
            Bank::F32 => E::PLACES.select_forms(&E::PLACES.int),
            Bank::F64 => {
                E::PLACES.select_forms(&E::PLACES.int) + E::PLACES.select_forms(&E::PLACES.float)
            }
            _ => 0,
        } + ((condition_form * sets.choices.len() + choice(x)) * sets.choices.len()
            + choice(y))
            * sets.dests;
        let operands = Operands::default()
            .u16(2, x.field16())
            .u16(4, y.field16())
            .u16(6, condition.field16());
        self.produce(Op::Select.base::<E>() + form, ty, operands, 8);
    }

    /// A popped operand that is not in an accumulator alone, as a slot, a pin or a 16-bit constant.
    fn choice(&mut self, operand: Operand) -> Loc {
        match operand.at {
            loc @ Loc::Pin(_) => loc,
            loc @ Loc::Imm(bits)
                if E::sets(operand.ty).choices.find(Place::Imm).is_some()
                    && fits_small::<E>(bits, operand.ty).is_some() =>
            {
                loc
            }
            loc => Loc::slot(self.in_slot(loc, operand)),
        }
    }

    pub(crate) fn global_get(&mut self, index: u32) {
        let ty = Ty::of(self.module.global_content(index));
        #[cfg(feature = "simd")]
        if ty == Ty::V128 {
            return self.global_get_vector(index);
        }
        let bank = ty.bank();
        let form = match bank {
            Bank::F32 => E::PLACES.int.dests,
            Bank::F64 => E::PLACES.int.dests + E::PLACES.float.dests,
            _ => 0,
        };
        self.evict(bank);
        let acc = self.stack.acc[bank as usize];
        let opcode = Op::GlobalGet.base::<E>() + form;
        let pc = self.produce(opcode, ty, Operands::default().u32(4, index), 8);
        self.last = (ty == Ty::I32).then_some(Last {
            pc,
            end: self.code.pc(),
            bank,
            acc,
            what: What::Global(index),
        });
    }

    pub(crate) fn global_set(&mut self, index: u32) {
        if self.global_sum(index) {
            return;
        }
        #[cfg(feature = "simd")]
        if matches!(self.stack.last(), Some(operand) if operand.ty == Ty::V128) {
            return self.global_set_vector(index);
        }
        let (loc, operand) = self.pop();
        let bank = operand.ty.bank();
        let (form, field) = match loc {
            Loc::Acc => (2 + bank as u16, 0),
            Loc::Pin(pin) => (5 + pin as u16, 0),
            Loc::Imm(bits) => match fits_small::<E>(bits, operand.ty) {
                Some(value) => (1, value),
                None => (0, self.in_slot(loc, operand)),
            },
            loc => (0, self.in_slot(loc, operand)),
        };
        self.code.emit(
            Op::GlobalSet.base::<E>() + form,
            Operands::default().u16(0, field).u32(4, index),
            8,
        );
    }

    /// An op on slots only that gives a value in a slot.
    pub(crate) fn produce_home(&mut self, op: Op, ty: Ty, operands: Operands, bytes: usize) {
        self.code
            .emit(op.base::<E>(), operands.u16(0, self.stack.top()), bytes);
        self.stack.push_home(ty);
        self.producer = None;
    }

    /// Wide arithmetic: pops `inputs` i64s, pushes two.
    pub(crate) fn wide(&mut self, op: Op, inputs: usize) {
        let mut slots = [0; 4];
        for slot in slots[..inputs].iter_mut().rev() {
            *slot = self.pop_slot();
        }
        let mut operands = Operands::default().u16(0, self.stack.top());
        for (i, &slot) in slots[..inputs].iter().enumerate() {
            operands = operands.u16(2 + i * 2, slot);
        }
        self.code
            .emit(op.base::<E>(), operands, if inputs == 4 { 16 } else { 8 });
        self.stack.push_home(Ty::I64);
        self.stack.push_home(Ty::I64);
        self.producer = None;
    }
}
