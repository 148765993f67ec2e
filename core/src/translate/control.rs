//! Blocks, branches, calls and returns.

use wasmparser::{BlockType, BrTable};

use super::{
    code::{NEAR_SLOTS, NO_FIELD, Operands, Pc},
    frames::NO_CLAUSE,
    func::{Block, BlockKind, BlockSig, FuncTranslator, fits_i32, parsed_ty},
    fuse::Condition,
    grow::push,
    note::{Note, Reason},
    stack::Loc,
};
use crate::{
    bytecode::{Encoding, Op, Ty},
    types::FuncType,
};

impl<E: Encoding> FuncTranslator<'_, E> {
    pub(super) fn sig(&self, block_type: BlockType) -> BlockSig {
        match block_type {
            BlockType::Empty => BlockSig::Empty,
            BlockType::Type(ty) => BlockSig::Result(parsed_ty(ty)),
            BlockType::FuncType(index) => BlockSig::Type(index),
        }
    }

    fn block_type(&self, index: u32) -> &FuncType {
        &self.module.types[index as usize].ty
    }

    pub(super) fn params(&self, sig: BlockSig) -> usize {
        match sig {
            BlockSig::Empty | BlockSig::Result(_) => 0,
            BlockSig::Type(index) => self.block_type(index).params().len(),
        }
    }

    fn results(&self, block: &Block) -> usize {
        match block.sig {
            _ if block.kind == BlockKind::Func => self.ty.results().len(),
            BlockSig::Empty => 0,
            BlockSig::Result(_) => 1,
            BlockSig::Type(index) => self.block_type(index).results().len(),
        }
    }

    /// How many values a branch to the block carries.
    fn arity(&self, block: &Block) -> usize {
        if matches!(block.kind, BlockKind::Loop(_)) {
            self.params(block.sig)
        } else {
            self.results(block)
        }
    }

    /// Pushes the parameters or results of a block, in their homes.
    pub(super) fn push_homes(&mut self, sig: BlockSig, results: bool) {
        match sig {
            BlockSig::Empty => {}
            BlockSig::Result(ty) if results => self.stack.push_home(ty),
            BlockSig::Result(_) => {}
            BlockSig::Type(index) => {
                let module = self.module;
                let block_type = &module.types[index as usize].ty;
                for &value in if results {
                    block_type.results()
                } else {
                    block_type.params()
                } {
                    self.stack.push_home(Ty::of(value));
                }
            }
        }
    }

    pub(super) fn open(&mut self, kind: BlockKind, sig: BlockSig) {
        self.open_at(kind, sig, self.stack.len() - self.params(sig));
    }

    /// Opens a block above `height` operands.
    pub(super) fn open_at(&mut self, kind: BlockKind, sig: BlockSig, height: usize) {
        push(&mut self.blocks, Block::new(kind, sig, height));
    }

    /// Home slot of the first parameter or result of the block at `index`.
    pub(super) fn base(&self, index: usize) -> u32 {
        self.stack.home(self.blocks[index].height as usize)
    }

    pub(crate) fn block(&mut self, block_type: BlockType) {
        let sig = self.sig(block_type);
        // Operands below must not change on some paths only.
        self.flush();
        self.open(BlockKind::Block, sig);
    }

    pub(crate) fn begin_loop(&mut self, block_type: BlockType) {
        let sig = self.sig(block_type);
        self.flush();
        self.materialize_top(self.params(sig));
        self.label();
        self.open(BlockKind::Loop(self.code.pc()), sig);
        self.checkpoint();
    }

    pub(crate) fn begin_if(&mut self, block_type: BlockType) {
        let sig = self.sig(block_type);
        let condition = self.pop_condition();
        self.flush();
        self.materialize_top(self.params(sig));
        let field = self.branch_if(condition, true);
        self.open(BlockKind::If(field), sig);
        self.begin_basic_block();
    }

    pub(crate) fn begin_else(&mut self) {
        let Some(mut block) = self.blocks.last().copied() else {
            return;
        };
        if self.dead.is_none() {
            self.materialize_top(self.results(&block));
            let field = self.emit_br();
            self.code.chain(field, &mut block.ends);
        }
        self.dead = None;
        self.stack.truncate(block.height as usize);
        self.push_homes(block.sig, false);
        if let BlockKind::If(field) = block.kind {
            self.code.resolve(field, self.code.pc());
        }
        block.kind = BlockKind::Else;
        self.label_dropping_acc();
        if let Some(last) = self.blocks.last_mut() {
            *last = block;
        }
    }

    /// A label where operands that were in accumulators are gone.
    pub(super) fn label_dropping_acc(&mut self) {
        self.stack.acc = Default::default();
        self.label();
    }

    pub(crate) fn end(&mut self) {
        let Some(block) = self.blocks.last().copied() else {
            return;
        };
        if block.kind == BlockKind::Func {
            if self.dead.is_none() {
                self.stack.touch(self.ty.results().len());
                self.emit_return();
            }
            if block.catches() != NO_CLAUSE {
                self.resolve_clauses(block.catches(), self.code.pc());
                self.dead = None;
                self.stack.truncate(0);
                self.label_dropping_acc();
                for &result in self.ty.results() {
                    self.stack.push_home(Ty::of(result));
                }
                self.emit_return();
            }
            self.blocks.pop();
            return;
        }
        match block.kind {
            BlockKind::Try(number) => self.end_try(number),
            #[cfg(feature = "exceptions")]
            BlockKind::LegacyTry(_) | BlockKind::LegacyCatch(_) => self.end_legacy_part(),
            _ => {}
        }
        let legacy = matches!(
            block.kind,
            BlockKind::LegacyTry(_) | BlockKind::LegacyCatch(_)
        );
        let reached = block.ends != NO_FIELD
            || matches!(block.kind, BlockKind::If(_))
            || block.catches() != NO_CLAUSE
            || legacy && self.dead.is_none();
        if !reached {
            // Nothing branches here: what is reachable goes on as it is, what is dead stays so.
            self.note(|_| Note::NoLabel);
            if self.dead.is_some() {
                self.stack.truncate(block.height as usize);
                self.dead = Some(0);
            }
            self.blocks.pop();
            return;
        }
        if self.dead.is_none() && !legacy {
            self.materialize_top(self.results(&block));
        }
        self.dead = None;
        self.stack.truncate(block.height as usize);
        let here = self.code.pc();
        self.resolve_clauses(block.catches(), here);
        self.code.resolve_chain(block.ends, here);
        if let BlockKind::If(field) = block.kind {
            self.code.resolve(field, here);
        }
        self.label_dropping_acc();
        self.blocks.pop();
        self.push_homes(block.sig, true);
    }

    /// What follows cannot be reached.
    pub(crate) fn unreachable(&mut self) {
        self.dead = Some(0);
        self.last = None;
    }

    /// Makes a branch field lead to the block at `index`.
    pub(super) fn connect(&mut self, field: u32, index: usize) {
        let block = &mut self.blocks[index];
        if let BlockKind::Loop(start) = block.kind {
            self.code.resolve(field, start);
        } else {
            self.code.chain(field, &mut block.ends);
        }
    }

    pub(super) fn target(&self, depth: u32) -> usize {
        self.blocks.len() - 1 - depth as usize
    }

    /// Whether the values of a branch are where the block at `index` expects them; the operands that
    /// have that home are put there if that costs nothing.
    fn values_in_place(&mut self, index: usize) -> bool {
        let block = self.blocks[index];
        let arity = self.arity(&block);
        if arity == 0 {
            return true;
        }
        let first = self.stack.len() - arity;
        if self.stack.get(first).home != self.base(index) {
            return false;
        }
        (first..self.stack.len()).all(|position| {
            let operand = self.stack.get(position);
            let bank = operand.ty.bank();
            let free = !E::PLACES.accumulators || self.stack.acc[bank as usize].producer.is_some();
            if operand.at == Loc::Acc && free {
                self.because(Reason::Expected);
                self.free(bank);
                return true;
            }
            operand.is_home()
        })
    }

    /// Copies the values of a branch to where the block at `index` expects them. With more than one,
    /// they must be in their homes. The stack stays as it is.
    pub(super) fn move_values(&mut self, index: usize) {
        let block = self.blocks[index];
        let arity = self.arity(&block);
        if arity == 0 {
            return;
        }
        let base = self.base(index);
        let first = self.stack.get(self.stack.len() - arity);
        if arity == 1 {
            self.because(Reason::Expected);
            self.copy(self.loc(&first), first.ty, Loc::slot(base));
        } else if first.home != base {
            let count = self.stack.top() - first.home;
            self.code.emit(
                Op::CopyMany.base::<E>(),
                Operands::default()
                    .u16(0, base)
                    .u16(2, first.home)
                    .u16(4, count),
                8,
            );
        }
    }

    /// Emits an unconditional branch to the block at `index`, or a return. Operands that are only
    /// needed once stay where they are, so that code behind it can still use them.
    fn jump(&mut self, index: usize) {
        if index == 0 {
            return self.emit_return();
        }
        self.move_values(index);
        let field = self.emit_br();
        self.connect(field, index);
    }

    /// Puts operands that a branch carries where copies on one path do not disturb the other.
    pub(super) fn settle_values(&mut self, index: usize) {
        let arity = self.arity(&self.blocks[index]);
        if arity > 1 {
            self.materialize_top(arity);
        }
    }

    pub(crate) fn br(&mut self, depth: u32) {
        let index = self.target(depth);
        if E::EXPLAINS {
            self.stack.touch(self.arity(&self.blocks[index]));
        }
        self.settle_values(index);
        self.jump(index);
        self.unreachable();
    }

    pub(crate) fn br_if(&mut self, depth: u32) {
        let condition = self.pop_condition();
        self.br_if_condition(condition, depth);
    }

    pub(super) fn br_if_condition(&mut self, condition: Condition, depth: u32) {
        let index = self.target(depth);
        if index != 0 && self.values_in_place(index) {
            let field = self.branch_if(condition, false);
            self.connect(field, index);
        } else {
            self.note(|_| Note::BranchesOver);
            self.settle_values(index);
            let over = self.branch_if(condition, true);
            self.jump(index);
            self.code.resolve(over, self.code.pc());
            self.last = None;
            self.producer = None;
        }
        self.begin_basic_block();
    }

    pub(crate) fn br_table(&mut self, table: &BrTable<'_>) -> wasmparser::Result<()> {
        let (loc, operand) = self.pop();
        let loc = match loc {
            Loc::Imm(_) => Loc::slot(self.in_slot(loc, operand)),
            loc => loc,
        };
        let arity = self.arity(&self.blocks[self.target(table.default())]);
        // The index may be in the accumulator; values go to their homes without touching that.
        self.materialize_top(arity);
        self.tables += 1;
        let form = match loc {
            _ if E::COMPACT => self.code.has_far_branches().into(),
            Loc::Acc => 1,
            Loc::Pin(pin) => 2 + pin as u16,
            _ => 0,
        };
        self.code.emit(
            Op::BrTable.base::<E>() + form,
            Operands::default()
                .u16(0, loc.field16())
                .u32(4, table.len()),
            8,
        );
        let first = self.code.emit_fields(table.len() as usize + 1);
        for (i, depth) in table.targets().chain([Ok(table.default())]).enumerate() {
            let field = first + i as u32 * self.code.field_bytes();
            let index = self.target(depth?);
            // All values are in their homes: are these the target's?
            let base = self.base(index);
            let in_place = arity == 0 || self.stack.get(self.stack.len() - arity).home == base;
            if index != 0 && in_place {
                self.connect(field, index);
                continue;
            }
            // One stub for each target: moves, then the branch.
            if self.stubs.len() <= index {
                self.stubs.resize(index + 1, (0, Pc(0)));
            }
            let stub = &mut self.stubs[index];
            let known = stub.0 == self.tables;
            if !known {
                *stub = (self.tables, self.code.pc());
            }
            self.code.resolve(field, stub.1);
            if !known {
                self.jump(index);
            }
        }
        self.unreachable();
        Ok(())
    }

    /// Emits a return of the topmost operands, which stay on the stack.
    fn emit_return(&mut self) {
        let header = Operands::default().u16(0, self.header);
        let (header, base) = match self.saved_pins {
            Some(saved) => (header.u16(2, saved), Op::ReturnUnpin.base::<E>()),
            None => (header, Op::Return.base::<E>()),
        };
        let count = self.ty.results().len();
        let last = self.stack.last();
        match (count, last) {
            (0, _) => {
                self.code.emit(base, header, 8);
            }
            (1, Some(result)) if result.ty != Ty::V128 && !E::PLACES.accumulators => {
                let loc = match self.loc(&result) {
                    Loc::Slot(slot) => slot as u32,
                    loc => {
                        self.because(Reason::ReadFromSlot);
                        self.copy(loc, result.ty, Loc::slot(result.home));
                        result.home
                    }
                };
                self.code
                    .emit(Op::ReturnSlot.base::<E>(), header.u16(2, loc), 8);
            }
            (1, Some(result)) if result.ty != Ty::V128 => {
                let bank = result.ty.bank();
                let mut loc = self.loc(&result);
                if let Loc::Imm(bits) = loc
                    && (result.ty == Ty::F64 || fits_i32(bits, result.ty).is_none())
                {
                    self.because(Reason::ReadFromSlot);
                    self.copy(loc, result.ty, Loc::slot(result.home));
                    loc = Loc::slot(result.home);
                }
                match loc {
                    Loc::Acc => self.code.emit(base, header, 8),
                    Loc::Slot(slot) => {
                        self.code
                            .emit(base + 1 + bank as u16, header.u16(4, slot as u32), 8)
                    }
                    Loc::Pin(pin) => self.code.emit(base + 6 + pin as u16, header, 8),
                    Loc::Imm(bits) => {
                        self.code
                            .emit(base + 4 + bank as u16, header.u32(4, bits as u32), 8)
                    }
                };
            }
            _ => {
                match last {
                    // (Where it is if the branch is not taken stays so.)
                    Some(vector) if count == 1 => {
                        self.because(Reason::Expected);
                        self.copy(self.loc(&vector), vector.ty, Loc::slot(vector.home));
                    }
                    _ => self.materialize_top(count),
                }
                self.unpin();
                let slots = self.ty.result_slots() as u32;
                let first = self.stack.top() - slots;
                self.code.emit(
                    Op::ReturnMany.base::<E>(),
                    header.u16(2, first).u16(4, slots),
                    8,
                );
            }
        }
    }

    /// Before leaving the frame otherwise than by `return_unpin`.
    fn unpin(&mut self) {
        if let Some(saved) = self.saved_pins {
            let operands = Operands::default().u16(0, saved);
            self.code.emit(Op::Unpin.base::<E>(), operands, 8);
        }
    }

    pub(crate) fn return_(&mut self) {
        self.stack.touch(self.ty.results().len());
        self.emit_return();
        self.unreachable();
    }

    /// Puts the arguments of a call into their homes and pops them; returns the first one's slot.
    fn pop_arguments(&mut self, callee: &FuncType) -> u32 {
        let count = callee.params().len();
        self.because(Reason::Argument);
        for position in self.stack.len() - count..self.stack.len() {
            self.materialize(position);
        }
        self.stack.truncate(self.stack.len() - count);
        self.stack.top()
    }

    /// The callee may use all accumulators: what is in them goes home first.
    fn begin_call(&mut self, callee: &FuncType) -> u32 {
        self.because(Reason::Call);
        self.evict_all();
        let base = self.pop_arguments(callee);
        self.stack.need(base + callee.header_slot());
        base
    }

    /// How the encoding names a type.
    pub(super) fn type_field(&self, index: u32) -> u32 {
        if E::COMPACT {
            index
        } else {
            self.module.types[index as usize].id.0
        }
    }

    /// Fields that calls share.
    fn call_operands(&mut self, callee: &FuncType) -> Operands {
        let base = self.begin_call(callee);
        Operands::default()
            .u16(0, base)
            .u16(2, callee.header_slot())
    }

    fn end_call(&mut self, callee: &FuncType) {
        self.stack.clear_acc();
        self.last = None;
        self.producer = None;
        match *callee.results() {
            [result] => self.push_result(Ty::of(result)),
            ref results => {
                for &result in results {
                    self.stack.push_home(Ty::of(result));
                }
            }
        }
    }

    pub(crate) fn call(&mut self, func_index: u32) {
        let module = self.module;
        let callee = module.type_of_func(func_index);
        let operands = self.call_operands(callee);
        let base = self.stack.top();
        match func_index.checked_sub(module.imported_funcs) {
            Some(defined) => {
                if let Some(form) = self.copied_to_slot()
                    && let Some((_, operands)) = self.take_copy(operands, 4)
                {
                    self.stop_here();
                    let opcode = Op::CallWith.base::<E>() + form;
                    self.code.emit(opcode, operands.u32(8, defined), 16);
                } else {
                    self.stop_here();
                    let mut operands = operands.u32(4, defined);
                    if !E::COMPACT {
                        let entry = module.code.entry_address(defined).expose_provenance();
                        operands = operands.usize(8, entry);
                    }
                    let near = E::COMPACT && base.max(callee.header_slot()) < NEAR_SLOTS;
                    let opcode = Op::Call.base::<E>() + u16::from(near);
                    self.code.emit(opcode, operands, 16);
                }
            }
            None => {
                let operands = operands.u32(4, func_index);
                self.stop_here();
                self.code.emit(Op::CallImport.base::<E>(), operands, 8);
            }
        }
        self.end_call(callee);
    }

    pub(crate) fn call_indirect(&mut self, type_index: u32, table: u32) {
        let entry = &self.module.types[type_index as usize];
        self.because(Reason::Call);
        self.evict_all();
        let index = self.pop_slot();
        let operands = self
            .call_operands(&entry.ty)
            .u16(4, index)
            .u16(6, table)
            .u32(8, self.type_field(type_index));
        self.stop_here();
        self.code.emit(Op::CallIndirect.base::<E>(), operands, 16);
        self.end_call(&entry.ty);
    }

    #[cfg(feature = "gc")]
    pub(crate) fn call_ref(&mut self, type_index: u32) {
        let entry = &self.module.types[type_index as usize];
        self.because(Reason::Call);
        self.evict_all();
        let func = self.pop_slot();
        let operands = self
            .call_operands(&entry.ty)
            .u16(4, func)
            .u32(8, self.type_field(type_index));
        self.stop_here();
        self.code.emit(Op::CallRef.base::<E>(), operands, 16);
        self.end_call(&entry.ty);
    }

    #[cfg(feature = "gc")]
    pub(crate) fn return_call_ref(&mut self, type_index: u32) {
        let entry = &self.module.types[type_index as usize];
        self.because(Reason::Call);
        self.evict_all();
        let func = self.pop_slot();
        let operands = self
            .tail_operands(&entry.ty)
            .u16(8, func)
            .u32(12, self.type_field(type_index));
        self.code.emit(Op::ReturnCallRef.base::<E>(), operands, 16);
        self.unreachable();
    }

    /// Fields that tail calls share.
    fn tail_operands(&mut self, callee: &FuncType) -> Operands {
        let base = self.begin_call(callee);
        self.unpin();
        Operands::default()
            .u16(0, base)
            .u16(2, callee.param_slots() as u32)
            .u16(4, callee.header_slot())
            .u16(6, self.header)
    }

    pub(crate) fn return_call(&mut self, func_index: u32) {
        let module = self.module;
        let operands = self.tail_operands(module.type_of_func(func_index));
        match func_index.checked_sub(module.imported_funcs) {
            Some(defined) => {
                self.code
                    .emit(Op::ReturnCall.base::<E>(), operands.u32(8, defined), 16)
            }
            None => self.code.emit(
                Op::ReturnCallImport.base::<E>(),
                operands.u32(8, func_index),
                16,
            ),
        };
        self.unreachable();
    }

    pub(crate) fn return_call_indirect(&mut self, type_index: u32, table: u32) {
        let entry = &self.module.types[type_index as usize];
        self.because(Reason::Call);
        self.evict_all();
        let index = self.pop_slot();
        let operands = self
            .tail_operands(&entry.ty)
            .u16(8, index)
            .u16(10, table)
            .u32(12, self.type_field(type_index));
        self.code
            .emit(Op::ReturnCallIndirect.base::<E>(), operands, 16);
        self.unreachable();
    }
}
