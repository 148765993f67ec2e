//! The symbolic operand stack: where each wasm operand is at this point of the code.
//!
//! Every operand has a home slot by its height. `local.get` and constants emit nothing: the operand
//! only says what it stands for, and becomes an operand of the op that consumes it. A result stays in
//! its accumulator until another result of the bank needs it; then its producer is redirected to the
//! home slot. Labels are only reached with operands in their homes.

use alloc::vec::Vec;
use core::marker::PhantomData;

use crate::bytecode::{Encoding, Ty};

use super::{code::Pc, grow::push};

/// Locals that may stand on the stack unread. `local.set` looks at all of them, so the number is bounded.
pub(crate) const MAX_LAZY: usize = 32;

/// Where an op finds an operand. (Variants carry the same type, so that it is passed in two registers.)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loc {
    Slot(u64),
    /// The accumulator of its bank.
    Acc,
    /// In the pin of that number.
    Pin(u64),
    /// A constant, by its bits.
    Imm(u64),
}

/// A value on the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    /// Where it is: in its home, in an accumulator, a constant, or where its local lives.
    pub(crate) at: Loc,
    /// Its (first) home slot.
    pub(crate) home: u32,
    /// The local it stands for, until that is written.
    local: u16,
    pub(crate) ty: Ty,
}

/// The same in 16 bytes: stacks of operands are much of what translation takes.
#[derive(Clone, Copy)]
struct Packed {
    bits: u64,
    home: u32,
    local: u16,
    ty: Ty,
    place: Place,
}

/// Which `Loc`.
#[derive(Clone, Copy)]
enum Place {
    Slot,
    Acc,
    Pin,
    Imm,
}

impl Packed {
    #[inline(always)]
    fn of(operand: Operand) -> Packed {
        let (place, bits) = match operand.at {
            Loc::Slot(slot) => (Place::Slot, slot),
            Loc::Acc => (Place::Acc, 0),
            Loc::Pin(pin) => (Place::Pin, pin),
            Loc::Imm(bits) => (Place::Imm, bits),
        };
        Packed {
            bits,
            home: operand.home,
            local: operand.local,
            ty: operand.ty,
            place,
        }
    }

    #[inline(always)]
    fn operand(self) -> Operand {
        Operand {
            at: match self.place {
                Place::Slot => Loc::Slot(self.bits),
                Place::Acc => Loc::Acc,
                Place::Pin => Loc::Pin(self.bits),
                Place::Imm => Loc::Imm(self.bits),
            },
            home: self.home,
            local: self.local,
            ty: self.ty,
        }
    }
}

/// No local has this number: there are 50,000 at most.
const NO_LOCAL: u16 = u16::MAX;

impl Operand {
    /// The local it stands for.
    #[inline]
    pub(crate) fn local(&self) -> Option<u32> {
        (self.local != NO_LOCAL).then(|| self.local.into())
    }

    /// Whether it has been put into its home slot.
    pub(crate) fn is_home(&self) -> bool {
        matches!(self.at, Loc::Slot(_)) && self.local == NO_LOCAL
    }
}

impl Loc {
    pub(crate) fn slot(slot: u32) -> Loc {
        Loc::Slot(slot.into())
    }

    pub(crate) fn of_pin(pin: u8) -> Loc {
        Loc::Pin(pin.into())
    }
}

/// What an accumulator holds.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct AccState {
    /// Position on the stack of the operand that is only there.
    pub(crate) operand: Option<u32>,
    /// A local with the same value.
    pub(crate) local: Option<u32>,
    /// The local that it held before its producer, which it will still hold if that is redirected.
    pub(crate) before: Option<u32>,
    /// The op that wrote it, while its destination may still be changed.
    pub(crate) producer: Option<(Pc, u16)>,
}

/// The accumulators, by bank.
pub(crate) type AccStates = [AccState; 4];

pub(crate) struct OperandStack<E> {
    operands: Vec<Packed>,
    /// Positions of operands that stand for locals, ascending, and how many there are.
    lazy: [u32; MAX_LAZY],
    lazy_len: usize,
    pub(crate) acc: AccStates,
    /// Home of the next operand.
    top: u32,
    /// One past the highest slot used.
    max: u32,
    /// How few operands there have been since the current operator began, for those who explain.
    low: usize,
    encoding: PhantomData<E>,
}

impl<E> Default for OperandStack<E> {
    fn default() -> Self {
        OperandStack {
            operands: Vec::new(),
            lazy: [0; MAX_LAZY],
            lazy_len: 0,
            acc: Default::default(),
            top: 0,
            max: 0,
            low: 0,
            encoding: PhantomData,
        }
    }
}

impl<E: Encoding> OperandStack<E> {
    /// An empty stack whose homes begin at `first`.
    pub(crate) fn begin(&mut self, first: u32) {
        self.operands.clear();
        self.lazy_len = 0;
        self.acc = Default::default();
        self.top = first;
        self.max = first;
    }

    pub(crate) fn len(&self) -> usize {
        self.operands.len()
    }

    pub(crate) fn top(&self) -> u32 {
        self.top
    }

    pub(crate) fn max(&self) -> u32 {
        self.max
    }

    /// Makes the frame reach at least to `slot`.
    pub(crate) fn need(&mut self, slot: u32) {
        self.max = self.max.max(slot);
    }

    #[inline]
    pub(crate) fn get(&self, position: usize) -> Operand {
        self.operands[position].operand()
    }

    /// The home of the operand at `position`, or that which the next one will have.
    pub(crate) fn home(&self, position: usize) -> u32 {
        self.operands
            .get(position)
            .map_or(self.top, |operand| operand.home)
    }

    #[inline]
    pub(crate) fn last(&self) -> Option<Operand> {
        self.operands.last().map(|last| last.operand())
    }

    pub(crate) fn lazy(&self) -> &[u32] {
        &self.lazy[..self.lazy_len]
    }

    /// Pushes a constant or what is in an accumulator.
    #[inline]
    pub(crate) fn push(&mut self, ty: Ty, at: Loc) {
        if at == Loc::Acc {
            self.acc[ty.bank() as usize].operand = Some(self.operands.len() as u32);
        }
        self.push_operand(ty, at, NO_LOCAL);
    }

    /// Pushes what is in its home.
    pub(crate) fn push_home(&mut self, ty: Ty) {
        self.push_operand(ty, Loc::slot(self.top), NO_LOCAL);
    }

    /// Pushes a reference to a local, which lives at `at`; there may be `MAX_LAZY`.
    #[inline]
    pub(crate) fn push_local(&mut self, ty: Ty, local: u32, at: Loc) {
        self.lazy[self.lazy_len] = self.operands.len() as u32;
        self.lazy_len += 1;
        self.push_operand(ty, at, local as u16);
    }

    #[inline(always)]
    fn push_operand(&mut self, ty: Ty, at: Loc, local: u16) {
        let home = self.top;
        let operand = Operand {
            at,
            home,
            local,
            ty,
        };
        push(&mut self.operands, Packed::of(operand));
        self.top += ty.slots();
        self.max = self.max.max(self.top);
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Operand {
        // Validation guarantees the operand; a home operand stands in where it did not.
        let operand = self.operands.pop().map_or(
            Operand {
                at: Loc::slot(self.top),
                home: self.top,
                local: NO_LOCAL,
                ty: Ty::I32,
            },
            Packed::operand,
        );
        if operand.local != NO_LOCAL {
            self.lazy_len = self.lazy_len.saturating_sub(1);
        } else if operand.at == Loc::Acc {
            self.acc[operand.ty.bank() as usize].operand = None;
        }
        self.top = operand.home;
        if E::EXPLAINS {
            self.low = self.low.min(self.operands.len());
        }
        operand
    }

    /// An operator begins here: `low` counts from now on.
    pub(crate) fn begin_operator(&mut self) {
        self.low = self.operands.len();
    }

    /// So many operands on top are read or changed without being popped.
    pub(crate) fn touch(&mut self, count: usize) {
        if E::EXPLAINS {
            self.low = self.low.min(self.operands.len().saturating_sub(count));
        }
    }

    /// How few operands there have been since the current operator began.
    pub(crate) fn low(&self) -> usize {
        self.low
    }

    /// Drops operands down to `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.operands.len() > len {
            self.pop();
        }
    }

    /// Notes that an operand has been copied to its home.
    pub(crate) fn set_home(&mut self, position: usize) {
        let operand = &mut self.operands[position];
        (operand.place, operand.bits) = (Place::Slot, operand.home.into());
        if operand.local != NO_LOCAL {
            operand.local = NO_LOCAL;
            let lazy = &mut self.lazy[..self.lazy_len];
            if let Some(i) = lazy.iter().position(|&lazy| lazy as usize == position) {
                lazy.copy_within(i + 1.., i);
                self.lazy_len -= 1;
            }
        }
    }

    /// Forgets what the accumulators hold; no operand may be in one.
    pub(crate) fn clear_acc(&mut self) {
        debug_assert!(self.acc.iter().all(|acc| acc.operand.is_none()));
        self.acc = Default::default();
    }

    /// Whether the accumulator for values of this type holds the value of `local`.
    #[inline]
    pub(crate) fn acc_is_local(&self, ty: Ty, local: u32) -> bool {
        self.acc[ty.bank() as usize].local == Some(local)
    }
}
