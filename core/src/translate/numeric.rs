//! Operators that compute values: numeric ops, loads and stores, select.

use wasmparser::{MemArg, MemArgTarget};

use super::{
    code::Operands,
    func::{Before, FuncTranslator, Last, Loaded, What, existing, fits_i16, fits_i32},
    ops::{chain_of, load_scaled_of, store_of},
    stack::{AccState, Kind, Loc, Operand},
};
use crate::bytecode::{
    ADDRESSES, Bank, FLOAT, INT, Op, Place, SUMS, Shape, Ty, pairs, select_forms,
};

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
            Loc::Slot(slot) => slot,
            Loc::Acc | Loc::Pin(_) => 0,
            Loc::Imm(bits) => bits as u32,
        }
    }
}

/// The memory that an access is to. (Accesses to arrays are not among the enabled features.)
fn memory_of(memarg: &MemArg) -> u32 {
    match memarg.target {
        MemArgTarget::Memory(index) | MemArgTarget::Array(index) => index,
    }
}

/// The address of an access to memory 0, as far as it is folded into the access.
#[derive(Clone, Copy)]
enum Address {
    Constant {
        offset: u32,
    },
    Base {
        base: Loc,
        offset: u32,
    },
    /// x + y, wrapping at 32 bits, then the offset, which has 16.
    Sum {
        x: Loc,
        y: Loc,
        offset: u32,
    },
}

impl Address {
    fn uses_acc(self) -> bool {
        matches!(
            self,
            Address::Base { base: Loc::Acc, .. }
                | Address::Sum { x: Loc::Acc, .. }
                | Address::Sum { y: Loc::Acc, .. }
        )
    }

    /// Number of the address form, its fields, and the bytes of all fields.
    fn encode(self) -> (u16, Operands, usize) {
        let operands = Operands::default();
        let base_form = |place| existing(INT.values.find(place));
        match self {
            Address::Constant { offset } => (base_form(Place::Imm), operands.u32(4, offset), 8),
            Address::Base { base, offset } => (
                base_form(base.place()),
                operands.u16(2, base.field16()).u32(4, offset),
                8,
            ),
            Address::Sum { x, y, offset } => {
                let operands = operands.u16(2, x.field16()).u16(6, offset);
                let y_place = sum_place(y);
                let (operands, bytes) = match y {
                    Loc::Imm(bits) if y_place == Place::Wide => (operands.u32(8, bits as u32), 16),
                    y => (operands.u16(4, y.field16()), 8),
                };
                let sum = existing(SUMS.find(x.place(), y_place));
                (INT.values.len() + sum, operands, bytes)
            }
        }
    }
}

/// The place of an operand of a fused op: constants have 16 bits, of integers only.
fn small(loc: Loc, ty: Ty) -> Option<Place> {
    match loc {
        Loc::Imm(bits) if fits_i16(bits, ty).is_none() => None,
        loc => Some(loc.place()),
    }
}

/// The place of an operand of a binary op: 64-bit constants may not fit 32 bits.
fn operand_place(loc: Loc, ty: Ty) -> Place {
    match loc {
        Loc::Imm(bits) if ty == Ty::I64 && fits_i32(bits, ty).is_none() => Place::Long,
        loc => loc.place(),
    }
}

/// What an address is multiplied by, if `op` with this constant does so.
fn scale_of(op: Op, constant: u64) -> Option<u16> {
    let constant = constant as u32;
    match op {
        Op::I32Shl => 1u16.checked_shl(constant).filter(|_| constant < 16),
        Op::I32Mul => u16::try_from(constant).ok(),
        _ => None,
    }
}

/// The place of the second addend of an address: constants have 16 bits or are wide.
fn sum_place(y: Loc) -> Place {
    match y {
        Loc::Imm(bits) if fits_i16(bits, Ty::I32).is_none() => Place::Wide,
        y => y.place(),
    }
}

impl FuncTranslator<'_> {
    /// An operator of one of the numeric groups.
    pub(crate) fn numeric(&mut self, mut op: Op) {
        // Constants are added, not subtracted: fewer pairs to fuse.
        if let (
            Op::I32Sub | Op::I64Sub,
            Some(Operand {
                kind: Kind::Imm(bits),
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
            self.stack.push(ty, Kind::Imm(bits));
            op = add;
        }
        match *op.shape() {
            Shape::Binary { operand, swap, .. } => self.binary(op, operand, swap),
            Shape::Compare { operand, swap, .. } => {
                if !self.test(op) {
                    self.binary(op, operand, Some(swap));
                }
            }
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
        let both = matches!((a, b), (Loc::Imm(_), Loc::Imm(_)));
        let pairs = pairs(ty, swap.is_some());
        let too_wide = |loc| {
            operand_place(loc, ty) == Place::Long && pairs.find(Place::Slot, Place::Long).is_none()
        };
        if too_wide(b) {
            b = Loc::Slot(self.in_slot(b, b_operand));
        }
        if both || too_wide(a) {
            a = Loc::Slot(self.in_slot(a, a_operand));
        }
        let found = pairs.find(operand_place(a, ty), operand_place(b, ty));
        match swap {
            Some(swap) if found.is_none() => (swap, b, a),
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
            Loc::Imm(bits) if ty == Ty::F64 || operand_place(wide, ty) == Place::Long => {
                (operands.u64(8, bits), 16)
            }
            Loc::Imm(bits) => (operands.u32(4, bits as u32), 8),
            _ => (operands.u16(4, wide.field16()), 8),
        }
    }

    fn binary(&mut self, op: Op, operand: Ty, swap: Option<Op>) {
        if self.chain(op, operand, swap) {
            return;
        }
        let top = self.stack.len() - 1;
        let loaded = match self.fresh_at(top).or_else(|| self.fresh_at(top - 1)) {
            Some(Last {
                end,
                what: What::Load(loaded),
                ..
            }) => Some((end, loaded)),
            _ => None,
        };
        let (op, a, b) = self.pop_pair(op, operand, swap);
        let adjacent = self.last.filter(|last| last.end == self.code.pc());
        let before = match (loaded, adjacent.map(|last| last.what)) {
            (Some((end, loaded)), _)
                if end == self.code.pc() && (a == Loc::Acc || b == Loc::Acc) =>
            {
                Before::Load(loaded)
            }
            (_, Some(What::Step(step))) => Before::Step(step),
            (_, Some(What::LoadLocal { loaded, local })) => Before::LoadLocal { loaded, local },
            (_, Some(What::Global(index))) if a == Loc::Acc && self.fusing => {
                let (pc, acc) = adjacent.map_or(Default::default(), |last| (last.pc, last.acc));
                let acc = acc[Bank::Int as usize];
                Before::Global { pc, index, acc }
            }
            _ => Before::Other,
        };
        self.emit_binary(op, a, b, before);
    }

    /// Fuses a binary op with the op right before it, which computed one of its operands.
    fn chain(&mut self, op: Op, ty: Ty, swap: Option<Op>) -> bool {
        let top = self.stack.len() - 1;
        let (last, right) = match (self.fresh_at(top), self.fresh_at(top - 1)) {
            (Some(last), _) => (last, true),
            (_, Some(last)) => (last, false),
            _ => return false,
        };
        let other = self.stack.get(if right { top - 1 } else { top });
        if other.kind == Kind::Acc {
            return false;
        }
        let first = match last.what {
            What::Binary { op, .. } => op,
            What::Load(loaded) => loaded.op,
            _ => return false,
        };
        // Ops with a mirror take what was computed on the left.
        let Some(row) = chain_of(first, op, right && swap.is_none()) else {
            return false;
        };
        let z = self.loc_beside_acc(other);
        let encoded = match (*row.shape(), last.what) {
            (
                Shape::Chain { ty, xy },
                What::Binary {
                    op: first, a, b, ..
                },
            ) => {
                let commutative = matches!(first.shape(), Shape::Binary { swap: Some(_), .. });
                let others = &ty.sets().others;
                let form = |x: Loc, y: Loc| {
                    let operands_form = xy.find(small(x, ty)?, small(y, ty)?)?;
                    let form = operands_form * others.len() + others.find(small(z, ty)?)?;
                    let operands = Operands::default()
                        .u16(2, x.field16())
                        .u16(4, y.field16())
                        .u16(6, z.field16());
                    Some((form, operands))
                };
                form(a, b).or_else(|| commutative.then(|| form(b, a))?)
            }
            (Shape::LoadChain { ty }, What::Load(loaded)) => {
                let others = &ty.sets().others;
                let form = |z: Loc| {
                    let x = INT.sources.find(loaded.base.place())?;
                    Some(x * others.len() + others.find(small(z, ty)?)?)
                };
                form(z).map(|form| {
                    let operands = Operands::default()
                        .u16(2, loaded.base.field16())
                        .u16(4, z.field16())
                        .u16(6, loaded.offset);
                    (form, operands)
                })
            }
            _ => None,
        };
        let Some((form, operands)) = encoded else {
            return false;
        };
        self.stack.pop();
        self.take_back(&last);
        let acc = self.stack.acc;
        let pc = self.produce(row.base() + form * ty.sets().dests, ty, operands, 8);
        let what = match (last.what, op) {
            // A branch on this is one op too,
            (What::Load(loaded), Op::I32And) => Some(What::LoadAnd { loaded, mask: z }),
            // and so is a load from there.
            (
                What::Binary {
                    op: first,
                    a: x,
                    b: Loc::Imm(by),
                    ..
                },
                Op::I32Add,
            ) => scale_of(first, by).map(|scale| What::Scaled { x, scale, z }),
            _ => None,
        };
        self.last = what.map(|what| Last {
            pc,
            end: self.code.pc(),
            acc,
            what,
        });
        true
    }

    /// Emits a `binary` or `compare` op in its value forms, and remembers it.
    fn emit_binary(&mut self, op: Op, a: Loc, b: Loc, before: Before) {
        let (operand, result, mirrored) = match *op.shape() {
            Shape::Binary {
                operand,
                result,
                swap,
            } => (operand, result, swap.is_some()),
            Shape::Compare { operand, .. } => (operand, Ty::I32, true),
            _ => return,
        };
        let (operands, bytes) = Self::pair_operands(operand, a, b);
        let places = (operand_place(a, operand), operand_place(b, operand));
        let form = existing(pairs(operand, mirrored).find(places.0, places.1));
        self.evict(result.bank().unwrap_or(Bank::Int));
        let acc = self.stack.acc;
        let opcode = op.base() + form * result.sets().dests;
        let pc = self.produce(opcode, result, operands, bytes);
        self.last = Some(Last {
            pc,
            end: self.code.pc(),
            acc,
            what: What::Binary { op, a, b, before },
        });
    }

    /// Fuses a comparison with zero with the bitwise and that has just made its left operand.
    fn test(&mut self, op: Op) -> bool {
        let (and, test) = match op {
            Op::I32Eq => (Op::I32And, Op::I32TestZ),
            Op::I32Ne => (Op::I32And, Op::I32Test),
            Op::I64Eq => (Op::I64And, Op::I64TestZ),
            Op::I64Ne => (Op::I64And, Op::I64Test),
            _ => return false,
        };
        let zero = self.stack.last();
        if !matches!(
            zero,
            Some(Operand {
                kind: Kind::Imm(0),
                ..
            })
        ) {
            return false;
        }
        // The constant has emitted nothing, so the and may still be the last op.
        self.stack.pop();
        match self.fresh() {
            Some(Last {
                pc,
                acc,
                what: What::Binary { op, a, b, before },
                ..
            }) if op == and => {
                self.stack.pop();
                self.undo(pc, acc);
                self.emit_binary(test, a, b, before);
                true
            }
            Some(
                last @ Last {
                    what: What::LoadAnd { loaded, mask },
                    ..
                },
            ) if and == Op::I32And => {
                self.take_back(&last);
                self.emit_load(
                    loaded.op,
                    Ty::I32,
                    Address::Base {
                        base: loaded.base,
                        offset: loaded.offset,
                    },
                );
                self.stack.pop();
                let places = (Place::Acc, mask.place());
                let (a, b) = match pairs(Ty::I32, true).find(places.0, places.1) {
                    Some(_) => (Loc::Acc, mask),
                    None => (mask, Loc::Acc),
                };
                self.emit_binary(test, a, b, Before::Load(loaded));
                true
            }
            _ => {
                self.stack
                    .push(zero.map_or(Ty::I32, |zero| zero.ty), Kind::Imm(0));
                false
            }
        }
    }

    /// `eqz`: inverts the comparison that made the operand, or compares with zero.
    pub(crate) fn eqz(&mut self, op: Op, ty: Ty) {
        if let Some(last) = self.fresh()
            && let What::Binary {
                op: compare,
                a,
                b,
                before,
            } = last.what
            && let Shape::Compare { not: Some(not), .. } = *compare.shape()
        {
            // The operands stay: only the op changes, and inverses have the same forms.
            if let Some((pc, old)) = self.stack.acc[Bank::Int as usize].producer {
                let new = old - compare.base() + not.base();
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
        self.stack.push(ty, Kind::Imm(0));
        self.numeric(op);
    }

    fn unary(&mut self, op: Op, operand_ty: Ty, result: Ty) {
        let (loc, operand) = self.pop();
        let loc = match loc {
            Loc::Imm(_) => Loc::Slot(self.in_slot(loc, operand)),
            loc => loc,
        };
        let form = existing(operand_ty.sets().sources.find(loc.place()));
        self.produce(
            op.base() + form * result.sets().dests,
            result,
            Operands::default().u16(2, loc.field16()),
            8,
        );
    }

    /// Whether accesses go through the instruction's registers: a 32-bit memory 0.
    fn is_near(&self, memory: u32) -> bool {
        memory == 0 && !self.module.memories[0].is_64
    }

    /// Pops an address and folds into it what the access can compute: a constant, or a sum that has
    /// just been made.
    fn pop_address(&mut self, offset: u32) -> Address {
        if let Some(last) = self.fresh()
            && let What::Binary {
                op: Op::I32Add,
                a: x,
                b: y,
                ..
            } = last.what
            && offset <= u16::MAX as u32
            && SUMS.find(x.place(), sum_place(y)).is_some()
        {
            self.take_back(&last);
            return Address::Sum { x, y, offset };
        }
        let (loc, operand) = self.pop();
        match loc {
            Loc::Imm(bits) => match (bits as u32).checked_add(offset) {
                Some(offset) => Address::Constant { offset },
                None => Address::Base {
                    base: Loc::Slot(self.in_slot(loc, operand)),
                    offset,
                },
            },
            base => Address::Base { base, offset },
        }
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
            let far = ADDRESSES * result.sets().dests;
            self.code.emit(op.base() + far, operands, 16);
            self.stack.push(result, Kind::Home);
            self.producer = None;
            return;
        }
        // Validation: the offset of a 32-bit memory has 32 bits.
        let offset = memarg.offset as u32;
        if !self.load_scaled(op, result, offset) {
            let address = self.pop_address(offset);
            self.emit_load(op, result, address);
        }
    }

    /// Fuses a load with the op right before it, which computed its address from a scaled index.
    fn load_scaled(&mut self, op: Op, result: Ty, offset: u32) -> bool {
        let Some(last) = self.fresh() else {
            return false;
        };
        let scaled = match last.what {
            What::Scaled { x, scale, z } => Some((x, scale, z)),
            What::Binary {
                op: by,
                a: x,
                b: Loc::Imm(bits),
                ..
            } => scale_of(by, bits).map(|scale| (x, scale, Loc::Imm(0))),
            _ => None,
        };
        let (Some((x, scale, z)), Some(row)) = (scaled, load_scaled_of(op)) else {
            return false;
        };
        let (Some(x_form), Some(z_form)) = (
            INT.sources.find(x.place()),
            small(z, Ty::I32).and_then(|z| INT.others.find(z)),
        ) else {
            return false;
        };
        self.take_back(&last);
        let form = (x_form * INT.others.len() + z_form) * result.sets().dests;
        let operands = Operands::default()
            .u16(2, x.field16())
            .u16(4, z.field16())
            .u16(6, scale as u32)
            .u32(8, offset);
        self.produce(row.base() + form, result, operands, 16);
        true
    }

    fn emit_load(&mut self, op: Op, result: Ty, address: Address) {
        let (form, operands, bytes) = address.encode();
        self.evict(result.bank().unwrap_or(Bank::Int));
        let acc = self.stack.acc;
        let opcode = op.base() + form * result.sets().dests;
        let pc = self.produce(opcode, result, operands, bytes);
        self.last = match address {
            Address::Base { base, offset } if offset <= u16::MAX as u32 => Some(Last {
                pc,
                end: self.code.pc(),
                acc,
                what: What::Load(Loaded {
                    pc,
                    op,
                    base,
                    offset,
                    acc: acc[Bank::Int as usize],
                }),
            }),
            _ => None,
        };
    }

    /// Fuses a store with the binary op or the load right before it, which gave the value.
    fn chain_store(&mut self, op: Op, ty: Ty, offset: u64) -> bool {
        let Some(last) = self.fresh().filter(|_| offset <= u16::MAX as u64) else {
            return false;
        };
        let base = self.loc_beside_acc(self.stack.get(self.stack.len() - 2));
        let Some((row, x, y, form)) = Self::stored(op, ty, base, last.what) else {
            return false;
        };
        self.take_back(&last);
        self.stack.pop();
        let operands = Operands::default()
            .u16(0, x.field16())
            .u16(2, base.field16())
            .u16(4, y)
            .u16(6, offset as u32);
        self.code.emit(row.base() + form, operands, 8);
        true
    }

    /// The row that fuses `op` with what gave the value, the fields at 0 and 4, and the form.
    fn stored(op: Op, ty: Ty, base: Loc, value: What) -> Option<(Op, Loc, u32, u16)> {
        match value {
            What::Binary {
                op: first, a, b, ..
            } => {
                let row = store_of(first, op)?;
                let Shape::ChainStore { xy, .. } = *row.shape() else {
                    return None;
                };
                let base = ty.sets().bases.find(base.place())? * xy.len();
                let form = |x: Loc, y: Loc| {
                    let form = base + xy.find(small(x, ty)?, small(y, ty)?)?;
                    Some((row, x, y.field16(), form))
                };
                let commutative = matches!(first.shape(), Shape::Binary { swap: Some(_), .. });
                form(a, b).or_else(|| commutative.then(|| form(b, a))?)
            }
            What::Load(loaded) => {
                let row = store_of(loaded.op, op)?;
                let form = INT.sources.find(loaded.base.place())? * INT.bases.len()
                    + INT.bases.find(base.place())?;
                Some((row, loaded.base, loaded.offset, form))
            }
            _ => None,
        }
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
            let far = ADDRESSES * ty.sets().values.len();
            self.code.emit(op.base() + far, operands, 16);
            return;
        }
        if self.chain_store(op, ty, memarg.offset) {
            return;
        }
        let operand = self.stack.pop();
        // A constant that needs a slot comes before the address is looked at: it is an op of its own.
        let wide = match operand.kind {
            Kind::Imm(bits) if fits_i16(bits, ty).is_none() => {
                Some(self.in_slot(Loc::Imm(bits), operand))
            }
            _ => None,
        };
        let address = self.pop_address(memarg.offset as u32);
        // Only now: folding may have changed what the accumulators hold.
        let mut value = wide.map_or_else(|| self.loc(operand), Loc::Slot);
        if value == Loc::Acc && address.uses_acc() && ty.bank() == Some(Bank::Int) {
            // One accumulator, so both stand for the local that it mirrors.
            value = self.loc_beside_acc(operand);
        }
        let (form, operands, bytes) = address.encode();
        let values = &ty.sets().values;
        self.code.emit(
            op.base() + form * values.len() + existing(values.find(value.place())),
            operands.u16(0, value.field16()),
            bytes,
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
        let (y, x) = (self.choice(y), self.choice(x));
        let sets = ty.sets();
        let choice = |loc: Loc| existing(sets.choices.find(loc.place()));
        let condition_form = existing(INT.sources.find(condition.place()));
        let form = match bank {
            Bank::Int => 0,
            Bank::F32 => select_forms(INT),
            Bank::F64 => select_forms(INT) + select_forms(FLOAT),
        } + ((condition_form * sets.choices.len() + choice(x)) * sets.choices.len()
            + choice(y))
            * sets.dests;
        let operands = Operands::default()
            .u16(2, x.field16())
            .u16(4, y.field16())
            .u16(6, condition.field16());
        self.produce(Op::Select.base() + form, ty, operands, 8);
    }

    /// A popped operand that is not in an accumulator alone, as a slot, a pin or a 16-bit constant.
    fn choice(&mut self, operand: Operand) -> Loc {
        match self.loc_beside_acc(operand) {
            loc @ Loc::Pin(_) => loc,
            loc @ Loc::Imm(bits) if fits_i16(bits, operand.ty).is_some() => loc,
            loc => Loc::Slot(self.in_slot(loc, operand)),
        }
    }

    pub(crate) fn global_get(&mut self, index: u32) {
        let ty = super::func::ty(self.module.globals[index as usize].content);
        let bank = ty.bank().unwrap_or(Bank::Int);
        let form = match bank {
            Bank::Int => 0,
            Bank::F32 => 5,
            Bank::F64 => 8,
        };
        self.evict(bank);
        let acc = self.stack.acc;
        let opcode = Op::GlobalGet.base() + form;
        let pc = self.produce(opcode, ty, Operands::default().u32(4, index), 8);
        self.last = (ty == Ty::I32).then_some(Last {
            pc,
            end: self.code.pc(),
            acc,
            what: What::Global(index),
        });
    }

    /// Fuses `global.set` with the sum that it writes.
    fn global_sum(&mut self, index: u32) -> bool {
        let operands = Operands::default().u32(4, index);
        if let Some(last) = self.fresh()
            && let What::Binary {
                op: Op::I32Add,
                a,
                b: Loc::Imm(by),
                ..
            } = last.what
            && let Some(by) = fits_i16(by, Ty::I32)
            && let Some(form) = INT.sources.find(a.place())
        {
            self.take_back(&last);
            let operands = operands.u16(0, a.field16()).u16(2, by);
            self.code.emit(Op::GlobalSetSum.base() + form, operands, 8);
            return true;
        }
        let top = self.stack.last().map(|operand| operand.kind);
        if let Some(last) = self.last.filter(|last| last.end == self.code.pc())
            && let What::GlobalSum {
                index: read,
                local,
                by,
            } = last.what
            && read == index
            && top == Some(Kind::Local(local))
        {
            self.take_back(&last);
            let (_, slot) = self.locals.get(local);
            let form = match self.pin_of(local) {
                Some(pin) => 1 + pin as u16,
                None => {
                    self.stack.acc[Bank::Int as usize] = AccState {
                        local: Some(local),
                        ..Default::default()
                    };
                    0
                }
            };
            let operands = operands.u16(0, slot).u16(2, by);
            self.code.emit(Op::GlobalStep.base() + form, operands, 8);
            return true;
        }
        false
    }

    pub(crate) fn global_set(&mut self, index: u32) {
        if self.global_sum(index) {
            return;
        }
        let (loc, operand) = self.pop();
        let bank = operand.ty.bank().unwrap_or(Bank::Int);
        let (form, field) = match loc {
            Loc::Acc => (1 + bank as u16, 0),
            Loc::Pin(pin) => (5 + pin as u16, 0),
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
