//! Exceptions: `try_table`, and the legacy blocks.
//!
//! Nothing is emitted for a try: where an exception is caught is found in the function's [`FrameMap`] when it is
//! thrown. The machine then writes its values to where the target expects them. A legacy try has a slot below its
//! operands for the exception that it catches, for `rethrow`.
//!
//! [`FrameMap`]: crate::bytecode::FrameMap

use wasmparser::{BlockType, Catch, TryTable};

use super::{
    code::Operands,
    func::{BlockKind, FuncTranslator},
};
use crate::{
    bytecode::{Encoding, Op, Ty},
    types::FuncType,
};

impl<'m, E: Encoding> FuncTranslator<'m, E> {
    /// The type whose parameters are the values of an exception.
    fn tag_type(&self, tag: u32) -> &'m FuncType {
        let ty = self.module.tags.get(self.module, tag).unwrap_or_default();
        &self.module.types[ty as usize].ty
    }

    pub(super) fn try_table(&mut self, table: &TryTable) {
        let sig = self.sig(table.ty);
        self.flush();
        let number = self.begin_try();
        for catch in &table.catches {
            let (tag, label, by_ref) = match *catch {
                Catch::One { tag, label } => (Some(tag), label, false),
                Catch::OneRef { tag, label } => (Some(tag), label, true),
                Catch::All { label } => (None, label, false),
                Catch::AllRef { label } => (None, label, true),
            };
            let index = self.target(label);
            let block = self.blocks[index];
            let base = self.base(index);
            let slots = tag.map_or(0, |tag| self.tag_type(tag).param_slots() as u32);
            let exception = by_ref.then_some(base + slots);
            // What is caught may be all that uses these slots.
            self.stack.need(base + slots + u32::from(by_ref));
            let target = match block.kind {
                BlockKind::Loop(start) => Some(start),
                _ => None,
            };
            let clause = self.add_clause(number, tag, base, exception, target);
            if target.is_none() {
                self.wait_for_target(clause, index);
            }
        }
        self.open(BlockKind::Try(number), sig);
    }

    pub(super) fn throw(&mut self, tag: u32) {
        let count = self.tag_type(tag).params().len();
        self.materialize_top(count);
        self.stop_here();
        self.stack.truncate(self.stack.len() - count);
        let operands = Operands::default().u16(0, self.stack.top()).u32(4, tag);
        self.code.emit(Op::Throw.base::<E>(), operands, 8);
        self.unreachable();
    }

    pub(super) fn throw_ref(&mut self) {
        let exception = self.pop_slot();
        self.emit_throw_ref(exception);
    }

    fn emit_throw_ref(&mut self, exception: u32) {
        self.stop_here();
        let operands = Operands::default().u16(0, exception);
        self.code.emit(Op::ThrowRef.base::<E>(), operands, 8);
        self.unreachable();
    }

    /// A legacy try.
    pub(super) fn legacy_try(&mut self, block_type: BlockType) {
        let sig = self.sig(block_type);
        let params = self.params(sig);
        self.flush();
        self.materialize_top(params);
        // The parameters move up by the slot for the exception.
        let height = self.stack.len() - params;
        let base = match self.stack.len() > height {
            true => self.stack.get(height).home,
            false => self.stack.top(),
        };
        let slots = self.stack.top() - base;
        if slots > 0 {
            let operands = Operands::default()
                .u16(0, base + 1)
                .u16(2, base)
                .u16(4, slots);
            self.code.emit(Op::CopyMany.base::<E>(), operands, 8);
        }
        self.stack.truncate(height);
        let number = self.begin_try();
        // Nothing yet: no reference.
        self.stack.push_home(Ty::I64);
        self.push_homes(sig, false);
        self.open_at(BlockKind::LegacyTry(number), sig, height);
    }

    /// Ends what comes before a catch, or before the end, of a legacy try.
    pub(super) fn end_legacy_part(&mut self) {
        let index = self.blocks.len() - 1;
        let block = self.blocks[index];
        if self.dead.is_none() {
            self.settle_values(index);
            self.move_values(index);
        }
        if let BlockKind::LegacyTry(number) = block.kind {
            self.end_try(number);
        }
    }

    /// A catch of a legacy try: of exceptions with a tag, or of all.
    pub(super) fn legacy_catch(&mut self, tag: Option<u32>) {
        let index = self.blocks.len() - 1;
        let (BlockKind::LegacyTry(number) | BlockKind::LegacyCatch(number)) =
            self.blocks[index].kind
        else {
            return;
        };
        self.end_legacy_part();
        if self.dead.take().is_none() {
            let field = self.emit_br();
            self.connect(field, index);
        }
        let block = self.blocks[index];
        self.stack.truncate(block.height as usize);
        let here = self.code.pc();
        let exception = self.stack.top();
        self.stack.push_home(Ty::Ref);
        let base = self.stack.top();
        if let Some(tag) = tag {
            for &param in self.tag_type(tag).params() {
                self.stack.push_home(Ty::of(param));
            }
        }
        // Legacy clauses come one by one, with other tries between: each is a record of its own.
        let number = self.again(number);
        self.add_clause(number, tag, base, Some(exception), Some(here));
        self.blocks[index].kind = BlockKind::LegacyCatch(number);
        self.label_dropping_acc();
    }

    pub(super) fn rethrow(&mut self, depth: u32) {
        self.emit_throw_ref(self.base(self.target(depth)));
    }

    pub(super) fn delegate(&mut self, depth: u32) {
        let index = self.blocks.len() - 1;
        // The label is counted from outside of the try.
        let to = index as u32 - 1 - depth;
        if let BlockKind::LegacyTry(number) = self.blocks[index].kind {
            self.delegate_try(number, to);
        }
        self.end();
    }
}
