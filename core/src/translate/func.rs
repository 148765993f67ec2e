//! One function's translation: the state that all operators work on, and the moves between places.

use alloc::vec::Vec;

use super::{
    code::{Code, NO_FIELD, Operands, Pc},
    locals::Locals,
    stack::{AccStates, Kind, Loc, Operand, OperandStack},
};
use crate::{
    bytecode::{Bank, Op, TO_BOTH, TO_SLOT, Ty},
    engine::FUEL_LOG2_BYTES,
    exec::{ENTRY_HEADER_BYTES, HEADER_SLOTS},
    module::ModuleInner,
    types::{FuncType, ValType},
};

/// A function's frame has at most this many slots: operands name them in 16 bits.
pub(crate) const MAX_FRAME_SLOTS: u32 = u16::MAX as u32;

pub(crate) fn ty(ty: ValType) -> Ty {
    match ty {
        ValType::I32 => Ty::I32,
        ValType::I64 => Ty::I64,
        ValType::F32 => Ty::F32,
        ValType::F64 => Ty::F64,
        ValType::V128 => Ty::V128,
        ValType::Ref(_) => Ty::Ref,
    }
}

/// The same of the parser's types.
pub(crate) fn parsed_ty(ty: wasmparser::ValType) -> Ty {
    match ty {
        wasmparser::ValType::I32 => Ty::I32,
        wasmparser::ValType::I64 => Ty::I64,
        wasmparser::ValType::F32 => Ty::F32,
        wasmparser::ValType::F64 => Ty::F64,
        wasmparser::ValType::V128 => Ty::V128,
        wasmparser::ValType::Ref(_) => Ty::Ref,
    }
}

/// Where a callee of this type keeps its header: behind the space that parameters and results share.
pub(crate) fn header_slot(ty: &FuncType) -> u32 {
    ty.param_slots().max(ty.result_slots()) as u32
}

/// The types a block takes and gives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BlockSig {
    Empty,
    Result(Ty),
    /// By type index.
    Type(u32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BlockKind {
    /// The function's body.
    Func,
    Block,
    Loop,
    If,
    Else,
}

/// An open block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) sig: BlockSig,
    /// Operands below the block's own.
    pub(crate) height: usize,
    /// Home slot of its first parameter or result.
    pub(crate) base: u32,
    /// Where a loop begins.
    pub(crate) start: Pc,
    /// Branches that wait for the end.
    pub(crate) ends: u32,
    /// The branch of an `if` that waits for the else.
    pub(crate) else_field: u32,
    /// The stub that the `br_table` with this number has made for this target.
    pub(crate) stub: (u32, Pc),
}

/// A binary op that has just been emitted and may still be inverted, or fused into what consumes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastBinary {
    pub(crate) pc: Pc,
    /// Behind it.
    pub(crate) end: Pc,
    pub(crate) op: Op,
    pub(crate) a: Loc,
    pub(crate) b: Loc,
    /// What the accumulators held before it.
    pub(crate) acc: AccStates,
}

/// Buffers that are used again from function to function.
#[derive(Default)]
pub(crate) struct Buffers {
    pub(crate) code: Code,
    pub(crate) stack: OperandStack,
    pub(crate) blocks: Vec<Block>,
    pub(crate) locals: Locals,
}

/// The translation of one function.
pub(crate) struct FuncTranslator<'m> {
    pub(crate) module: &'m ModuleInner,
    pub(crate) ty: &'m FuncType,
    pub(crate) code: Code,
    pub(crate) stack: OperandStack,
    pub(crate) blocks: Vec<Block>,
    pub(crate) locals: Locals,
    /// Position of this function's frame header.
    pub(crate) header: u32,
    /// Behind the params and header: where locals that are not parameters begin.
    pub(crate) first_local: u32,
    /// Behind the locals so far.
    next_slot: u32,
    pub(crate) last: Option<LastBinary>,
    /// The last op and the position behind it, while its result may be redirected to a local.
    pub(crate) producer: Option<(Pc, Pc)>,
    /// Depth of blocks opened in unreachable code, if this is such.
    pub(crate) dead: Option<u32>,
    /// The fuel op of the current basic block and what it charges.
    fuel: Option<(Pc, u32)>,
    pub(crate) metered: bool,
    interruptible: bool,
    /// Number of `br_table`s so far.
    pub(crate) tables: u32,
}

impl<'m> FuncTranslator<'m> {
    /// Starts on the function of type `ty`. `record` makes code to read instead of to run.
    pub(crate) fn new(
        module: &'m ModuleInner,
        ty: &'m FuncType,
        func_index: u32,
        buffers: Buffers,
        record: bool,
    ) -> Self {
        let Buffers {
            mut code,
            stack,
            mut blocks,
            mut locals,
        } = buffers;
        code.begin(record);
        code.pad(ENTRY_HEADER_BYTES);
        code.patch_pad(4, func_index);
        blocks.clear();
        locals.clear();
        let mut slot = 0;
        for &param in ty.params() {
            slot = locals.declare(1, self::ty(param), slot);
        }
        let header = header_slot(ty);
        let first_local = header + HEADER_SLOTS as u32;
        FuncTranslator {
            module,
            ty,
            code,
            stack,
            blocks,
            locals,
            header,
            first_local,
            next_slot: first_local,
            last: None,
            producer: None,
            dead: None,
            fuel: None,
            metered: module.engine.fuel_enabled(),
            interruptible: module.engine.interruptible(),
            tables: 0,
        }
    }

    pub(crate) fn into_buffers(self) -> Buffers {
        Buffers {
            code: self.code,
            stack: self.stack,
            blocks: self.blocks,
            locals: self.locals,
        }
    }

    /// Declares `count` locals.
    pub(crate) fn declare(&mut self, count: u32, ty: Ty) {
        self.next_slot = self.locals.declare(count, ty, self.next_slot);
    }

    /// Call after the last declaration.
    pub(crate) fn begin_body(&mut self) {
        self.stack.begin(self.next_slot);
        self.stack.need(self.first_local);
        self.blocks.push(Block {
            kind: BlockKind::Func,
            sig: BlockSig::Empty,
            height: 0,
            base: self.next_slot,
            start: self.code.pc(),
            ends: NO_FIELD,
            else_field: NO_FIELD,
            stub: (0, Pc(0)),
        });
        let zeroed = self.next_slot - self.first_local;
        // Parameters are not counted: the caller has paid for making each of them.
        let units = (zeroed * 8) >> FUEL_LOG2_BYTES;
        if units > 0 {
            self.charge(units);
        }
        if zeroed > 0 {
            self.code.emit(
                Op::ZeroLocals.base(),
                Operands::default().u16(0, self.first_local).u16(2, zeroed),
                8,
            );
        }
        self.checkpoint();
    }

    /// Looks at the interrupt flag here, if the engine wants that.
    pub(crate) fn checkpoint(&mut self) {
        if self.interruptible {
            self.code
                .emit(Op::Checkpoint.base(), Operands::default(), 8);
        }
    }

    /// First slot of the operand stack.
    pub(crate) fn first_temporary(&self) -> u32 {
        self.next_slot
    }

    /// Slots of the frame, or `None` if they are too many.
    pub(crate) fn finish(&mut self) -> Option<u32> {
        let slots = self.stack.max();
        self.code.patch_pad(0, slots * 8);
        (slots <= MAX_FRAME_SLOTS).then_some(slots)
    }

    // Fuel

    /// Charges so many units to the current basic block.
    pub(crate) fn charge(&mut self, units: u32) {
        if !self.metered {
            return;
        }
        let (pc, count) = match self.fuel {
            Some((pc, count)) => (pc, count + units),
            None => (
                self.code.emit(Op::Fuel.base(), Operands::default(), 8),
                units,
            ),
        };
        self.code.patch_u32(pc, 4, count);
        self.fuel = Some((pc, count));
    }

    /// A basic block begins here.
    pub(crate) fn begin_basic_block(&mut self) {
        self.fuel = None;
    }

    // Places

    /// Where an operand is; one with an accumulator's local is there too.
    pub(crate) fn loc(&self, operand: Operand) -> Loc {
        match operand.kind {
            Kind::Home => Loc::Slot(operand.home),
            Kind::Imm(bits) => Loc::Imm(bits),
            Kind::Local(local) if self.stack.acc_is_local(operand.ty.bank(), local) => Loc::Acc,
            Kind::Local(local) => Loc::Slot(self.locals.get(local).1),
            Kind::Acc => Loc::Acc,
        }
    }

    /// The same, where an accumulator that only mirrors a local does not count.
    pub(crate) fn loc_beside_acc(&self, operand: Operand) -> Loc {
        match operand.kind {
            Kind::Local(local) => Loc::Slot(self.locals.get(local).1),
            _ => self.loc(operand),
        }
    }

    /// Copies a value to a slot.
    pub(crate) fn copy(&mut self, from: Loc, ty: Ty, to: u32) {
        let base = Op::Copy.base();
        let operands = Operands::default().u16(0, to);
        match from {
            Loc::Slot(from) if from == to => {}
            Loc::Slot(from) if ty == Ty::V128 => {
                self.code
                    .emit(Op::CopyMany.base(), operands.u16(2, from).u16(4, 2), 8);
            }
            Loc::Slot(from) => {
                self.code.emit(base, operands.u16(2, from), 8);
            }
            Loc::Acc => {
                let bank = ty.bank().unwrap_or(Bank::Int);
                self.code.emit(base + 1 + bank as u16, operands, 8);
            }
            Loc::Imm(bits) => match fits_i32(bits, ty) {
                Some(value) => {
                    self.code.emit(base + 4, operands.u32(4, value), 8);
                }
                None => {
                    self.code.emit(base + 5, operands.u64(8, bits), 16);
                }
            },
        }
        self.producer = None;
    }

    /// Puts the operand at `position` into its home slot.
    pub(crate) fn materialize(&mut self, position: usize) {
        let operand = self.stack.get(position);
        match (operand.kind, operand.ty.bank()) {
            (Kind::Home, _) => {}
            (Kind::Acc, Some(bank)) => self.evict(bank),
            _ => {
                self.copy(self.loc(operand), operand.ty, operand.home);
                self.stack.set_home(position);
            }
        }
    }

    /// Makes the accumulator of `bank` free: an operand that is only there goes to its home slot, at no
    /// cost if its producer can be redirected.
    pub(crate) fn evict(&mut self, bank: Bank) {
        let acc = self.stack.acc[bank as usize];
        let Some(position) = acc.operand else { return };
        let operand = self.stack.get(position as usize);
        match acc.producer {
            // The producer has the home slot as its destination field already.
            Some((pc, opcode)) => {
                self.code.set_opcode(pc, opcode + TO_SLOT);
                self.stack.acc[bank as usize].local = None;
            }
            None => self.copy(Loc::Acc, operand.ty, operand.home),
        }
        self.stack.set_home(position as usize);
        self.stack.acc[bank as usize].operand = None;
        self.stack.acc[bank as usize].producer = None;
    }

    pub(crate) fn evict_all(&mut self) {
        for bank in [Bank::Int, Bank::F32, Bank::F64] {
            self.evict(bank);
        }
    }

    /// Puts every operand that a branch could disturb into its home; constants below a block stay.
    pub(crate) fn flush(&mut self) {
        self.evict_all();
        while let Some(&position) = self.stack.lazy().last() {
            self.materialize(position as usize);
        }
    }

    /// Puts the topmost `count` operands into their homes.
    pub(crate) fn materialize_top(&mut self, count: usize) {
        for position in self.stack.len().saturating_sub(count)..self.stack.len() {
            self.materialize(position);
        }
    }

    /// Pops an operand to wherever it is.
    pub(crate) fn pop(&mut self) -> (Loc, Operand) {
        let operand = self.stack.pop();
        (self.loc(operand), operand)
    }

    /// Pops an operand into a slot.
    pub(crate) fn pop_slot(&mut self) -> u32 {
        if let Some(Operand {
            kind: Kind::Acc,
            ty,
            ..
        }) = self.stack.last()
        {
            self.evict(ty.bank().unwrap_or(Bank::Int));
        }
        let operand = self.stack.pop();
        self.in_slot(self.loc_beside_acc(operand), operand)
    }

    /// The slot of a popped operand that is not in an accumulator; a constant is put in its home.
    pub(crate) fn in_slot(&mut self, loc: Loc, operand: Operand) -> u32 {
        match loc {
            Loc::Slot(slot) => slot,
            _ => {
                self.copy(loc, operand.ty, operand.home);
                operand.home
            }
        }
    }

    /// Pushes a reference to a local.
    pub(crate) fn push_local(&mut self, local: u32) {
        if self.stack.lazy().len() >= OperandStack::MAX_LAZY {
            let oldest = self.stack.lazy()[0];
            self.materialize(oldest as usize);
        }
        let (ty, _) = self.locals.get(local);
        self.stack.push(ty, Kind::Local(local));
    }

    /// Emits an op that produces a value, and pushes that. `opcode` is its form `TO_ACC`; the
    /// destination field at 0 is set here. Popped operands must have been popped before.
    pub(crate) fn produce(&mut self, opcode: u16, ty: Ty, operands: Operands, bytes: usize) -> Pc {
        let bank = ty.bank().unwrap_or(Bank::Int);
        self.evict(bank);
        let pc = self
            .code
            .emit(opcode, operands.u16(0, self.stack.top()), bytes);
        self.stack.acc[bank as usize] = super::stack::AccState {
            operand: None,
            local: None,
            producer: Some((pc, opcode)),
        };
        self.stack.push(ty, Kind::Acc);
        self.producer = Some((pc, self.code.pc()));
        pc
    }

    /// Pushes a value that an op has left in its accumulator, where nothing can be redirected any more.
    pub(crate) fn push_in_acc(&mut self, ty: Ty) {
        if let Some(bank) = ty.bank() {
            self.stack.acc[bank as usize] = Default::default();
        }
        self.stack.push(ty, Kind::Acc);
    }

    /// Pops into a local; the operands that still stand for its old value are copied first.
    pub(crate) fn set_local(&mut self, local: u32) {
        let operand = self.stack.pop();
        let (ty, slot) = self.locals.get(local);
        let mut clean = true;
        let mut i = 0;
        while let Some(&position) = self.stack.lazy().get(i) {
            if self.stack.get(position as usize).kind == Kind::Local(local) {
                self.materialize(position as usize);
                clean = false;
            } else {
                i += 1;
            }
        }
        let bank = ty.bank().unwrap_or(Bank::Int) as usize;
        let acc = self.stack.acc[bank];
        match acc.producer {
            // Nothing has read or written the local since its producer, which is the last op.
            Some((pc, opcode))
                if clean
                    && operand.kind == Kind::Acc
                    && self.producer == Some((pc, self.code.pc())) =>
            {
                self.code.set_opcode(pc, opcode + TO_BOTH);
                self.code.patch_u16(pc, 0, slot);
                self.stack.acc[bank] = super::stack::AccState {
                    operand: None,
                    local: Some(local),
                    producer: None,
                };
            }
            _ => {
                let loc = self.loc(operand);
                if operand.kind != Kind::Local(local) {
                    self.copy(loc, ty, slot);
                }
                let acc = &mut self.stack.acc[bank];
                if ty.bank().is_some() {
                    if loc == Loc::Acc {
                        // The copy has read it: the producer stays as it is.
                        acc.producer = None;
                        if operand.kind == Kind::Acc {
                            acc.local = Some(local);
                        }
                    } else if acc.local == Some(local) && operand.kind != Kind::Local(local) {
                        acc.local = None;
                    }
                }
            }
        }
        self.last = None;
        self.producer = None;
    }

    /// Code can be reached from elsewhere at this point.
    pub(crate) fn label(&mut self) {
        self.stack.clear_acc();
        self.last = None;
        self.producer = None;
        self.begin_basic_block();
    }

    /// The binary op that made the operand on top of the stack, if nothing has happened since.
    pub(crate) fn fresh(&self) -> Option<LastBinary> {
        let last = self.last?;
        let on_top = matches!(
            self.stack.last(),
            Some(Operand {
                kind: Kind::Acc,
                ..
            })
        );
        (last.end == self.code.pc() && on_top && self.producer == Some((last.pc, last.end)))
            .then_some(last)
    }

    /// Takes back the op that `fresh` gave, and pops its result.
    pub(crate) fn take_back(&mut self, last: &LastBinary) {
        self.stack.pop();
        self.code.truncate(last.pc);
        self.stack.acc = last.acc;
        self.last = None;
        self.producer = None;
    }
}

/// A constant as the 32-bit field that is extended to it.
pub(crate) fn fits_i32(bits: u64, ty: Ty) -> Option<u32> {
    match ty {
        // The upper half of their slots is not read.
        Ty::I32 | Ty::F32 => Some(bits as u32),
        _ => (bits as i64 as i32 as i64 == bits as i64).then_some(bits as u32),
    }
}

/// A constant as the 16-bit field that is sign-extended to it.
pub(crate) fn fits_i16(bits: u64, ty: Ty) -> Option<u32> {
    let value = match ty {
        Ty::I32 => bits as u32 as i32 as i64,
        _ => bits as i64,
    };
    (value as i16 as i64 == value).then_some(value as u32)
}
