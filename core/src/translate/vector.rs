//! Operators on vectors that are no numeric rows.

use wasmparser::{MemArg, V128};

use super::{
    code::Operands,
    func::FuncTranslator,
    fuse::existing,
    stack::{Loc, Operand},
};
use crate::bytecode::{Bank, Encoding, Op, SHIFT_COUNTS, Shape, Ty};

impl<E: Encoding> FuncTranslator<'_, E> {
    /// Copies a vector to a slot.
    pub(super) fn copy_vector(&mut self, from: Loc, to: Loc) {
        let form = (from == Loc::Acc) as u16;
        let operands = Operands::default()
            .u16(0, to.field16())
            .u16(2, from.field16());
        self.code.emit(Op::V128Copy.base::<E>() + form, operands, 8);
        self.last = None;
    }

    /// Produces a vector by an op with 16 bytes behind its operands.
    fn produce_wide(&mut self, op: Op, operands: Operands, wide: u128) {
        self.evict(Bank::V128);
        let operands = operands.u16(0, self.stack.top());
        let pc = self.code.emit_wide(op.base::<E>(), operands, wide);
        self.produced(pc, op.base::<E>(), Ty::V128);
    }

    pub(super) fn vector_const(&mut self, value: &V128) {
        let value = u128::from_le_bytes(*value.bytes());
        self.produce_wide(Op::V128Const, Operands::default(), value);
    }

    pub(super) fn shuffle(&mut self, lanes: [u8; 16]) {
        let b = self.pop_slot();
        let a = self.pop_slot();
        let operands = Operands::default().u16(2, a).u16(4, b);
        // Whether all bytes go in groups of `size`, wherever each begins among the groups.
        let in_groups = |size: usize| {
            lanes.chunks(size).all(|group| {
                let whole = group.windows(2).all(|pair| pair[0] + 1 == pair[1]);
                whole && usize::from(group[0]).is_multiple_of(size)
            })
        };
        let op = match () {
            () if in_groups(8) => Op::I64x2Shuffle,
            () if in_groups(4) => Op::I32x4Shuffle,
            () if in_groups(2) => Op::I16x8Shuffle,
            () => Op::I8x16Shuffle,
        };
        self.produce_wide(op, operands, u128::from_le_bytes(lanes));
    }

    pub(super) fn shift(&mut self, op: Op) {
        let (count_form, count) = match self.stack.last() {
            // Lanes are 64 bits wide at most.
            Some(Operand {
                at: Loc::Imm(bits), ..
            }) => {
                self.stack.pop();
                (1, bits as u32 & 63)
            }
            _ => (0, self.pop_slot()),
        };
        let (a, _) = self.pop();
        let form = existing(E::PLACES.vector.sources.find(a.place())) * SHIFT_COUNTS + count_form;
        let operands = Operands::default().u16(2, a.field16()).u16(4, count);
        self.produce(
            op.base::<E>() + form * E::PLACES.vector.dests,
            Ty::V128,
            operands,
            8,
        );
    }

    pub(super) fn ternary(&mut self, op: Op) {
        let c = self.pop_slot();
        let b = self.pop_slot();
        let (a, _) = self.pop();
        let form = existing(E::PLACES.vector.sources.find(a.place()));
        let operands = Operands::default().u16(2, a.field16()).u16(4, b).u16(6, c);
        self.produce(
            op.base::<E>() + form * E::PLACES.vector.dests,
            Ty::V128,
            operands,
            8,
        );
    }

    pub(super) fn extract(&mut self, op: Op, lane: u8) {
        let Shape::Extract { result, size } = *op.shape() else {
            return;
        };
        let vector = self.pop_slot();
        let operands = Operands::default()
            .u16(2, vector)
            .u16(4, u32::from(lane) * u32::from(size));
        self.produce(op.base::<E>(), result, operands, 8);
    }

    pub(super) fn replace(&mut self, op: Op, lane: u8) {
        let (value, operand) = self.pop();
        // (Its eviction does not touch the value.)
        let vector = self.pop_slot();
        self.replace_in(op, vector, value, operand, lane);
    }

    /// Pushes the vector in a slot with a popped value in one of its lanes.
    fn replace_in(&mut self, op: Op, vector: u32, value: Loc, operand: Operand, lane: u8) {
        let Shape::Replace { value: ty, size } = *op.shape() else {
            return;
        };
        let value = match value {
            Loc::Imm(_) => Loc::slot(self.in_slot(value, operand)),
            value => value,
        };
        let form = existing(E::sets(ty).sources.find(value.place()));
        let operands = Operands::default()
            .u16(0, self.stack.top())
            .u16(2, vector)
            .u16(4, value.field16())
            .u16(6, u32::from(lane) * u32::from(size));
        self.code.emit(op.base::<E>() + form, operands, 8);
        self.stack.push_home(Ty::V128);
        self.producer = None;
    }

    /// A load, and `replace` of a lane by what it gave.
    pub(super) fn load_lane(&mut self, load: Op, replace: Op, memarg: &MemArg, lane: u8) {
        // The vector stays where it is: the load writes at most to the address's home, below it.
        let vector = self.pop_slot();
        self.stack.need(self.stack.top() + 3);
        self.load(load, memarg);
        let (value, operand) = self.pop();
        self.replace_in(replace, vector, value, operand, lane);
    }

    /// A lane, and a store of it.
    pub(super) fn store_lane(&mut self, extract: Op, store: Op, memarg: &MemArg, lane: u8) {
        self.extract(extract, lane);
        self.store(store, memarg);
    }

    pub(super) fn select_vector(&mut self) {
        let condition = self.pop_slot();
        let y = self.pop_slot();
        let x = self.pop_slot();
        let operands = Operands::default().u16(2, x).u16(4, y).u16(6, condition);
        self.produce_home(Op::V128Select, Ty::V128, operands, 8);
    }

    pub(super) fn global_get_vector(&mut self, index: u32) {
        let operands = Operands::default().u32(4, index);
        self.produce_home(Op::V128GlobalGet, Ty::V128, operands, 8);
    }

    pub(super) fn global_set_vector(&mut self, index: u32) {
        let value = self.pop_slot();
        let operands = Operands::default().u16(0, value).u32(4, index);
        self.code.emit(Op::V128GlobalSet.base::<E>(), operands, 8);
    }
}
