//! Typed function references, structures, arrays and casts.

use super::{code::Operands, func::FuncTranslator, fuse::Condition, note::Reason, stack::Loc};
use crate::{
    bytecode::{Encoding, Op, Shape, Ty},
    error::Error,
    module::{TypeEntry, Types},
    store::{CastTarget, Field, FieldKind},
    types::RefType,
};

/// Whether a packed field is read with its sign.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    None,
    Signed,
    Unsigned,
}

/// The op that reads a field of a kind, of a structure and of an array; `None` for vectors.
fn get_op(kind: FieldKind, sign: Sign) -> Option<(Op, Op)> {
    Some(match (kind, sign) {
        (FieldKind::I8, Sign::Signed) => (Op::StructGet8S, Op::ArrayGet8S),
        (FieldKind::I8, _) => (Op::StructGet8U, Op::ArrayGet8U),
        (FieldKind::I16, Sign::Signed) => (Op::StructGet16S, Op::ArrayGet16S),
        (FieldKind::I16, _) => (Op::StructGet16U, Op::ArrayGet16U),
        (FieldKind::I32, _) => (Op::StructGet32, Op::ArrayGet32),
        (FieldKind::I64, _) => (Op::StructGet64, Op::ArrayGet64),
        (FieldKind::F32, _) => (Op::StructGetF32, Op::ArrayGetF32),
        (FieldKind::F64, _) => (Op::StructGetF64, Op::ArrayGetF64),
        (FieldKind::Ref, _) => (Op::StructGetRef, Op::ArrayGetRef),
        (FieldKind::Func, _) => (Op::StructGetFunc, Op::ArrayGetFunc),
        (FieldKind::V128, _) => return None,
    })
}

/// The op that writes one.
fn set_op(kind: FieldKind) -> (Op, Op) {
    match kind.bytes() {
        1 => (Op::StructSet8, Op::ArraySet8),
        2 => (Op::StructSet16, Op::ArraySet16),
        4 => (Op::StructSet32, Op::ArraySet32),
        8 => (Op::StructSet64, Op::ArraySet64),
        _ => (Op::StructSet128, Op::ArraySet128),
    }
}

impl<E: Encoding> FuncTranslator<'_, E> {
    fn entry(&self, index: u32) -> &TypeEntry {
        &self.module.types[index as usize]
    }

    fn element(&self, index: u32) -> FieldKind {
        self.entry(index).def.layout.element()
    }

    /// An op that produces a value into any destination.
    fn produce_op(&mut self, op: Op, operands: Operands) {
        if let Shape::Produce { result, .. } = *op.shape() {
            self.produce(op.base::<E>(), result, operands, 8);
        }
    }

    /// An op that makes an object of what is on top of the stack, `inputs` values, for which `operands` have the
    /// slots: they stay on the stack until it is made.
    fn make(&mut self, op: Op, inputs: usize, operands: Operands, bytes: usize) {
        self.stop_here();
        self.stack.truncate(self.stack.len() - inputs);
        self.produce_home(op, Ty::Ref, operands, bytes);
    }

    /// The slot of the operand that many places below the top, which stays there.
    fn peek_slot(&mut self, below: usize) -> u32 {
        let position = self.stack.len() - 1 - below;
        let operand = self.stack.get(position);
        match operand.at {
            Loc::Slot(slot) => slot as u32,
            _ => {
                self.because(Reason::ReadFromSlot);
                self.materialize(position);
                operand.home
            }
        }
    }

    /// Whether an op works on an amount that a guest chooses: it can be interrupted, and costs fuel.
    fn pay_for_length(&mut self, len: u32) {
        self.checkpoint();
        if self.metered {
            self.stop_here();
            let operands = Operands::default().u16(0, len);
            self.code.emit(Op::FuelLength.base::<E>(), operands, 8);
        }
    }

    pub(super) fn struct_new(&mut self, index: u32, default: bool, descriptor: bool) {
        let entry = self.entry(index);
        let fields = entry.def.layout.fields().len();
        let id = self.type_field(index);
        let fields = if default { 0 } else { fields };
        let inputs = fields + usize::from(descriptor);
        self.materialize_top(inputs);
        let first = match inputs {
            0 => self.stack.top(),
            _ => self.stack.get(self.stack.len() - inputs).home,
        };
        let operands = Operands::default();
        let above = if descriptor { self.stack.top() - 1 } else { 0 };
        let (op, operands, bytes) = match (default, descriptor) {
            (false, false) => (Op::StructNew, operands.u16(2, first).u32(4, id), 8),
            (true, false) => (Op::StructNewDefault, operands.u32(4, id), 8),
            (false, true) => {
                let operands = operands.u16(2, first).u16(4, above);
                (Op::StructNewDesc, operands.u32(8, id), 16)
            }
            (true, true) => (
                Op::StructNewDefaultDesc,
                operands.u16(2, above).u32(4, id),
                8,
            ),
        };
        self.make(op, inputs, operands, bytes);
    }

    fn field(&self, index: u32, field: u32) -> Field {
        self.entry(index).def.layout.fields()[field as usize]
    }

    pub(super) fn struct_get(&mut self, index: u32, field: u32, sign: Sign) {
        let Field { at, kind } = self.field(index, field);
        let object = self.pop_slot();
        let operands = Operands::default().u16(2, object).u32(4, at);
        match get_op(kind, sign) {
            Some((op, _)) => self.produce_op(op, operands),
            None => self.produce_home(Op::StructGet128, Ty::V128, operands, 8),
        }
    }

    pub(super) fn struct_set(&mut self, index: u32, field: u32) {
        let Field { at, kind } = self.field(index, field);
        let value = self.pop_slot();
        let object = self.pop_slot();
        let operands = Operands::default().u16(0, object).u16(2, value).u32(4, at);
        self.code.emit(set_op(kind).0.base::<E>(), operands, 8);
    }

    pub(super) fn array_new(&mut self, index: u32, default: bool) {
        let id = self.type_field(index);
        let len = self.peek_slot(0);
        self.pay_for_length(len);
        if default {
            let operands = Operands::default().u16(2, len).u32(4, id);
            return self.make(Op::ArrayNewDefault, 1, operands, 8);
        }
        let init = self.peek_slot(1);
        let operands = Operands::default().u16(2, init).u16(4, len).u32(8, id);
        self.make(Op::ArrayNew, 2, operands, 16);
    }

    pub(super) fn array_new_fixed(&mut self, index: u32, len: u32) {
        let id = self.type_field(index);
        let inputs = len as usize;
        self.materialize_top(inputs);
        let first = match inputs {
            0 => self.stack.top(),
            _ => self.stack.get(self.stack.len() - inputs).home,
        };
        let operands = Operands::default().u16(2, first).u32(4, id).u32(8, len);
        self.make(Op::ArrayNewFixed, inputs, operands, 16);
    }

    /// `array.new_data` and `array.new_elem`.
    pub(super) fn array_new_segment(&mut self, op: Op, index: u32, segment: u32) {
        let id = self.type_field(index);
        let len = self.peek_slot(0);
        let offset = self.peek_slot(1);
        self.pay_for_length(len);
        let operands = Operands::default()
            .u16(2, offset)
            .u16(4, len)
            .u32(8, id)
            .u32(12, segment);
        self.make(op, 2, operands, 16);
    }

    pub(super) fn array_get(&mut self, index: u32, sign: Sign) {
        let at = self.pop_slot();
        let array = self.pop_slot();
        let operands = Operands::default().u16(2, array).u16(4, at);
        match get_op(self.element(index), sign) {
            Some((_, op)) => self.produce_op(op, operands),
            None => self.produce_home(Op::ArrayGet128, Ty::V128, operands, 8),
        }
    }

    pub(super) fn array_set(&mut self, index: u32) {
        let value = self.pop_slot();
        let at = self.pop_slot();
        let array = self.pop_slot();
        let operands = Operands::default().u16(0, array).u16(2, at).u16(4, value);
        let (_, op) = set_op(self.element(index));
        self.code.emit(op.base::<E>(), operands, 8);
    }

    pub(super) fn array_len(&mut self) {
        let array = self.pop_slot();
        self.produce_op(Op::ArrayLen, Operands::default().u16(2, array));
    }

    /// An op on four slots, the length last, and maybe a segment.
    pub(super) fn array_bulk(&mut self, op: Op, segment: Option<u32>) {
        let len = self.peek_slot(0);
        self.pay_for_length(len);
        let [d, c, b, a] = core::array::from_fn(|_| self.pop_slot());
        let operands = Operands::default().u16(0, a).u16(2, b).u16(4, c).u16(6, d);
        match segment {
            Some(segment) => self.code.emit(op.base::<E>(), operands.u32(8, segment), 16),
            None => self.code.emit(op.base::<E>(), operands, 8),
        };
    }

    pub(super) fn array_copy(&mut self) {
        let len = self.peek_slot(0);
        self.pay_for_length(len);
        let [e, d, c, b, a] = core::array::from_fn(|_| self.pop_slot());
        let operands = Operands::default()
            .u16(0, a)
            .u16(2, b)
            .u16(4, c)
            .u16(6, d)
            .u16(8, e);
        self.code.emit(Op::ArrayCopy.base::<E>(), operands, 16);
    }

    fn cast_target(&self, heap: wasmparser::HeapType, nullable: bool) -> Result<u32, Error> {
        let types = Types::of(self.module);
        let of = types.heap_type(heap)?;
        let target = CastTarget::new(RefType { nullable, heap: of });
        Ok(match heap {
            wasmparser::HeapType::Concrete(index) | wasmparser::HeapType::Exact(index)
                if E::COMPACT =>
            {
                target.of_type(index.as_module_index().unwrap_or(0)).0
            }
            _ => target.0,
        })
    }

    /// Pushes whether the reference in a slot is of a type.
    fn test_slot(&mut self, slot: u32, target: u32) {
        let operands = Operands::default().u16(2, slot).u32(4, target);
        self.produce_op(Op::RefTest, operands);
    }

    pub(super) fn ref_test(
        &mut self,
        heap: wasmparser::HeapType,
        nullable: bool,
    ) -> Result<(), Error> {
        let target = self.cast_target(heap, nullable)?;
        let slot = self.pop_slot();
        self.test_slot(slot, target);
        Ok(())
    }

    pub(super) fn ref_cast(
        &mut self,
        heap: wasmparser::HeapType,
        nullable: bool,
    ) -> Result<(), Error> {
        let target = self.cast_target(heap, nullable)?;
        let slot = self.pop_slot();
        let operands = Operands::default().u16(2, slot).u32(4, target);
        self.produce_op(Op::RefCast, operands);
        Ok(())
    }

    /// `br_on_cast`, and with `fail` its opposite: the reference goes with the branch and on.
    pub(super) fn br_on_cast(
        &mut self,
        depth: u32,
        to: wasmparser::RefType,
        fail: bool,
    ) -> Result<(), Error> {
        let target = self.cast_target(to.heap_type(), to.is_nullable())?;
        self.materialize_top(1);
        let slot = self.peek_slot(0);
        self.test_slot(slot, target);
        if fail {
            self.eqz(Op::I32Eq, Ty::I32);
        }
        self.br_if(depth);
        Ok(())
    }

    /// The condition that the reference on top, which stays, is or is not null.
    fn null_condition(&mut self, op: Op) -> Condition {
        self.materialize_top(1);
        let slot = self.peek_slot(0);
        self.last = None;
        Condition::with_zero(op, Loc::slot(slot))
    }

    pub(super) fn br_on_null(&mut self, depth: u32) {
        let condition = self.null_condition(Op::I64Eq);
        // The branch carries what is below the reference.
        self.stack.pop();
        self.br_if_condition(condition, depth);
        self.stack.push_home(Ty::Ref);
    }

    pub(super) fn br_on_non_null(&mut self, depth: u32) {
        let condition = self.null_condition(Op::I64Ne);
        self.br_if_condition(condition, depth);
        self.stack.pop();
    }

    pub(super) fn ref_get_desc(&mut self) {
        let object = self.pop_slot();
        self.produce_op(Op::RefGetDesc, Operands::default().u16(2, object));
    }

    /// `ref.cast_desc_eq`: a test and a trap, since it is rare.
    pub(super) fn cast_desc(&mut self, nullable: bool) {
        let descriptor = self.pop_slot();
        let object = self.peek_slot(0);
        self.test_desc(object, descriptor, nullable);
        let condition = self.pop_condition();
        let field = self.branch_if(condition, false);
        self.last = None;
        self.code.emit(
            Op::DescriptorCastFailure.base::<E>(),
            Operands::default(),
            8,
        );
        self.code.resolve(field, self.code.pc());
        self.last = None;
        self.producer = None;
        self.begin_basic_block();
    }

    /// Pushes whether the object in a slot has the descriptor in a slot, or is null and may be.
    fn test_desc(&mut self, object: u32, descriptor: u32, nullable: bool) {
        let operands = Operands::default().u16(2, object).u16(4, descriptor);
        let op = if nullable {
            Op::RefTestDescNull
        } else {
            Op::RefTestDesc
        };
        self.produce_op(op, operands);
    }

    pub(super) fn br_on_cast_desc(&mut self, depth: u32, to: wasmparser::RefType, fail: bool) {
        let descriptor = self.pop_slot();
        self.materialize_top(1);
        // (The descriptor's home lies above the object's.)
        let object = self.peek_slot(0);
        self.test_desc(object, descriptor, to.is_nullable());
        if fail {
            self.eqz(Op::I32Eq, Ty::I32);
        }
        self.br_if(depth);
    }
}
