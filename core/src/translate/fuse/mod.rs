//! Fusing ops: what the last op was, while it may be taken back and become part of the next.

mod branches;
mod values;

pub(crate) use branches::Condition;

use super::{
    code::{Operands, Pc},
    func::{FuncTranslator, fits_small},
    stack::{AccState, Loc},
};
use crate::bytecode::{Bank, Encoding, Op, Ty};

/// The last op, while it may still be changed, or taken back and fused with what comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Last {
    pub(crate) pc: Pc,
    /// Behind it.
    pub(crate) end: Pc,
    /// The accumulator that it may have written, and what that held before. The others are as they were.
    pub(crate) bank: Bank,
    pub(crate) acc: AccState,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// A value, on top of the stack.
    Binary {
        op: Op,
        a: Loc,
        b: Loc,
        before: Before,
    },
    /// A value, on top of the stack.
    Load(Loaded),
    /// A value, on top of the stack: what was loaded, and `mask`.
    LoadAnd {
        loaded: Loaded,
        mask: Loc,
    },
    Step(Step),
    /// `local = load`.
    LoadLocal {
        loaded: Loaded,
        local: u32,
    },
    /// A value, on top of the stack: `z + x * scale`.
    Scaled {
        x: Loc,
        scale: u16,
        z: Loc,
    },
    /// A value, on top of the stack: the i32 global.
    Global(u32),
    /// `local = global + by`, which ends here and began at `pc`.
    GlobalSum {
        index: u32,
        local: u32,
        by: u32,
    },
    Copy {
        from: Loc,
        to: Loc,
        ty: Ty,
    },
}

/// What stands right before a binary op and may be fused with a branch on that.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Before {
    Other,
    /// The load that gave the operand in the accumulator.
    Load(Loaded),
    Step(Step),
    LoadLocal {
        loaded: Loaded,
        local: u32,
    },
    /// The `global.get` that gave the operand in the accumulator.
    Global {
        pc: Pc,
        index: u32,
        acc: AccState,
    },
}

/// `local += by`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) pc: Pc,
    pub(crate) local: u32,
    pub(crate) by: i16,
}

/// A load of memory 0 with a small offset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    pub(crate) pc: Pc,
    pub(crate) op: Op,
    pub(crate) base: Loc,
    pub(crate) offset: u32,
    /// What the integer accumulator held before it.
    pub(crate) acc: AccState,
}

/// The number of a form that exists by construction.
pub(crate) fn existing(form: Option<u16>) -> u16 {
    debug_assert!(form.is_some(), "an op has no form for these places");
    form.unwrap_or(0)
}

/// Number of the form of a copy that is fused with something, and its fields, the destination at `at`.
/// `None` where there is no such form.
pub(crate) fn copied<E: Encoding>(
    from: Loc,
    to: Loc,
    ty: Ty,
    operands: Operands,
    at: usize,
) -> Option<(u16, Operands)> {
    if ty == Ty::V128 {
        return None;
    }
    match from {
        Loc::Imm(bits) => fits_small::<E>(bits, ty).filter(|_| !matches!(ty, Ty::F32))?,
        Loc::Acc if ty.bank() != Bank::Int => return None,
        _ => 0,
    };
    let operands = operands.u16(at, to.field16()).u16(at + 2, from.field16());
    let to = match to {
        Loc::Pin(pin) => 1 + pin as u16,
        _ => 0,
    };
    Some((
        E::PLACES.copied.find(from.place())? * E::PLACES.copy_dests + to,
        operands,
    ))
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// The op right before this point, if it gave the operand at `position` and that is still only in
    /// its accumulator.
    #[inline]
    pub(crate) fn fresh_at(&self, position: usize) -> Option<&Last> {
        let last = self.last.as_ref()?;
        let operand = self.stack.get(position);
        (operand.at == Loc::Acc
            && last.end == self.code.pc()
            && self.producer == Some((last.pc, last.end))
            && self.fusing
            && self.stack.acc[operand.ty.bank() as usize]
                .producer
                .is_some_and(|(pc, _)| pc == last.pc))
        .then_some(last)
    }

    /// The same for the operand on top of the stack.
    #[inline]
    pub(crate) fn fresh(&self) -> Option<&Last> {
        self.fresh_at(self.stack.len().checked_sub(1)?)
    }

    /// The op right before this point, if it may be fused with a branch or another copy.
    #[inline]
    fn adjacent(&self) -> Option<&Last> {
        let adjacent = |last: &&Last| self.fusing && last.end == self.code.pc();
        self.last.as_ref().filter(adjacent)
    }

    /// Takes back the last op, which `fresh` gave, and pops its result.
    pub(crate) fn take_back(&mut self) {
        self.stack.pop();
        if let Some(Last { pc, bank, acc, .. }) = self.last {
            self.undo(pc, bank, acc);
        }
    }

    /// Removes the code from `pc` on; the accumulator is as it was there.
    pub(crate) fn undo(&mut self, pc: Pc, bank: Bank, acc: AccState) {
        self.code.truncate(pc);
        self.stack.acc[bank as usize] = acc;
        self.last = None;
        self.producer = None;
    }

    /// Notes that what the last op gave has become the local's value; false if nothing is fused with that.
    /// `before` is the local that the accumulator mirrored before the op.
    pub(crate) fn last_sets(&mut self, local: u32, before: Option<u32>) -> bool {
        let (ty, slot) = self.locals.get(local);
        let pin = self.pin_of(local);
        let Some(last) = &mut self.last else {
            return false;
        };
        if let What::Load(loaded) = last.what {
            last.what = What::LoadLocal { loaded, local };
            return true;
        }
        let What::Binary {
            op: Op::I32Add | Op::I64Add,
            a,
            b: Loc::Imm(by),
            before: operand,
        } = &last.what
        else {
            return false;
        };
        let Some(by) = fits_small::<E>(*by, ty) else {
            return false;
        };
        let own = match *a {
            Loc::Pin(own) => pin.map(u64::from) == Some(own),
            Loc::Slot(own) => own == slot.into(),
            Loc::Acc => before == Some(local),
            Loc::Imm(_) => false,
        };
        if own {
            last.what = What::Step(Step {
                pc: last.pc,
                local,
                by: by as i16,
            });
            return true;
        }
        if let (Loc::Acc, &Before::Global { pc, index, acc }) = (*a, operand) {
            last.pc = pc;
            last.acc = acc;
            last.what = What::GlobalSum { index, local, by };
            return true;
        }
        false
    }

    /// Takes back the copy right before this point, if it can be fused with something: number of its form,
    /// and its fields, the destination at `at`.
    pub(crate) fn take_copy(&mut self, operands: Operands, at: usize) -> Option<(u16, Operands)> {
        if !E::FUSES {
            return None;
        }
        let (pc, form, operands) = self.find_copy(operands, at)?;
        self.code.truncate(pc);
        self.last = None;
        Some((form, operands))
    }

    /// What the copy that `take_copy` would take reads (a number of `COPIED`), if it writes a slot.
    pub(crate) fn copied_to_slot(&self) -> Option<u16> {
        if !E::FUSES {
            return None;
        }
        self.find_copy(Operands::default(), 0)?;
        match self.last?.what {
            What::Copy {
                from,
                to: Loc::Slot(_),
                ..
            } => E::PLACES.copied.find(from.place()),
            _ => None,
        }
    }

    pub(crate) fn find_copy(&self, operands: Operands, at: usize) -> Option<(Pc, u16, Operands)> {
        if !E::FUSES {
            return None;
        }
        let last = self.adjacent()?;
        let What::Copy { from, to, ty } = last.what else {
            return None;
        };
        let (form, operands) = copied::<E>(from, to, ty, operands, at)?;
        Some((last.pc, form, operands))
    }
}
