//! The vocabulary of explanations: what the translator decides about an instruction, why, and where values are.

use alloc::{string::String, vec::Vec};

use crate::bytecode::{Encoding, Op, Shape};

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
