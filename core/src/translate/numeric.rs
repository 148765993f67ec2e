//! Operators that compute values: numeric ops, loads and stores, select.

use wasmparser::{MemArg, MemArgTarget};

use super::{
    code::Operands,
    func::{FuncTranslator, LastCompare, fits_i16, fits_i32},
    stack::{Kind, Loc, Operand},
};
use crate::bytecode::{Bank, Op, PLACES, Place, SELECT_FORMS, Shape, Ty, pair};

impl Loc {
    fn place(self) -> Place {
        match self {
            Loc::Slot(_) => Place::Slot,
            Loc::Acc => Place::Acc,
            Loc::Imm(_) => Place::Imm,
        }
    }

    /// The u16 field: a slot, or a constant that fits.
    pub(crate) fn field16(self) -> u32 {
        match self {
            Loc::Slot(slot) => slot,
            Loc::Acc => 0,
            Loc::Imm(bits) => bits as u32,
        }
    }
}

/// Number of a place among `PLACES`.
fn place_index(loc: Loc) -> u16 {
    PLACES
        .iter()
        .position(|&place| place == loc.place())
        .unwrap_or(0) as u16
}

/// The memory that an access is to. (Accesses to arrays are not among the enabled features.)
fn memory_of(memarg: &MemArg) -> u32 {
    match memarg.target {
        MemArgTarget::Memory(index) | MemArgTarget::Array(index) => index,
    }
}

impl FuncTranslator<'_> {
    /// An operator of one of the numeric groups.
    pub(crate) fn numeric(&mut self, op: Op) {
        match *op.shape() {
            Shape::Binary {
                operand,
                result,
                swap,
            } => self.binary(op, operand, result, swap),
            Shape::Compare { operand, swap, .. } => self.compare(op, operand, swap),
            Shape::Unary { operand, result } => self.unary(op, operand, result),
            _ => debug_assert!(false, "{op:?} is not numeric"),
        }
    }

    /// Pops both operands to places that a form exists for; the op may have been mirrored.
    fn pop_pair(&mut self, op: Op, ty: Ty, swap: Option<Op>) -> (Op, Loc, Loc) {
        let (b_operand, a_operand) = (self.stack.pop(), self.stack.pop());
        let (mut a, mut b) = (self.loc(a_operand), self.loc(b_operand));
        if a == Loc::Acc && b == Loc::Acc {
            // One accumulator, so both stand for the local that it mirrors.
            b = self.loc_beside_acc(b_operand);
            if b == Loc::Acc {
                a = self.loc_beside_acc(a_operand);
            }
        }
        let too_wide =
            |loc| matches!(loc, Loc::Imm(bits) if ty == Ty::I64 && fits_i32(bits, ty).is_none());
        if too_wide(b) {
            b = Loc::Slot(self.in_slot(b, b_operand));
        }
        if too_wide(a) || matches!((a, b), (Loc::Imm(_), Loc::Imm(_))) {
            a = Loc::Slot(self.in_slot(a, a_operand));
        }
        match swap {
            Some(swap) if matches!(a, Loc::Imm(_)) => (swap, b, a),
            _ => (op, a, b),
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
            Loc::Imm(bits) if ty == Ty::F64 => (operands.u64(8, bits), 16),
            Loc::Imm(bits) => (operands.u32(4, bits as u32), 8),
            _ => (operands.u16(4, wide.field16()), 8),
        }
    }

    fn binary(&mut self, op: Op, operand: Ty, result: Ty, swap: Option<Op>) {
        let (op, a, b) = self.pop_pair(op, operand, swap);
        let (operands, bytes) = Self::pair_operands(operand, a, b);
        let form = pair(a.place(), b.place()).unwrap_or(0);
        self.produce(op.base() + form * 3, result, operands, bytes);
    }

    fn compare(&mut self, op: Op, operand: Ty, swap: Op) {
        let (op, a, b) = self.pop_pair(op, operand, Some(swap));
        let (operands, bytes) = Self::pair_operands(operand, a, b);
        let form = pair(a.place(), b.place()).unwrap_or(0);
        self.evict(Bank::Int);
        let acc = self.stack.acc;
        let pc = self.produce(op.base() + form * 3, Ty::I32, operands, bytes);
        self.compare = Some(LastCompare {
            pc,
            end: self.code.pc(),
            op,
            a,
            b,
            acc,
        });
    }

    /// `eqz`: inverts the comparison that made the operand, or compares with zero.
    pub(crate) fn eqz(&mut self, op: Op, ty: Ty) {
        if let Some(compare) = self.fresh_compare() {
            if let Shape::Compare { not: Some(not), .. } = *compare.op.shape() {
                // The operands stay: only the op changes, and inverses have the same forms.
                if let Some((pc, old)) = self.stack.acc[Bank::Int as usize].producer {
                    let new = old - compare.op.base() + not.base();
                    self.code.set_opcode(pc, new);
                    self.stack.acc[Bank::Int as usize].producer = Some((pc, new));
                    self.compare = Some(LastCompare { op: not, ..compare });
                    return;
                }
            }
        }
        self.stack.push(ty, Kind::Imm(0));
        self.numeric(op);
    }

    fn unary(&mut self, op: Op, _operand: Ty, result: Ty) {
        let (loc, operand) = self.pop();
        let loc = match loc {
            Loc::Imm(_) => Loc::Slot(self.in_slot(loc, operand)),
            loc => loc,
        };
        let form = if loc == Loc::Acc { 1 } else { 0 };
        self.produce(
            op.base() + form * 3,
            result,
            Operands::default().u16(2, loc.field16()),
            8,
        );
    }

    /// Whether accesses go through the instruction's registers: a 32-bit memory 0.
    fn is_near(&self, memory: u32) -> bool {
        memory == 0 && !self.module.memories[0].is_64
    }

    /// Pops an address; a constant one is added to the offset if the sum is an offset.
    fn pop_address(&mut self, offset: &mut u32) -> Loc {
        let (loc, operand) = self.pop();
        if let Loc::Imm(bits) = loc {
            match (bits as u32).checked_add(*offset) {
                Some(sum) => *offset = sum,
                None => return Loc::Slot(self.in_slot(loc, operand)),
            }
        }
        loc
    }

    pub(crate) fn load(&mut self, op: Op, memarg: &MemArg) {
        let Shape::Load { result } = *op.shape() else {
            return;
        };
        let memory = memory_of(memarg);
        if !self.is_near(memory) {
            let address = self.pop_slot();
            let home = self.stack.top();
            let operands = Operands::default()
                .u16(0, home)
                .u16(2, address)
                .u16(4, memory)
                .u64(8, memarg.offset);
            self.code.emit(op.base() + 9, operands, 16);
            self.stack.push(result, Kind::Home);
            return;
        }
        // Validation: the offset of a 32-bit memory has 32 bits.
        let mut offset = memarg.offset as u32;
        let address = self.pop_address(&mut offset);
        let register = if matches!(address, Loc::Imm(_)) {
            0
        } else {
            address.field16()
        };
        self.produce(
            op.base() + place_index(address) * 3,
            result,
            Operands::default().u16(2, register).u32(4, offset),
            8,
        );
    }

    pub(crate) fn store(&mut self, op: Op, memarg: &MemArg) {
        let Shape::Store { value: ty } = *op.shape() else {
            return;
        };
        let memory = memory_of(memarg);
        if !self.is_near(memory) {
            let value = self.pop_slot();
            let address = self.pop_slot();
            let operands = Operands::default()
                .u16(0, value)
                .u16(2, address)
                .u16(4, memory)
                .u64(8, memarg.offset);
            self.code.emit(op.base() + 9, operands, 16);
            return;
        }
        let mut offset = memarg.offset as u32;
        let (mut value, operand) = self.pop();
        match value {
            Loc::Imm(bits) if fits_i16(bits, ty).is_none() => {
                value = Loc::Slot(self.in_slot(value, operand))
            }
            _ => {}
        }
        let address = self.pop_address(&mut offset);
        if value == Loc::Acc && address == Loc::Acc && ty.bank() == Some(Bank::Int) {
            // One accumulator, so both stand for the local that it mirrors.
            value = self.loc_beside_acc(operand);
        }
        let register = if matches!(address, Loc::Imm(_)) {
            0
        } else {
            address.field16()
        };
        let form = place_index(address) * 3 + place_index(value);
        self.code.emit(
            op.base() + form,
            Operands::default()
                .u16(0, value.field16())
                .u16(2, register)
                .u32(4, offset),
            8,
        );
    }

    pub(crate) fn select(&mut self) {
        let count = self.stack.len();
        let ty = self.stack.get(count - 2).ty;
        let Some(bank) = ty.bank() else { return };
        // The values are read from slots, so the accumulator is for the condition.
        for position in [count - 3, count - 2] {
            if self.stack.get(position).kind == Kind::Acc {
                self.materialize(position);
            }
        }
        let (condition, operand) = self.pop();
        let condition = match condition {
            Loc::Imm(_) => Loc::Slot(self.in_slot(condition, operand)),
            condition => condition,
        };
        let y = self.stack.pop();
        let x = self.stack.pop();
        let (y, x) = (self.slot_or_i16(y), self.slot_or_i16(x));
        let digit = |loc| matches!(loc, Loc::Imm(_)) as u16;
        let form = bank as u16 * SELECT_FORMS
            + (condition == Loc::Acc) as u16 * 12
            + digit(x) * 6
            + digit(y) * 3;
        let operands = Operands::default()
            .u16(2, x.field16())
            .u16(4, y.field16())
            .u16(6, condition.field16());
        self.produce(Op::Select.base() + form, ty, operands, 8);
    }

    /// A popped operand that is not in an accumulator alone, as a slot or a 16-bit constant.
    fn slot_or_i16(&mut self, operand: Operand) -> Loc {
        match self.loc_beside_acc(operand) {
            loc @ Loc::Imm(bits) if fits_i16(bits, operand.ty).is_some() => loc,
            loc => Loc::Slot(self.in_slot(loc, operand)),
        }
    }

    pub(crate) fn global_get(&mut self, index: u32) {
        let ty = super::func::ty(self.module.globals[index as usize].content);
        let bank = ty.bank().unwrap_or(Bank::Int);
        self.produce(
            Op::GlobalGet.base() + bank as u16 * 3,
            ty,
            Operands::default().u32(4, index),
            8,
        );
    }

    pub(crate) fn global_set(&mut self, index: u32) {
        let (loc, operand) = self.pop();
        let bank = operand.ty.bank().unwrap_or(Bank::Int);
        let (form, field) = match loc {
            Loc::Acc => (1 + bank as u16, 0),
            Loc::Imm(bits) => match fits_i16(bits, operand.ty) {
                Some(value) => (4, value),
                None => (0, self.in_slot(loc, operand)),
            },
            loc => (0, self.in_slot(loc, operand)),
        };
        self.code.emit(
            Op::GlobalSet.base() + form,
            Operands::default().u16(0, field).u32(4, index),
            8,
        );
    }

    /// An op on slots only that gives a value in a slot.
    pub(crate) fn produce_home(&mut self, op: Op, ty: Ty, operands: Operands, bytes: usize) {
        self.code
            .emit(op.base(), operands.u16(0, self.stack.top()), bytes);
        self.stack.push(ty, Kind::Home);
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
            .emit(op.base(), operands, if inputs == 4 { 16 } else { 8 });
        self.stack.push(Ty::I64, Kind::Home);
        self.stack.push(Ty::I64, Kind::Home);
        self.producer = None;
    }
}
