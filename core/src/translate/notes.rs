//! What the translator decides, written down where it decides it: for explanations, and for nothing else.
//!
//! An encoding says whether that is wanted (`Encoding::EXPLAINS`), so that no other translation has code for it.

use alloc::{format, string::String, vec, vec::Vec};
use core::mem::take;

use super::{func::FuncTranslator, stack::Loc};
use crate::bytecode::{Encoding, Op, Shape, Ty, name_in_form};

/// Where a value is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// In a slot of the frame, by the name that it has in listings.
    Slot(String),
    /// In an accumulator, by its name in listings.
    Accumulator(&'static str),
    /// In the pin of that number.
    Pin(u8),
    /// A constant, in the code of what uses it.
    Constant(String),
}

/// Something that the translator has decided about a wasm instruction. Others are named by their step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// It cannot be reached: it is not translated.
    Dead,
    /// Nothing is emitted for the local or constant that it pushes: what uses it will read it from there.
    Deferred,
    /// What it pushed, and nothing was emitted for, has become an operand of that step's code.
    Folded {
        /// The step.
        into: usize,
    },
    /// What it pushed, and nothing was emitted for, has been copied to a slot by that step.
    CopiedBy {
        /// The step.
        by: usize,
        /// The slot.
        to: Place,
    },
    /// Its result is there: in an accumulator until something else needs that, or needs the result elsewhere.
    Result {
        /// Where.
        place: Place,
    },
    /// The code of a step before, which left its result in an accumulator, writes it to a slot instead: at no cost.
    Redirected {
        /// That step.
        of: usize,
        /// The slot.
        to: Place,
        /// Why it could not stay.
        reason: Reason,
    },
    /// A value is copied.
    Copied {
        /// The step that pushed it, if the copy is to its home.
        of: Option<usize>,
        /// Where it was.
        from: Place,
        /// Where it is then.
        to: Place,
        /// Why.
        reason: Reason,
    },
    /// The code of a step before writes the local itself.
    SetDirectly {
        /// That step.
        of: usize,
        /// The local.
        local: u32,
        /// Where it lives.
        to: Place,
        /// Whether its value stays in the accumulator, too.
        mirrored: bool,
    },
    /// The local has the value already.
    SetToItself,
    /// Instructions that had been emitted before are taken back, and one does the work of all.
    Fused {
        /// The steps that they were of.
        with: Vec<usize>,
        /// What listings call that one.
        into: String,
        /// What it does.
        fusion: Fusion,
    },
    /// What had been emitted for it has been taken back, and is part of another step's code.
    FusedInto {
        /// The step.
        by: usize,
    },
    /// A constant is subtracted: its negation is added.
    AddsNegated,
    /// The operands have changed places, since there are forms for one order only.
    Exchanged,
    /// The comparison that a step before emitted is replaced by its inverse.
    Inverts {
        /// That step.
        of: usize,
    },
    /// The branch leads past code that is for the case that the condition holds: it tests the inverse.
    BranchesIfNot,
    /// Values move, or the function returns, only if the branch is taken: an inverted branch leads over that.
    BranchesOver,
    /// Code can be reached from elsewhere here: nothing is in accumulators, and nothing before is fused with what
    /// follows.
    Label,
    /// A block ends that nothing branches out of: the code goes on as if it had none.
    NoLabel,
}

/// Why a value cannot stay where it is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Reason {
    /// The result of this instruction needs the accumulator.
    #[default]
    AccumulatorNeeded,
    /// What is called may use it.
    Call,
    /// The frame of what is called begins with its arguments.
    Argument,
    /// A block begins, and what is below must not change on some paths through it only.
    Block,
    /// A branch, a return, the end or the beginning of a block, or an op on many values expects it there.
    Expected,
    /// The op has no form that reads it from where it is.
    ReadFromSlot,
    /// The local that it stands for is about to change.
    OldValue,
    /// Too many operands stand for locals.
    ManyLocals,
    /// It becomes the value of a local.
    Local,
}

/// What an op does that stands for several instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fusion {
    /// Compares and branches.
    CompareBranch,
    /// Steps a counter, compares it and branches.
    StepBranch,
    /// Tests bits.
    Test,
    /// Computes twice.
    Chain,
    /// Loads and computes.
    LoadChain,
    /// Loads, compares and branches.
    LoadBranch,
    /// The same, and keeps what it loaded.
    LoadKeepBranch,
    /// Loads from a base and a scaled index.
    LoadScaled,
    /// Loads and stores.
    LoadStore,
    /// Computes and stores.
    ChainStore,
    /// Adds to make an address.
    Address,
    /// Adds to a global.
    GlobalSum,
    /// Copies twice.
    CopyPair,
    /// Copies and branches.
    CopyBranch,
    /// Copies the last argument and calls.
    CopyCall,
    /// None of these.
    Other,
}

impl Fusion {
    /// What the op does in the form of this number.
    pub(crate) fn of<E: Encoding>(op: Op, form: u16) -> Fusion {
        match *op.shape() {
            Shape::Compare { operand, not, .. } => {
                if form >= Shape::steps_from(E::PLACES, operand, not) {
                    Fusion::StepBranch
                } else if form >= Shape::branches_from(E::PLACES, operand) {
                    Fusion::CompareBranch
                } else {
                    Fusion::Test
                }
            }
            Shape::Chain { .. } => Fusion::Chain,
            Shape::LoadChain { .. } => Fusion::LoadChain,
            Shape::LoadBranch { .. } => Fusion::LoadBranch,
            Shape::LoadKeepBranch { .. } => Fusion::LoadKeepBranch,
            Shape::LoadScaled { .. } => Fusion::LoadScaled,
            Shape::LoadStore => Fusion::LoadStore,
            Shape::ChainStore { .. } => Fusion::ChainStore,
            Shape::Load { .. } | Shape::Store { .. } => Fusion::Address,
            Shape::CopyPair => Fusion::CopyPair,
            Shape::CopyBranch => Fusion::CopyBranch,
            _ => match op {
                Op::CallWith => Fusion::CopyCall,
                Op::GlobalStep | Op::GlobalSetSum => Fusion::GlobalSum,
                _ => Fusion::Other,
            },
        }
    }
}

/// A value on the operand stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// Its type. (All references are `ref`.)
    pub ty: &'static str,
    /// The step that pushed it.
    pub by: usize,
    /// The local that it stands for.
    pub local: Option<u32>,
    /// Where it is.
    pub place: Place,
}

/// The operand stack after an instruction.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Stack {
    /// How many values lie below those listed.
    pub below: usize,
    /// The topmost, the last one on top.
    pub top: Vec<Value>,
}

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
