//! The symbolic operand stack: where each wasm operand is at this point of the code.
//!
//! Every operand has a home slot by its height. `local.get` and constants emit nothing: the operand
//! only says what it stands for, and becomes an operand of the op that consumes it. A result stays in
//! its accumulator until another result of the bank needs it; then its producer is redirected to the
//! home slot. Labels are only reached with operands in their homes.

use alloc::vec::Vec;

use crate::bytecode::{Bank, Ty};

use super::code::Pc;

// All variants of these carry the same type, so that a value of them is passed in two registers.

/// Where an operand's value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// In its home slot.
    Home,
    /// A constant, by its bits.
    Imm(u64),
    /// In a local, until that is written.
    Local(u64),
    /// In the accumulator of its bank.
    Acc,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    pub(crate) ty: Ty,
    pub(crate) kind: Kind,
    /// Its (first) home slot.
    pub(crate) home: u32,
}

/// Where an op finds an operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loc {
    Slot(u64),
    Acc,
    /// In the pin of that number.
    Pin(u64),
    Imm(u64),
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
pub(crate) type AccStates = [AccState; 3];

#[derive(Default)]
pub(crate) struct OperandStack {
    operands: Vec<Operand>,
    /// Positions of operands of kind `Local`, ascending, and how many there are.
    lazy: [u32; Self::MAX_LAZY],
    lazy_len: usize,
    pub(crate) acc: AccStates,
    /// Home of the next operand.
    top: u32,
    /// One past the highest slot used.
    max: u32,
}

impl OperandStack {
    /// Locals that may stand on the stack unread. `local.set` looks at all of them, so the number is bounded.
    pub(crate) const MAX_LAZY: usize = 32;

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

    pub(crate) fn get(&self, position: usize) -> Operand {
        self.operands[position]
    }

    pub(crate) fn at(&self, position: usize) -> &Operand {
        &self.operands[position]
    }

    pub(crate) fn last(&self) -> Option<Operand> {
        self.operands.last().copied()
    }

    pub(crate) fn lazy(&self) -> &[u32] {
        &self.lazy[..self.lazy_len]
    }

    /// There may be `MAX_LAZY` of kind `Local`.
    #[inline]
    pub(crate) fn push(&mut self, ty: Ty, kind: Kind) {
        if self.operands.len() == self.operands.capacity() {
            return self.push_growing(ty, kind);
        }
        self.push_within(ty, kind);
    }

    #[cold]
    #[inline(never)]
    fn push_growing(&mut self, ty: Ty, kind: Kind) {
        self.operands.reserve(1);
        self.push_within(ty, kind);
    }

    #[inline(always)]
    fn push_within(&mut self, ty: Ty, kind: Kind) {
        let position = self.operands.len() as u32;
        match kind {
            Kind::Local(_) => {
                self.lazy[self.lazy_len] = position;
                self.lazy_len += 1;
            }
            Kind::Acc => {
                if let Some(bank) = ty.bank() {
                    self.acc[bank as usize].operand = Some(position);
                }
            }
            Kind::Home | Kind::Imm(_) => {}
        }
        self.operands.push(Operand {
            ty,
            kind,
            home: self.top,
        });
        self.top += ty.slots();
        self.max = self.max.max(self.top);
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Operand {
        // Validation guarantees the operand; a home operand stands in where it did not.
        let operand = self.operands.pop().unwrap_or(Operand {
            ty: Ty::I32,
            kind: Kind::Home,
            home: self.top,
        });
        self.forget(operand);
        self.top = operand.home;
        operand
    }

    fn forget(&mut self, operand: Operand) {
        match operand.kind {
            Kind::Local(_) => {
                self.lazy_len = self.lazy_len.saturating_sub(1);
            }
            Kind::Acc => {
                if let Some(bank) = operand.ty.bank() {
                    self.acc[bank as usize].operand = None;
                }
            }
            Kind::Home | Kind::Imm(_) => {}
        }
    }

    /// Drops operands down to `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.operands.len() > len {
            self.pop();
        }
    }

    /// Notes that an operand has been copied to its home.
    pub(crate) fn set_home(&mut self, position: usize) {
        if matches!(self.operands[position].kind, Kind::Local(_)) {
            let lazy = &mut self.lazy[..self.lazy_len];
            if let Some(i) = lazy.iter().position(|&lazy| lazy as usize == position) {
                lazy.copy_within(i + 1.., i);
                self.lazy_len -= 1;
            }
        }
        self.operands[position].kind = Kind::Home;
    }

    /// Forgets what the accumulators hold; no operand may be in one.
    pub(crate) fn clear_acc(&mut self) {
        debug_assert!(self.acc.iter().all(|acc| acc.operand.is_none()));
        self.acc = Default::default();
    }

    /// Whether the accumulator of `bank` holds the value of `local`.
    pub(crate) fn acc_is_local(&self, bank: Option<Bank>, local: u32) -> bool {
        bank.is_some_and(|bank| self.acc[bank as usize].local == Some(local))
    }
}
