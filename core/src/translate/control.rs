//! Blocks, branches, calls and returns.

use wasmparser::{BlockType, BrTable};

use super::{
    code::{Code, NO_FIELD, Operands},
    func::{
        Before, Block, BlockKind, BlockSig, FuncTranslator, Last, Loaded, Step, What, existing,
        fits_i16, fits_i32, header_slot, parsed_ty, ty,
    },
    ops::{load_branch_of, load_keep_branch_of},
    stack::{Kind, Loc},
};
use crate::{
    bytecode::{Bank, INT, KEPT, Op, Place, Shape, Ty},
    types::FuncType,
};

/// What a conditional branch tests, with its operands popped.
struct Condition {
    op: Op,
    a: Loc,
    b: Loc,
    /// The branch loads `a` itself: the form that does, behind that of its comparison.
    loaded: Option<Loaded>,
}

/// The form of a fused load and branch, if there is one.
fn load_branch_form(loaded: &Loaded, op: Op, b: Loc) -> Option<u16> {
    let row = load_branch_of(loaded.op)?;
    let Shape::LoadBranch { ty, compares } = *row.shape() else {
        return None;
    };
    let compare = compares.iter().position(|&compare| compare == op)? as u16;
    let others = &ty.sets().others;
    let b = match b {
        Loc::Imm(bits) if fits_i16(bits, ty).is_none() => return None,
        b => others.find(b.place())?,
    };
    let x = INT.sources.find(loaded.base.place())?;
    Some(row.base() + (compare * INT.sources.len() + x) * others.len() + b)
}

/// Number of the branch form for these places, if there is one.
fn branch_form(op: Op, a: Loc, b: Loc) -> Option<u16> {
    let Shape::Compare { operand, .. } = *op.shape() else {
        return None;
    };
    operand
        .sets()
        .branches
        .find(a.place(), branch_place(b, operand))
}

/// The place of a branch's second operand: constants have 16 bits, or more and are behind the target.
fn branch_place(b: Loc, ty: Ty) -> Place {
    match b {
        Loc::Imm(_) if matches!(ty, Ty::F32 | Ty::F64) => Place::Long,
        Loc::Imm(bits) if fits_i32(bits, ty).is_none() => Place::Long,
        Loc::Imm(bits) if fits_i16(bits, ty).is_none() => Place::Wide,
        b => b.place(),
    }
}

impl FuncTranslator<'_> {
    fn sig(&self, block_type: BlockType) -> BlockSig {
        match block_type {
            BlockType::Empty => BlockSig::Empty,
            BlockType::Type(ty) => BlockSig::Result(parsed_ty(ty)),
            BlockType::FuncType(index) => BlockSig::Type(index),
        }
    }

    fn block_type(&self, index: u32) -> &FuncType {
        &self.module.types[index as usize].ty
    }

    fn params(&self, sig: BlockSig) -> usize {
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
        if block.kind == BlockKind::Loop {
            self.params(block.sig)
        } else {
            self.results(block)
        }
    }

    /// Pushes the parameters or results of a block, in their homes.
    fn push_homes(&mut self, sig: BlockSig, results: bool) {
        match sig {
            BlockSig::Empty => {}
            BlockSig::Result(ty) if results => self.stack.push(ty, Kind::Home),
            BlockSig::Result(_) => {}
            BlockSig::Type(index) => {
                let module = self.module;
                let block_type = &module.types[index as usize].ty;
                for &value in if results {
                    block_type.results()
                } else {
                    block_type.params()
                } {
                    self.stack.push(ty(value), Kind::Home);
                }
            }
        }
    }

    fn open(&mut self, kind: BlockKind, sig: BlockSig, else_field: u32) {
        let height = self.stack.len() - self.params(sig);
        let base = if height < self.stack.len() {
            self.stack.get(height).home
        } else {
            self.stack.top()
        };
        self.blocks.push(Block {
            kind,
            sig,
            height,
            base,
            start: self.code.pc(),
            ends: NO_FIELD,
            else_field,
            stub: (0, self.code.pc()),
        });
    }

    pub(crate) fn block(&mut self, block_type: BlockType) {
        let sig = self.sig(block_type);
        // Operands below must not change on some paths only.
        self.flush();
        self.open(BlockKind::Block, sig, NO_FIELD);
    }

    pub(crate) fn begin_loop(&mut self, block_type: BlockType) {
        let sig = self.sig(block_type);
        self.flush();
        self.materialize_top(self.params(sig));
        self.label();
        self.open(BlockKind::Loop, sig, NO_FIELD);
        self.checkpoint();
    }

    pub(crate) fn begin_if(&mut self, block_type: BlockType) {
        let sig = self.sig(block_type);
        let condition = self.pop_condition();
        self.flush();
        self.materialize_top(self.params(sig));
        let field = self.branch_if(condition, true);
        self.open(BlockKind::If, sig, field);
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
        self.stack.truncate(block.height);
        self.push_homes(block.sig, false);
        self.code.resolve(block.else_field, self.code.pc());
        block.else_field = NO_FIELD;
        block.kind = BlockKind::Else;
        self.label_dropping_acc();
        if let Some(last) = self.blocks.last_mut() {
            *last = block;
        }
    }

    /// A label where operands that were in accumulators are gone.
    fn label_dropping_acc(&mut self) {
        self.stack.acc = Default::default();
        self.label();
    }

    pub(crate) fn end(&mut self) {
        let Some(block) = self.blocks.last().copied() else {
            return;
        };
        if block.kind == BlockKind::Func {
            if self.dead.is_none() {
                self.emit_return();
            }
            self.blocks.pop();
            return;
        }
        let reached = block.ends != NO_FIELD || block.else_field != NO_FIELD;
        if !reached {
            // Nothing branches here: what is reachable goes on as it is, what is dead stays so.
            if self.dead.is_some() {
                self.stack.truncate(block.height);
                self.dead = Some(0);
            }
            self.blocks.pop();
            return;
        }
        if self.dead.is_none() {
            self.materialize_top(self.results(&block));
        }
        self.dead = None;
        self.stack.truncate(block.height);
        let here = self.code.pc();
        self.code.resolve_chain(block.ends, here);
        if block.else_field != NO_FIELD {
            self.code.resolve(block.else_field, here);
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

    fn pop_condition(&mut self) -> Condition {
        let last = self.fresh();
        if let Some(last) = last
            && let What::Binary { op, a, b, before } = last.what
        {
            // A branch on a bitwise and is a test.
            let op = if op == Op::I32And { Op::I32Test } else { op };
            if let (Before::Load(loaded), Shape::Compare { swap, .. }) = (before, *op.shape()) {
                let (op, b) = if a == Loc::Acc { (op, b) } else { (swap, a) };
                if load_branch_form(&loaded, op, b).is_some() {
                    self.take_back(&last);
                    return self.load_condition(op, b, loaded);
                }
            }
            if branch_form(op, a, b).is_some() {
                self.take_back(&last);
                let before = match before {
                    Before::Step(step) => Some((step.pc, What::Step(step))),
                    Before::LoadLocal { loaded, local } => {
                        Some((loaded.pc, What::LoadLocal { loaded, local }))
                    }
                    _ => None,
                };
                self.last = before.map(|(pc, what)| Last {
                    pc,
                    end: last.pc,
                    acc: last.acc,
                    what,
                });
                return Condition {
                    op,
                    a,
                    b,
                    loaded: None,
                };
            }
        }
        if let Some(last) = last
            && let What::LoadAnd { loaded, mask } = last.what
            && load_branch_form(&loaded, Op::I32Test, mask).is_some()
        {
            self.take_back(&last);
            return self.load_condition(Op::I32Test, mask, loaded);
        }
        if let Some(last) = last
            && let What::Load(loaded) = last.what
            && load_branch_form(&loaded, Op::I32Ne, Loc::Imm(0)).is_some()
        {
            self.stack.pop();
            return self.load_condition(Op::I32Ne, Loc::Imm(0), loaded);
        }
        let (loc, operand) = self.pop();
        let a = match loc {
            Loc::Imm(_) => Loc::Slot(self.in_slot(loc, operand)),
            loc => loc,
        };
        Condition {
            op: Op::I32Ne,
            a,
            b: Loc::Imm(0),
            loaded: None,
        }
    }

    /// A condition on what a load gave, which is taken back.
    fn load_condition(&mut self, op: Op, b: Loc, loaded: Loaded) -> Condition {
        let mut acc = self.stack.acc;
        acc[Bank::Int as usize] = loaded.acc;
        self.undo(loaded.pc, acc);
        Condition {
            op,
            a: Loc::Acc,
            b,
            loaded: Some(loaded),
        }
    }

    /// The load of a local right before a condition on it is fused with the branch: opcode and fields.
    fn load_keep_branch(&mut self, op: Op, a: Loc, b: Loc) -> Option<(u16, Operands)> {
        let adjacent = |last: &Last| self.fusing && last.end == self.code.pc();
        let last = self.last.filter(adjacent)?;
        let What::LoadLocal { loaded, local } = last.what else {
            return None;
        };
        let row = load_keep_branch_of(loaded.op)?;
        let Shape::LoadKeepBranch { ty, compares } = *row.shape() else {
            return None;
        };
        // These comparisons are symmetric.
        let compare = compares.iter().position(|&compare| compare == op)? as u16;
        let (_, slot) = self.locals.get(local);
        let pin = self.pin_of(local);
        let is_local = |loc: Loc| match loc {
            Loc::Acc => self.stack.acc_is_local(ty.bank(), local),
            Loc::Pin(_) => loc.pin() == pin,
            Loc::Slot(other) => pin.is_none() && other == slot,
            Loc::Imm(_) => false,
        };
        let y = match (is_local(a), is_local(b)) {
            (true, false) => b,
            (false, true) => a,
            _ => return None,
        };
        let others = &ty.sets().others;
        let y_form = match y {
            Loc::Imm(bits) if fits_i16(bits, ty).is_none() => return None,
            y => others.find(y.place())?,
        };
        let x = INT.sources.find(loaded.base.place())?;
        let kept = pin.map_or(0, |pin| 1 + pin as u16);
        self.code.truncate(last.pc);
        let form = ((compare * KEPT + kept) * INT.sources.len() + x) * others.len() + y_form;
        let operands = Operands::default()
            .u16(0, slot)
            .u16(2, y.field16())
            .u16(8, loaded.offset)
            .u16(10, loaded.base.field16());
        Some((row.base() + form, operands))
    }

    /// The step of a counter right before a condition on it is fused with the branch: opcode and fields.
    fn step_branch(&mut self, op: Op, a: Loc, b: Loc) -> Option<(u16, Operands)> {
        let adjacent = |last: &Last| self.fusing && last.end == self.code.pc();
        let last = self.last.filter(adjacent)?;
        let What::Step(Step { local, by, .. }) = last.what else {
            return None;
        };
        let (ty, slot) = self.locals.get(local);
        let counter = self.pin_of(local).map_or(Loc::Slot(slot), Loc::Pin);
        let is_counter = |loc: Loc| {
            loc == counter || loc == Loc::Acc && self.stack.acc_is_local(ty.bank(), local)
        };
        let Shape::Compare { operand, swap, not } = *op.shape() else {
            return None;
        };
        let (op, not, bound) = if is_counter(a) {
            (op, not, b)
        } else if is_counter(b) {
            let Shape::Compare { not, .. } = *swap.shape() else {
                return None;
            };
            (swap, not, a)
        } else {
            return None;
        };
        let sets = operand.sets();
        let bound_form = sets.bounds.find(branch_place(bound, operand))?;
        if is_counter(bound) || operand != ty {
            return None;
        }
        let form = sets.counters.find(counter.place())? * sets.bounds.len() + bound_form;
        self.code.truncate(last.pc);
        let operands = Operands::default()
            .u16(0, counter.field16())
            .u16(2, bound.field16())
            .u16(12, by as u32);
        let operands = match bound {
            Loc::Imm(bits) => operands.u32(8, bits as u32),
            _ => operands,
        };
        Some((op.base() + Shape::steps_from(operand, not) + form, operands))
    }

    /// Emits a branch that is taken if the condition holds, or if it does not; returns its field.
    fn branch_if(&mut self, condition: Condition, negate: bool) -> u32 {
        let Condition {
            mut op,
            a,
            b,
            loaded,
        } = condition;
        let mut taken_if_false = negate;
        if let (true, Shape::Compare { not: Some(not), .. }) = (negate, op.shape()) {
            (op, taken_if_false) = (*not, false);
        }
        let Shape::Compare { operand, .. } = *op.shape() else {
            unreachable!("conditions are compare ops");
        };
        let (opcode, operands, bytes) = if let Some(loaded) = loaded {
            // The inverse of an integer comparison has the same forms.
            let opcode = existing(load_branch_form(&loaded, op, b));
            let operands = Operands::default()
                .u16(0, loaded.base.field16())
                .u16(2, b.field16())
                .u16(8, loaded.offset);
            (opcode, operands, 16)
        } else if let Some((opcode, operands)) = self
            .step_branch(op, a, b)
            .or_else(|| self.load_keep_branch(op, a, b))
        {
            (opcode, operands, 16)
        } else {
            let mut form = existing(branch_form(op, a, b));
            if taken_if_false {
                form += operand.sets().branches.len();
            }
            let opcode = op.base() + Shape::branches_from(operand) + form;
            let operands = Operands::default().u16(0, a.field16());
            match (b, branch_place(b, operand)) {
                (Loc::Imm(bits), Place::Wide) => (opcode, operands.u32(8, bits as u32), 16),
                (Loc::Imm(bits), Place::Long) => (opcode, operands.u64(8, bits), 16),
                _ => (opcode, operands.u16(2, b.field16()), 8),
            }
        };
        let pc = self.code.emit(opcode, operands, bytes);
        self.last = None;
        self.producer = None;
        // The accumulators' producers are on both paths from here: they stay as they are.
        for acc in &mut self.stack.acc {
            acc.producer = None;
        }
        Code::field(pc, 4)
    }

    /// Makes a branch field lead to the block at `index`.
    fn connect(&mut self, field: u32, index: usize) {
        let block = &mut self.blocks[index];
        if block.kind == BlockKind::Loop {
            self.code.resolve(field, block.start);
        } else {
            self.code.chain(field, &mut block.ends);
        }
    }

    fn target(&self, depth: u32) -> usize {
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
        if self.stack.get(first).home != block.base {
            return false;
        }
        (first..self.stack.len()).all(|position| {
            let operand = self.stack.get(position);
            if let (Kind::Acc, Some(bank)) = (operand.kind, operand.ty.bank())
                && self.stack.acc[bank as usize].producer.is_some()
            {
                self.evict(bank);
                return true;
            }
            operand.kind == Kind::Home
        })
    }

    /// Copies the values of a branch to where the block at `index` expects them. With more than one,
    /// they must be in their homes. The stack stays as it is.
    fn move_values(&mut self, index: usize) {
        let block = self.blocks[index];
        let arity = self.arity(&block);
        if arity == 0 {
            return;
        }
        let first = self.stack.get(self.stack.len() - arity);
        if arity == 1 {
            self.copy(self.loc(first), first.ty, Loc::Slot(block.base));
        } else if first.home != block.base {
            let count = self.stack.top() - first.home;
            self.code.emit(
                Op::CopyMany.base(),
                Operands::default()
                    .u16(0, block.base)
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
    fn settle_values(&mut self, index: usize) {
        let arity = self.arity(&self.blocks[index]);
        if arity > 1 {
            self.materialize_top(arity);
        }
    }

    pub(crate) fn br(&mut self, depth: u32) {
        let index = self.target(depth);
        self.settle_values(index);
        self.jump(index);
        self.unreachable();
    }

    pub(crate) fn br_if(&mut self, depth: u32) {
        let index = self.target(depth);
        let condition = self.pop_condition();
        if index != 0 && self.values_in_place(index) {
            let field = self.branch_if(condition, false);
            self.connect(field, index);
        } else {
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
            Loc::Imm(_) => Loc::Slot(self.in_slot(loc, operand)),
            loc => loc,
        };
        let arity = self.arity(&self.blocks[self.target(table.default())]);
        // The index may be in the accumulator; values go to their homes without touching that.
        self.materialize_top(arity);
        self.tables += 1;
        let form = match loc {
            Loc::Acc => 1,
            Loc::Pin(pin) => 2 + pin as u16,
            _ => 0,
        };
        self.code.emit(
            Op::BrTable.base() + form,
            Operands::default()
                .u16(0, loc.field16())
                .u32(4, table.len()),
            8,
        );
        let first = self.code.emit_fields(table.len() as usize + 1);
        for (i, depth) in table.targets().chain([Ok(table.default())]).enumerate() {
            let field = first + i as u32 * 4;
            let index = self.target(depth?);
            // All values are in their homes: are these the target's?
            let base = self.blocks[index].base;
            let in_place = arity == 0 || self.stack.get(self.stack.len() - arity).home == base;
            if index != 0 && in_place {
                self.connect(field, index);
                continue;
            }
            // One stub for each target: moves, then the branch.
            let (table, stub) = self.blocks[index].stub;
            let stub = if table == self.tables {
                stub
            } else {
                self.code.pc()
            };
            self.code.resolve(field, stub);
            if table != self.tables {
                self.blocks[index].stub = (self.tables, stub);
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
            Some(saved) => (header.u16(2, saved), Op::ReturnUnpin.base()),
            None => (header, Op::Return.base()),
        };
        let count = self.ty.results().len();
        let last = self.stack.last();
        match (count, last) {
            (0, _) => {
                self.code.emit(base, header, 8);
            }
            (1, Some(result)) if result.ty != Ty::V128 => {
                let bank = result.ty.bank().unwrap_or(Bank::Int);
                let mut loc = self.loc(result);
                if let Loc::Imm(bits) = loc
                    && (result.ty == Ty::F64 || fits_i32(bits, result.ty).is_none())
                {
                    self.copy(loc, result.ty, Loc::Slot(result.home));
                    loc = Loc::Slot(result.home);
                }
                match loc {
                    Loc::Acc => self.code.emit(base, header, 8),
                    Loc::Slot(slot) => {
                        self.code
                            .emit(base + 1 + bank as u16, header.u16(4, slot), 8)
                    }
                    Loc::Pin(pin) => self.code.emit(base + 6 + pin as u16, header, 8),
                    Loc::Imm(bits) => {
                        self.code
                            .emit(base + 4 + bank as u16, header.u32(4, bits as u32), 8)
                    }
                };
            }
            _ => {
                self.materialize_top(count);
                self.unpin();
                let slots = self.ty.result_slots() as u32;
                let first = self.stack.top() - slots;
                self.code
                    .emit(Op::ReturnMany.base(), header.u16(2, first).u16(4, slots), 8);
            }
        }
    }

    /// Before leaving the frame otherwise than by `return_unpin`.
    fn unpin(&mut self) {
        if let Some(saved) = self.saved_pins {
            let operands = Operands::default().u16(0, saved);
            self.code.emit(Op::Unpin.base(), operands, 8);
        }
    }

    pub(crate) fn return_(&mut self) {
        self.emit_return();
        self.unreachable();
    }

    /// Puts the arguments of a call into their homes and pops them; returns the first one's slot.
    fn pop_arguments(&mut self, callee: &FuncType) -> u32 {
        let count = callee.params().len();
        self.materialize_top(count);
        self.stack.truncate(self.stack.len() - count);
        self.stack.top()
    }

    /// The callee may use all accumulators: what is in them goes home first.
    fn begin_call(&mut self, callee: &FuncType) -> u32 {
        self.evict_all();
        let base = self.pop_arguments(callee);
        self.stack.need(base + header_slot(callee));
        base
    }

    fn end_call(&mut self, callee: &FuncType) {
        self.stack.clear_acc();
        self.last = None;
        self.producer = None;
        match *callee.results() {
            [result] if ty(result) != Ty::V128 => self.push_in_acc(ty(result)),
            ref results => {
                for &result in results {
                    self.stack.push(ty(result), Kind::Home);
                }
            }
        }
    }

    pub(crate) fn call(&mut self, func_index: u32) {
        let module = self.module;
        let callee = module.type_of_func(func_index);
        let base = self.begin_call(callee);
        let operands = Operands::default().u16(0, base).u16(2, header_slot(callee));
        match func_index.checked_sub(module.imported_funcs) {
            Some(defined) => {
                if let Some(form) = self.copied_to_slot()
                    && let Some((_, operands)) = self.take_copy(operands, 4)
                {
                    let opcode = Op::CallWith.base() + form;
                    self.code.emit(opcode, operands.u32(8, defined), 16);
                } else {
                    let entry = module.code.entry_address(defined).expose_provenance();
                    let operands = operands.u32(4, defined).usize(8, entry);
                    self.code.emit(Op::Call.base(), operands, 16);
                }
            }
            None => {
                let operands = operands.u32(4, func_index);
                self.code.emit(Op::CallImport.base(), operands, 8);
            }
        }
        self.end_call(callee);
    }

    pub(crate) fn call_indirect(&mut self, type_index: u32, table: u32) {
        let entry = &self.module.types[type_index as usize];
        self.evict_all();
        let index = self.pop_slot();
        let base = self.begin_call(&entry.ty);
        let operands = Operands::default()
            .u16(0, base)
            .u16(2, header_slot(&entry.ty))
            .u16(4, index)
            .u16(6, table)
            .u32(8, entry.id.0);
        self.code.emit(Op::CallIndirect.base(), operands, 16);
        self.end_call(&entry.ty);
    }

    /// Fields that tail calls share.
    fn tail_operands(&mut self, callee: &FuncType) -> Operands {
        let base = self.begin_call(callee);
        self.unpin();
        Operands::default()
            .u16(0, base)
            .u16(2, callee.param_slots() as u32)
            .u16(8, header_slot(callee))
            .u16(10, self.header)
    }

    pub(crate) fn return_call(&mut self, func_index: u32) {
        let module = self.module;
        let operands = self.tail_operands(module.type_of_func(func_index));
        match func_index.checked_sub(module.imported_funcs) {
            Some(defined) => self
                .code
                .emit(Op::ReturnCall.base(), operands.u32(4, defined), 16),
            None => self
                .code
                .emit(Op::ReturnCallImport.base(), operands.u32(4, func_index), 16),
        };
        self.unreachable();
    }

    pub(crate) fn return_call_indirect(&mut self, type_index: u32, table: u32) {
        let entry = &self.module.types[type_index as usize];
        self.evict_all();
        let index = self.pop_slot();
        let operands = self
            .tail_operands(&entry.ty)
            .u16(4, index)
            .u16(6, table)
            .u32(12, entry.id.0);
        self.code.emit(Op::ReturnCallIndirect.base(), operands, 16);
        self.unreachable();
    }
}
