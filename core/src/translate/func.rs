//! One function's translation: the state that all operators work on, and the moves between places.

use alloc::vec::Vec;
use core::mem::take;

use super::{
    code::{Code, NEAR_SLOTS, NO_FIELD, Operands, Pc, SCRATCH_SLOTS},
    frames::{NO_CLAUSE, Tries},
    fuse::{Last, What, copied},
    grow::push,
    locals::Locals,
    note::{Note, Reason},
    pins::Pins,
    stack::{AccState, Loc, MAX_LAZY, Operand, OperandStack},
};
use crate::{
    bytecode::{Bank, CopyFrom, Encoding, Op, TO_BOTH, TO_PIN, Ty},
    engine::FUEL_LOG2_BYTES,
    exec::HEADER_SLOTS,
    module::ModuleInner,
    types::FuncType,
};

/// A function's frame has at most this many slots: operands name them in 16 bits.
pub(crate) const MAX_FRAME_SLOTS: u32 = u16::MAX as u32;

/// What a value of the parser's type is to ops.
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
    /// Begins there.
    Loop(Pc),
    /// The branch that waits for the else.
    If(u32),
    Else,
    /// A `try_table`, by its number.
    Try(u32),
    /// A legacy try before its first catch, and behind it.
    LegacyTry(u32),
    LegacyCatch(u32),
}

/// An open block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) sig: BlockSig,
    /// Operands below the block's own.
    pub(crate) height: u32,
    /// Branches that wait for the end.
    pub(crate) ends: u32,
    /// The first of the clauses that wait for its end.
    #[cfg(feature = "exceptions")]
    catches: u32,
}

impl Block {
    pub(crate) fn new(kind: BlockKind, sig: BlockSig, height: usize) -> Block {
        Block {
            kind,
            sig,
            height: height as u32,
            ends: NO_FIELD,
            #[cfg(feature = "exceptions")]
            catches: NO_CLAUSE,
        }
    }

    /// The first of the clauses that wait for its end.
    pub(crate) fn catches(&self) -> u32 {
        #[cfg(feature = "exceptions")]
        return self.catches;
        #[cfg(not(feature = "exceptions"))]
        NO_CLAUSE
    }

    /// Puts a clause in front of them; gives what was there.
    #[cfg(feature = "exceptions")]
    pub(crate) fn wait(&mut self, clause: u32) -> u32 {
        core::mem::replace(&mut self.catches, clause)
    }
}

/// Buffers that are used again from function to function.
pub(crate) struct Buffers<E: Encoding> {
    pub(crate) code: Code<E>,
    pub(crate) stack: OperandStack<E>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) locals: Locals,
    pub(crate) tries: Tries,
}

impl<E: Encoding> Default for Buffers<E> {
    fn default() -> Self {
        Buffers {
            code: Code::default(),
            stack: OperandStack::default(),
            blocks: Vec::new(),
            locals: Locals::default(),
            tries: Tries::default(),
        }
    }
}

/// The translation of one function.
///
/// Where an encoding has no accumulators, an operand is said to be in one while it is known which op has just
/// produced it, so that the next op can be fused with that one; its home slot has it all the same.
pub(crate) struct FuncTranslator<'m, E: Encoding> {
    pub(crate) module: &'m ModuleInner,
    pub(crate) ty: &'m FuncType,
    pub(crate) code: Code<E>,
    pub(crate) stack: OperandStack<E>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) locals: Locals,
    pub(crate) tries: Tries,
    /// Locals that live in pins.
    pub(crate) pins: Pins,
    /// Where the caller's pins are kept, if this function has its own.
    pub(crate) saved_pins: Option<u32>,
    /// Position of this function's frame header.
    pub(crate) header: u32,
    /// Behind the params and header: where locals that are not parameters begin.
    pub(crate) first_local: u32,
    /// Behind the locals so far.
    next_slot: u32,
    pub(crate) last: Option<Last>,
    /// The last op and the position behind it, while its result may be redirected to a local.
    pub(crate) producer: Option<(Pc, Pc)>,
    /// Depth of blocks opened in unreachable code, if this is such.
    pub(crate) dead: Option<u32>,
    /// The depths, in unreachable code, of its legacy tries.
    pub(crate) dead_tries: Vec<u32>,
    /// The fuel op of the current basic block and what it charges.
    fuel: Option<(Pc, u32)>,
    pub(crate) metered: bool,
    interruptible: bool,
    /// Whether ops are fused and locals pinned.
    pub(crate) fusing: bool,
    /// Whether each wasm instruction begins with a `Step`, with every value in its own place.
    pub(crate) debugging: bool,
    /// Wasm offsets of `Step`s and where these are, while that is recorded.
    #[cfg(feature = "debug")]
    pub(super) steps: Vec<(u32, u32)>,
    /// Number of `br_table`s so far.
    pub(crate) tables: u32,
    /// By block: a `br_table`, and the stub that it has made for that target.
    pub(crate) stubs: Vec<(u32, Pc)>,
}

impl<'m, E: Encoding> FuncTranslator<'m, E> {
    /// Starts on the function of type `ty`. `record` makes code to read instead of to run; `large` is for functions that
    /// are (see `code`).
    pub(crate) fn new(
        module: &'m ModuleInner,
        ty: &'m FuncType,
        buffers: Buffers<E>,
        record: bool,
        large: bool,
    ) -> Self {
        let Buffers {
            mut code,
            stack,
            mut blocks,
            mut locals,
            mut tries,
        } = buffers;
        blocks.clear();
        locals.clear();
        tries.clear();
        let header = ty.header_slot();
        let mut first_local = header + HEADER_SLOTS as u32;
        let mut scratch = None;
        // Parameters that lie where large functions have their scratch slots move behind the header.
        let mut moved = 0;
        if large {
            let behind = first_local + SCRATCH_SLOTS <= NEAR_SLOTS;
            scratch = Some(if behind { first_local } else { 0 });
            moved = if behind { 0 } else { SCRATCH_SLOTS };
        }
        code.begin(record, scratch);
        code.pad(E::ENTRY_BYTES);
        let mut slot = 0;
        for &param in ty.params() {
            let ty = Ty::of(param);
            if slot < moved {
                locals.declare(1, ty, first_local + slot);
                code.copy_far(first_local + slot, slot, ty.slots());
                slot += ty.slots();
            } else {
                slot = locals.declare(1, ty, slot);
            }
        }
        if large {
            // (A vector may begin at the last of them.)
            first_local += SCRATCH_SLOTS + 1;
        }
        FuncTranslator {
            module,
            ty,
            code,
            stack,
            blocks,
            locals,
            tries,
            pins: Pins::NONE,
            saved_pins: None,
            header,
            first_local,
            next_slot: first_local,
            last: None,
            producer: None,
            dead: None,
            dead_tries: Vec::new(),
            fuel: None,
            metered: module.engine.fuel_enabled(),
            interruptible: module.engine.interruptible(),
            fusing: module.engine.fusing() && !module.engine.debugging(),
            debugging: module.engine.debugging(),
            #[cfg(feature = "debug")]
            steps: Vec::new(),
            tables: 0,
            stubs: Vec::new(),
        }
    }

    /// Starts again, on a large function.
    pub(crate) fn restart(&mut self) {
        let buffers = Buffers {
            code: take(&mut self.code),
            stack: take(&mut self.stack),
            blocks: take(&mut self.blocks),
            locals: take(&mut self.locals),
            tries: take(&mut self.tries),
        };
        let record = buffers.code.recording();
        *self = FuncTranslator {
            fusing: self.fusing,
            debugging: self.debugging,
            ..FuncTranslator::new(self.module, self.ty, buffers, record, true)
        };
    }

    pub(crate) fn into_buffers(self) -> Buffers<E> {
        Buffers {
            code: self.code,
            stack: self.stack,
            blocks: self.blocks,
            locals: self.locals,
            tries: self.tries,
        }
    }

    /// Declares `count` locals.
    pub(crate) fn declare(&mut self, count: u32, ty: Ty) {
        self.next_slot = self.locals.declare(count, ty, self.next_slot);
    }

    /// Call after the last declaration; `pins` are the locals that deserve them.
    pub(crate) fn begin_body(&mut self, pins: Pins) {
        let zeroed = self.next_slot - self.first_local;
        if self.fusing && E::PLACES.pins > 0 {
            self.pins = pins;
        }
        if self.pins.get(0).is_some() {
            self.saved_pins = Some(self.next_slot);
            self.next_slot += 2;
        }
        self.stack.begin(self.next_slot);
        self.stack.need(self.first_local);
        let body = Block::new(BlockKind::Func, BlockSig::Empty, 0);
        push(&mut self.blocks, body);
        // In runs of a few lengths: what lies behind the last local may be zeroed with it.
        let run = [2, 4, 8, 16].iter().position(|&run| zeroed <= run);
        self.stack
            .need(self.first_local + run.map_or(zeroed, |run| 2 << run));
        let form = run.unwrap_or(4) as u16;
        let pinned = self.saved_pins.zip(self.pins.get(0));
        let operands = Operands::default().u16(6, self.first_local);
        if zeroed > 0 && (pinned.is_none() || run.is_none()) {
            let opcode = Op::ZeroLocals.base::<E>() + form;
            self.code.emit(opcode, operands.u16(0, zeroed), 8);
        }
        if let Some((saved, first)) = pinned {
            let second = self.pins.get(1).unwrap_or(first);
            let form = if zeroed > 0 { form } else { 4 };
            let operands = operands
                .u16(0, saved)
                .u16(2, self.locals.get(first).1)
                .u16(4, self.locals.get(second).1);
            self.code.emit(Op::Pin.base::<E>() + form, operands, 8);
        }
        // Parameters are not counted: the caller has paid for making each of them. (Behind the zeroing: a frame that
        // stops has its locals.)
        let units = (zeroed * 8) >> FUEL_LOG2_BYTES;
        if units > 0 {
            self.charge(units);
        }
        self.checkpoint();
    }

    /// What follows belongs to the operator at this offset, which `rest` begins with (unless the body has ended).
    #[inline]
    pub(super) fn begin_operator(&mut self, offset: u32, rest: &[u8]) {
        self.code.set_offset(offset);
        self.begin_step();
        #[cfg(feature = "debug")]
        if self.debugging {
            self.step(offset, rest);
        }
        #[cfg(not(feature = "debug"))]
        let _ = rest;
    }

    /// Looks at the interrupt flag here, if the engine wants that.
    pub(crate) fn checkpoint(&mut self) {
        if self.interruptible {
            self.stop_here();
            self.code
                .emit(Op::Checkpoint.base::<E>(), Operands::default(), 8);
        }
    }

    /// The pin that a local lives in.
    pub(crate) fn pin_of(&self, local: u32) -> Option<u8> {
        self.pins.of(local)
    }

    /// First slot of the operand stack.
    pub(crate) fn first_temporary(&self) -> u32 {
        self.next_slot
    }

    /// Slots of the frame, or `None` if they are too many.
    pub(crate) fn finish(&mut self) -> Option<u32> {
        let slots = self.stack.max() + self.code.spare_slots();
        self.code.patch_entry(slots);
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
            None => {
                self.stop_here();
                (
                    self.code.emit(Op::Fuel.base::<E>(), Operands::default(), 8),
                    units,
                )
            }
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
    #[inline]
    pub(crate) fn loc(&self, operand: &Operand) -> Loc {
        match (operand.local(), operand.at) {
            (Some(local), Loc::Slot(_)) if self.stack.acc_is_local(operand.ty, local) => Loc::Acc,
            (_, Loc::Acc) if !E::PLACES.accumulators => Loc::slot(operand.home),
            (_, at) => at,
        }
    }

    /// Copies a value to a slot or a pin.
    pub(crate) fn copy(&mut self, from: Loc, ty: Ty, to: Loc) {
        self.producer = None;
        if from == to {
            return;
        }
        self.note(|t| Note::Copied {
            of: t.pushed_at(to),
            from: t.place_of(from, ty),
            to: t.place_of(to, ty),
            reason: t.reason(),
        });
        if copied::<E>(from, to, ty, Operands::default(), 4).is_some()
            && let Some((first, operands)) = self.take_copy(Operands::default(), 0)
            && let Some((second, operands)) = copied::<E>(from, to, ty, operands, 4)
        {
            let opcode = Op::CopyPair.base::<E>() + first * E::PLACES.copy_forms() + second;
            self.code.emit(opcode, operands, 8);
            return;
        }
        #[cfg(feature = "simd")]
        if ty == Ty::V128 {
            return self.copy_vector(from, to);
        }
        let what = What::Copy { from, to, ty };
        let (to_digit, operands) = match to {
            Loc::Pin(pin) => (1 + pin as u16, Operands::default()),
            to => (0, Operands::default().u16(0, to.field16())),
        };
        let (from, operands) = match from {
            Loc::Slot(from) => (CopyFrom::Slot, operands.u16(2, from as u32)),
            Loc::Pin(pin) => ([CopyFrom::Pin0, CopyFrom::Pin1][pin as usize], operands),
            Loc::Acc => (
                match ty.bank() {
                    Bank::F32 => CopyFrom::F32Acc,
                    Bank::F64 => CopyFrom::F64Acc,
                    _ => CopyFrom::Acc,
                },
                operands,
            ),
            Loc::Imm(bits) => match (fits_small::<E>(bits, ty), fits_i32(bits, ty)) {
                (Some(value), _) if !E::PLACES.accumulators => {
                    (CopyFrom::Imm16, operands.u16(2, value))
                }
                (_, Some(value)) if E::COMPACT && (value as i32) << 8 >> 8 == value as i32 => {
                    (CopyFrom::Imm24, operands.u32(4, value))
                }
                (_, Some(value)) => (CopyFrom::Imm32, operands.u32(4, value)),
                (_, None) => (CopyFrom::Imm64, operands.u64(8, bits)),
            },
        };
        let bytes = if from == CopyFrom::Imm64 { 16 } else { 8 };
        if E::COMPACT && self.code.copies_far(from, operands) {
            return;
        }
        let copies = E::PLACES.copies;
        let from = copies.iter().position(|&copy| copy == from).unwrap_or(0);
        let form = to_digit * copies.len() as u16 + from as u16;
        let pc = self.code.emit(Op::Copy.base::<E>() + form, operands, bytes);
        self.last = Some(Last {
            pc,
            end: self.code.pc(),
            // (Only what comes before a copy is fused with it.)
            bank: Bank::Int,
            acc: AccState::default(),
            what,
        });
    }

    /// Emits an unconditional branch; returns its field.
    pub(crate) fn emit_br(&mut self) -> u32 {
        let (opcode, operands) = match self.take_copy(Operands::default(), 0) {
            Some((form, operands)) => (Op::CopyBranch.base::<E>() + form, operands),
            None => (Op::Br.base::<E>(), Operands::default()),
        };
        let pc = self.code.emit(opcode, operands, 8);
        self.code.field(pc, 4)
    }

    /// Puts the operand at `position` into its home slot.
    pub(crate) fn materialize(&mut self, position: usize) {
        let operand = self.stack.get(position);
        match operand.at {
            _ if operand.is_home() => {}
            Loc::Acc => self.free(operand.ty.bank()),
            _ => {
                self.copy(self.loc(&operand), operand.ty, Loc::slot(operand.home));
                self.stack.set_home(position);
            }
        }
    }

    /// Makes the accumulator of `bank` free: an operand that is only there goes to its home slot, at no
    /// cost if its producer can be redirected.
    #[inline]
    pub(crate) fn evict(&mut self, bank: Bank) {
        self.because(Reason::AccumulatorNeeded);
        self.free(bank);
    }

    /// The same for another reason.
    #[inline]
    pub(crate) fn free(&mut self, bank: Bank) {
        if let Some(position) = self.stack.acc[bank as usize].operand {
            self.evict_operand(bank, position);
        }
    }

    #[inline(never)]
    fn evict_operand(&mut self, bank: Bank, position: u32) {
        let acc = self.stack.acc[bank as usize];
        let operand = self.stack.get(position as usize);
        match acc.producer {
            _ if !E::PLACES.accumulators => {}
            // The producer has the home slot as its destination field already.
            Some((pc, opcode)) => {
                self.note(|t| Note::Redirected {
                    of: t.code.step_of(pc),
                    to: t.place_of(Loc::slot(operand.home), operand.ty),
                    reason: t.reason(),
                });
                self.code.set_opcode(pc, opcode + E::PLACES.to_slot());
                self.stack.acc[bank as usize].local = acc.before;
            }
            None => self.copy(Loc::Acc, operand.ty, Loc::slot(operand.home)),
        }
        self.stack.set_home(position as usize);
        self.stack.acc[bank as usize].operand = None;
        self.stack.acc[bank as usize].producer = None;
    }

    pub(crate) fn evict_all(&mut self) {
        for bank in [Bank::Int, Bank::F32, Bank::F64, Bank::V128] {
            self.free(bank);
        }
    }

    /// Puts every operand that a branch could disturb into its home; constants below a block stay.
    pub(crate) fn flush(&mut self) {
        self.because(Reason::Block);
        self.evict_all();
        while let Some(&position) = self.stack.lazy().last() {
            self.materialize(position as usize);
        }
    }

    /// Puts the topmost `count` operands into their homes.
    pub(crate) fn materialize_top(&mut self, count: usize) {
        self.because(Reason::Expected);
        for position in self.stack.len().saturating_sub(count)..self.stack.len() {
            self.materialize(position);
        }
    }

    /// Pops an operand to wherever it is.
    pub(crate) fn pop(&mut self) -> (Loc, Operand) {
        let operand = self.stack.pop();
        (self.loc(&operand), operand)
    }

    /// Pops an operand into a slot.
    pub(crate) fn pop_slot(&mut self) -> u32 {
        self.because(Reason::ReadFromSlot);
        if let Some(Operand {
            at: Loc::Acc, ty, ..
        }) = self.stack.last()
        {
            self.free(ty.bank());
        }
        let operand = self.stack.pop();
        self.in_slot(operand.at, operand)
    }

    /// The slot of a popped operand that is not in an accumulator; a constant is put in its home.
    pub(crate) fn in_slot(&mut self, loc: Loc, operand: Operand) -> u32 {
        match loc {
            Loc::Slot(slot) => slot as u32,
            _ => {
                self.because(Reason::ReadFromSlot);
                self.copy(loc, operand.ty, Loc::slot(operand.home));
                operand.home
            }
        }
    }

    /// Pushes a reference to a local.
    pub(crate) fn push_local(&mut self, local: u32) {
        if self.stack.lazy().len() >= MAX_LAZY {
            self.because(Reason::ManyLocals);
            self.materialize(self.stack.lazy()[0] as usize);
        }
        let (ty, slot) = self.locals.get(local);
        let at = self.pin_of(local).map_or(Loc::slot(slot), Loc::of_pin);
        self.stack.push_local(ty, local, at);
    }

    /// Emits an op that produces a value, and pushes that. `opcode` is its first destination form; the
    /// destination field at 0 is set here. Popped operands must have been popped before.
    pub(crate) fn produce(&mut self, opcode: u16, ty: Ty, operands: Operands, bytes: usize) -> Pc {
        let bank = ty.bank();
        self.evict(bank);
        let pc = self
            .code
            .emit(opcode, operands.u16(0, self.stack.top()), bytes);
        self.produced(pc, opcode, ty);
        pc
    }

    /// Pushes what the op at `pc`, the last one, produces. The accumulator was free before it.
    pub(crate) fn produced(&mut self, pc: Pc, opcode: u16, ty: Ty) {
        let bank = ty.bank();
        self.stack.acc[bank as usize] = AccState {
            operand: None,
            local: None,
            before: self.stack.acc[bank as usize].local,
            producer: Some((pc, opcode)),
        };
        self.stack.push(ty, Loc::Acc);
        self.note(|t| Note::Result {
            place: t.place_of_top(),
        });
        self.producer = Some((pc, self.code.pc()));
    }

    /// Pushes the single result of a call, which nothing can redirect any more.
    pub(crate) fn push_result(&mut self, ty: Ty) {
        if !E::PLACES.accumulators || ty == Ty::V128 {
            return self.stack.push_home(ty);
        }
        self.stack.acc[ty.bank() as usize] = Default::default();
        self.stack.push(ty, Loc::Acc);
    }

    /// Pops into a local; the operands that still stand for its old value are copied first.
    pub(crate) fn set_local(&mut self, local: u32) {
        let operand = self.stack.pop();
        let (ty, slot) = self.locals.get(local);
        let pin = self.pin_of(local);
        let mut clean = true;
        let mut i = 0;
        while let Some(&position) = self.stack.lazy().get(i) {
            if self.stack.get(position as usize).local() == Some(local) {
                self.because(Reason::OldValue);
                self.materialize(position as usize);
                clean = false;
            } else {
                i += 1;
            }
        }
        let bank = ty.bank() as usize;
        let acc = self.stack.acc[bank];
        let mut fusible = false;
        match acc.producer {
            // Nothing has read or written the local since its producer, which is the last op.
            Some((pc, opcode))
                if clean
                    && operand.at == Loc::Acc
                    && self.producer == Some((pc, self.code.pc())) =>
            {
                let mirrors =
                    E::PLACES.accumulators && E::sets(ty).dests > TO_BOTH && pin.is_none();
                let digit = match pin {
                    Some(pin) => TO_PIN + pin as u16,
                    None if mirrors => TO_BOTH,
                    None => E::PLACES.to_slot(),
                };
                self.note(|t| Note::SetDirectly {
                    of: t.code.step_of(pc),
                    local,
                    to: t.place_of(pin.map_or(Loc::slot(slot), Loc::of_pin), ty),
                    mirrored: mirrors,
                });
                self.code.claim(pc);
                self.code.set_opcode(pc, opcode + digit);
                self.code.patch_slot(pc, slot);
                self.stack.acc[bank] = AccState {
                    local: if mirrors { Some(local) } else { acc.before },
                    ..Default::default()
                };
                let last = self.last.as_ref();
                fusible =
                    last.is_some_and(|last| last.pc == pc) && self.last_sets(local, acc.before);
            }
            _ if operand.local() == Some(local) => self.note(|_| Note::SetToItself),
            _ => {
                let from = self.loc(&operand);
                let to = pin.map_or(Loc::slot(slot), Loc::of_pin);
                self.because(Reason::Local);
                self.copy(from, ty, to);
                fusible = true;
                let acc = &mut self.stack.acc[bank];
                // What mirrored the old value does so no more.
                for mirror in [&mut acc.local, &mut acc.before] {
                    if *mirror == Some(local) {
                        *mirror = None;
                    }
                }
                if from == Loc::Acc {
                    // The copy has read it: the producer stays as it is.
                    acc.producer = None;
                    if operand.at == Loc::Acc && pin.is_none() {
                        acc.local = Some(local);
                    }
                }
            }
        }
        if !fusible {
            self.last = None;
        }
        self.producer = None;
    }

    /// Code can be reached from elsewhere at this point.
    pub(crate) fn label(&mut self) {
        self.note(|_| Note::Label);
        self.stack.clear_acc();
        self.last = None;
        self.producer = None;
        self.begin_basic_block();
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

/// Whether a constant fits a binary op's field, which is extended to it.
pub(crate) fn fits_imm<E: Encoding>(bits: u64, ty: Ty) -> bool {
    if E::COMPACT {
        fits_i16(bits, ty).is_some()
    } else {
        fits_i32(bits, ty).is_some()
    }
}

/// A constant as the field for small ones, which is sign-extended to it: 16 bits, or 8 in the compact encoding.
pub(crate) fn fits_small<E: Encoding>(bits: u64, ty: Ty) -> Option<u32> {
    fits_i16(bits, ty).filter(|value| !E::COMPACT || *value as i32 as i8 as i32 == *value as i32)
}

/// A constant as the 16-bit field that is sign-extended to it.
fn fits_i16(bits: u64, ty: Ty) -> Option<u32> {
    let value = match ty {
        Ty::I32 => bits as u32 as i32 as i64,
        _ => bits as i64,
    };
    (value as i16 as i64 == value).then_some(value as u32)
}
