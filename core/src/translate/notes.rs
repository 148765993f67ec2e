//! What the translator decides, written down where it decides it: for explanations, and for nothing else.
//!
//! An encoding says whether that is wanted (`Encoding::EXPLAINS`), so that no other translation has code for it.

use alloc::{format, vec, vec::Vec};
use core::mem::take;

use super::{
    func::FuncTranslator,
    note::{Fusion, Note, Place, Reason, Stack, Value},
    stack::Loc,
};
use crate::bytecode::{Encoding, Ty, name_in_form};

/// How many values of a stack are listed at most.
const LISTED: usize = 24;

/// What is written down of one wasm instruction; first of what precedes all.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) notes: Vec<Note>,
    /// `None` where code cannot be reached.
    pub(crate) stack: Option<Stack>,
}

/// An operand on the stack after the last operator.
struct Pushed {
    by: usize,
    home: u32,
    /// Nothing has been emitted for it.
    deferred: bool,
}

/// The record of a translation.
pub(crate) struct Notes {
    steps: Vec<Step>,
    /// The steps that each instruction of the code is of, first the one that emitted it.
    origins: Vec<Vec<usize>>,
    /// Those of what has been taken back, until the next instruction is emitted.
    taken: Vec<Vec<usize>>,
    /// Those of what is about to be copied.
    copied: Vec<usize>,
    reason: Reason,
    operands: Vec<Pushed>,
    /// The last operator began where code cannot be reached.
    dead: bool,
}

impl Default for Notes {
    fn default() -> Self {
        Notes {
            steps: vec![Step::default()],
            origins: Vec::new(),
            taken: Vec::new(),
            copied: Vec::new(),
            reason: Reason::default(),
            operands: Vec::new(),
            dead: false,
        }
    }
}

impl Notes {
    fn now(&self) -> usize {
        self.steps.len() - 1
    }

    fn push(&mut self, note: Note) {
        let now = self.now();
        if let Note::Copied {
            of: Some(of), to, ..
        } = &note
        {
            let mut operands = self.operands.iter_mut().rev();
            if let Some(operand) = operands.find(|operand| operand.by == *of && operand.deferred) {
                operand.deferred = false;
                let to = to.clone();
                self.steps[*of].notes.push(Note::CopiedBy { by: now, to });
            }
            self.copied.push(*of);
        }
        if let Some(step) = self.steps.last_mut() {
            step.notes.push(note);
        }
    }

    /// The steps, and those that each instruction is of.
    pub(crate) fn into_parts(self) -> (Vec<Step>, Vec<Vec<usize>>) {
        (self.steps, self.origins)
    }

    pub(super) fn step_of(&self, instruction: usize) -> usize {
        self.origins.get(instruction).map_or(0, |steps| steps[0])
    }

    /// An instruction is emitted.
    pub(super) fn emitted<E: Encoding>(&mut self, opcode: u16) {
        let now = self.now();
        let taken = take(&mut self.taken);
        let mut with: Vec<usize> = taken.iter().map(|steps| steps[0]).collect();
        with.sort_unstable();
        with.dedup();
        if !with.is_empty()
            && let Some((op, form)) = E::op_of(opcode)
        {
            for &step in with.iter().filter(|step| **step != now) {
                self.steps[step].notes.push(Note::FusedInto { by: now });
            }
            let fusion = Fusion::of::<E>(op, form);
            let into = name_in_form::<E>(op, form);
            self.push(Note::Fused { with, into, fusion });
        }
        self.origins.push(vec![now]);
        let instruction = self.origins.len() - 1;
        let copied = take(&mut self.copied);
        for step in taken.into_iter().flatten().chain(copied) {
            self.belongs(instruction, step);
        }
    }

    fn belongs(&mut self, instruction: usize, step: usize) {
        if let Some(steps) = self.origins.get_mut(instruction)
            && !steps.contains(&step)
        {
            steps.push(step);
        }
    }

    /// What has been emitted from an instruction on is taken back.
    pub(super) fn take_back(&mut self, first: usize) {
        self.taken.extend_from_slice(&self.origins[first..]);
    }

    /// There are only so many instructions left.
    pub(super) fn cut(&mut self, left: usize) {
        self.origins.truncate(left);
    }

    /// The current operator changes an instruction.
    pub(super) fn claim(&mut self, instruction: usize) {
        let now = self.now();
        self.belongs(instruction, now);
    }
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// Notes what has been decided.
    #[inline(always)]
    pub(super) fn note(&mut self, note: impl FnOnce(&Self) -> Note) {
        if E::EXPLAINS {
            let note = note(self);
            if let Some(notes) = &mut self.code.notes {
                notes.push(note);
            }
        }
    }

    /// Why values are moved from here on.
    #[inline(always)]
    pub(super) fn because(&mut self, reason: Reason) {
        if E::EXPLAINS
            && let Some(notes) = &mut self.code.notes
        {
            notes.reason = reason;
        }
    }

    pub(super) fn reason(&self) -> Reason {
        let notes = self.code.notes.as_ref();
        notes.map_or_else(Reason::default, |notes| notes.reason)
    }

    /// The step that pushed the operand that has its home at a place.
    pub(super) fn pushed_at(&self, place: Loc) -> Option<usize> {
        let mut operands = self.code.notes.as_ref()?.operands.iter().rev();
        let found = operands.find(|operand| Loc::slot(operand.home) == place);
        found.map(|operand| operand.by)
    }

    pub(super) fn place_of(&self, loc: Loc, ty: Ty) -> Place {
        match loc {
            Loc::Slot(slot) => Place::Slot(self.slot_name(slot as u16)),
            Loc::Acc => Place::Accumulator(ty.bank().name()),
            Loc::Pin(pin) => Place::Pin(pin as u8),
            Loc::Imm(bits) => Place::Constant(match ty {
                Ty::I32 => format!("{}", bits as u32 as i32),
                Ty::F32 => format!("{:?}", f32::from_bits(bits as u32)),
                Ty::F64 => format!("{:?}", f64::from_bits(bits)),
                Ty::Ref => "null".into(),
                _ => format!("{}", bits as i64),
            }),
        }
    }

    /// Where what was pushed last is.
    pub(super) fn place_of_top(&self) -> Place {
        let operand = self.stack.get(self.stack.len() - 1);
        self.place_of(self.loc(&operand), operand.ty)
    }

    /// An operator begins, and the one before it ends.
    #[inline(always)]
    pub(super) fn begin_step(&mut self) {
        if E::EXPLAINS {
            self.end_operator();
            self.stack.begin_operator();
            let dead = self.dead.is_some();
            if let Some(notes) = &mut self.code.notes {
                notes.dead = dead;
                notes.reason = Reason::default();
                notes.steps.push(Step::default());
            }
        }
    }

    /// Writes down what the last operator has left: its stack, and what became of the operands that it consumed.
    pub(super) fn end_operator(&mut self) {
        let Some(mut notes) = self.code.notes.take() else {
            return;
        };
        notes.taken.clear();
        notes.copied.clear();
        let now = notes.now();
        if self.dead.is_some() {
            if notes.dead {
                notes.push(Note::Dead);
            } else {
                self.consume(&mut notes);
            }
        } else if self.blocks.is_empty() {
            // The function's end.
            self.consume(&mut notes);
        } else {
            self.consume(&mut notes);
            // (Operands that code which cannot be reached has left are gone.)
            for position in notes.operands.len()..self.stack.len() {
                let operand = self.stack.get(position);
                let deferred = operand.local().is_some() || matches!(operand.at, Loc::Imm(_));
                if deferred && now > 0 {
                    notes.push(Note::Deferred);
                }
                notes.operands.push(Pushed {
                    by: now,
                    home: operand.home,
                    deferred,
                });
            }
            let below = self.stack.len().saturating_sub(LISTED);
            let value = |position: usize| {
                let operand = self.stack.get(position);
                Value {
                    ty: operand.ty.name(),
                    by: notes.operands[position].by,
                    local: operand.local(),
                    place: self.place_of(self.loc(&operand), operand.ty),
                }
            };
            let top = (below..self.stack.len()).map(value).collect();
            if let Some(step) = notes.steps.last_mut() {
                step.stack = Some(Stack { below, top });
            }
        }
        self.code.notes = Some(notes);
    }

    /// What the last operator popped has become operands of what it emitted last.
    fn consume(&self, notes: &mut Notes) {
        let now = notes.now();
        let low = self.stack.low().min(notes.operands.len());
        let instruction = match notes.origins.last() {
            Some(steps) if steps[0] == now => Some(notes.origins.len() - 1),
            _ => None,
        };
        for operand in notes.operands.split_off(low) {
            if let (true, Some(instruction)) = (operand.deferred, instruction) {
                notes.belongs(instruction, operand.by);
                notes.steps[operand.by]
                    .notes
                    .push(Note::Folded { into: now });
            }
        }
    }
}
