//! Conditional branches, fused with what their condition comes from.

use super::{Before, Last, Loaded, Step, What, existing};
use crate::{
    bytecode::{Bank, Encoding, Op, Place, Shape, Ty},
    translate::{
        code::Operands,
        func::{FuncTranslator, fits_i32, fits_small},
        note::Note,
        ops::{load_branch_of, load_keep_branch_of},
        stack::Loc,
    },
};

/// What a conditional branch tests, with its operands popped.
pub(crate) struct Condition {
    op: Op,
    a: Loc,
    b: Loc,
    /// The branch loads `a` itself: the form that does, behind that of its comparison.
    loaded: Option<Loaded>,
}

impl Condition {
    /// A comparison with zero.
    #[cfg(feature = "gc")]
    pub(crate) fn with_zero(op: Op, a: Loc) -> Condition {
        Condition {
            op,
            a,
            b: Loc::Imm(0),
            loaded: None,
        }
    }
}

/// The form of a fused load and branch, if there is one.
fn load_branch_form<E: Encoding>(loaded: &Loaded, op: Op, b: Loc) -> Option<u16> {
    if !E::FUSES {
        return None;
    }
    let row = load_branch_of(loaded.op)?;
    let Shape::LoadBranch { ty, compares } = *row.shape() else {
        return None;
    };
    let compare = compares.iter().position(|&compare| compare == op)? as u16;
    let others = &E::sets(ty).others;
    let b = match b {
        Loc::Imm(bits) if fits_small::<E>(bits, ty).is_none() => return None,
        b => others.find(b.place())?,
    };
    let x = E::PLACES.int.sources.find(loaded.base.place())?;
    Some(row.base::<E>() + (compare * E::PLACES.int.sources.len() + x) * others.len() + b)
}

/// Number of the branch form for these places, if there is one.
fn branch_form<E: Encoding>(op: Op, a: Loc, b: Loc) -> Option<u16> {
    let Shape::Compare { operand, .. } = *op.shape() else {
        return None;
    };
    E::sets(operand)
        .branches
        .find(a.place(), branch_place::<E>(b, operand))
}

/// The place of a branch's second operand: constants have 16 bits, or more and are behind the target.
fn branch_place<E: Encoding>(b: Loc, ty: Ty) -> Place {
    match b {
        Loc::Imm(_) if matches!(ty, Ty::F32 | Ty::F64) => Place::Long,
        Loc::Imm(bits) if fits_i32(bits, ty).is_none() => Place::Long,
        Loc::Imm(bits) if fits_small::<E>(bits, ty).is_none() => Place::Wide,
        b => b.place(),
    }
}

impl<E: Encoding> FuncTranslator<'_, E> {
    pub(crate) fn pop_condition(&mut self) -> Condition {
        let last = self.fresh().copied();
        if let Some(last) = last
            && let What::Binary { op, a, b, before } = last.what
        {
            // A branch on a bitwise and is a test.
            let op = if op == Op::I32And { Op::I32Test } else { op };
            if let (Before::Load(loaded), Shape::Compare { swap, .. }) = (before, *op.shape()) {
                let (op, b) = if a == Loc::Acc { (op, b) } else { (swap, a) };
                if load_branch_form::<E>(&loaded, op, b).is_some() {
                    self.take_back();
                    return self.load_condition(op, b, loaded);
                }
            }
            if branch_form::<E>(op, a, b).is_some() {
                self.take_back();
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
                    bank: last.bank,
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
            && load_branch_form::<E>(&loaded, Op::I32Test, mask).is_some()
        {
            self.take_back();
            return self.load_condition(Op::I32Test, mask, loaded);
        }
        if let Some(last) = last
            && let What::Load(loaded) = last.what
            && load_branch_form::<E>(&loaded, Op::I32Ne, Loc::Imm(0)).is_some()
        {
            self.stack.pop();
            return self.load_condition(Op::I32Ne, Loc::Imm(0), loaded);
        }
        let (loc, operand) = self.pop();
        let a = match loc {
            Loc::Imm(_) => Loc::slot(self.in_slot(loc, operand)),
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
    pub(crate) fn load_condition(&mut self, op: Op, b: Loc, loaded: Loaded) -> Condition {
        self.undo(loaded.pc, Bank::Int, loaded.acc);
        self.code.keep_offset();
        Condition {
            op,
            a: Loc::Acc,
            b,
            loaded: Some(loaded),
        }
    }

    /// The load of a local right before a condition on it is fused with the branch: opcode and fields.
    pub(crate) fn load_keep_branch(&mut self, op: Op, a: Loc, b: Loc) -> Option<(u16, Operands)> {
        if !E::FUSES {
            return None;
        }
        let last = self.adjacent()?;
        let What::LoadLocal { loaded, local } = last.what else {
            return None;
        };
        let pc = last.pc;
        let row = load_keep_branch_of(loaded.op)?;
        let Shape::LoadKeepBranch { ty, compares } = *row.shape() else {
            return None;
        };
        // These comparisons are symmetric.
        let compare = compares.iter().position(|&compare| compare == op)? as u16;
        let (_, slot) = self.locals.get(local);
        let pin = self.pin_of(local);
        let is_local = |loc: Loc| match loc {
            Loc::Acc => self.stack.acc_is_local(ty, local),
            Loc::Pin(own) => pin.map(u64::from) == Some(own),
            Loc::Slot(other) => pin.is_none() && other == slot.into(),
            Loc::Imm(_) => false,
        };
        let y = match (is_local(a), is_local(b)) {
            (true, false) => b,
            (false, true) => a,
            _ => return None,
        };
        let others = &E::sets(ty).others;
        let y_form = match y {
            Loc::Imm(bits) if fits_small::<E>(bits, ty).is_none() => return None,
            y => others.find(y.place())?,
        };
        let x = E::PLACES.int.sources.find(loaded.base.place())?;
        let kept = pin.map_or(0, |pin| 1 + pin as u16);
        self.code.truncate(pc);
        self.code.keep_offset();
        let form = ((compare * E::PLACES.kept + kept) * E::PLACES.int.sources.len() + x)
            * others.len()
            + y_form;
        let operands = Operands::default()
            .u16(0, slot)
            .u16(2, y.field16())
            .u16(8, loaded.offset)
            .u16(10, loaded.base.field16());
        Some((row.base::<E>() + form, operands))
    }

    /// The step of a counter right before a condition on it is fused with the branch: opcode and fields.
    pub(crate) fn step_branch(&mut self, op: Op, a: Loc, b: Loc) -> Option<(u16, Operands)> {
        if !E::FUSES {
            return None;
        }
        let last = self.adjacent()?;
        let What::Step(Step { local, by, .. }) = last.what else {
            return None;
        };
        let pc = last.pc;
        let (ty, slot) = self.locals.get(local);
        let counter = self.pin_of(local).map_or(Loc::slot(slot), Loc::of_pin);
        let is_counter =
            |loc: Loc| loc == counter || loc == Loc::Acc && self.stack.acc_is_local(ty, local);
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
        let sets = E::sets(operand);
        let bound_form = sets.bounds.find(branch_place::<E>(bound, operand))?;
        if is_counter(bound) || operand != ty {
            return None;
        }
        let form = sets.counters.find(counter.place())? * sets.bounds.len() + bound_form;
        self.code.truncate(pc);
        let operands = Operands::default()
            .u16(0, counter.field16())
            .u16(2, bound.field16())
            .u16(12, by as u32);
        let operands = match bound {
            Loc::Imm(bits) => operands.u32(8, bits as u32),
            _ => operands,
        };
        Some((
            op.base::<E>() + Shape::steps_from(E::PLACES, operand, not) + form,
            operands,
        ))
    }

    /// Emits a branch that is taken if the condition holds, or if it does not; returns its field.
    pub(crate) fn branch_if(&mut self, condition: Condition, negate: bool) -> u32 {
        let Condition {
            mut op,
            a,
            b,
            loaded,
        } = condition;
        let mut taken_if_false = negate;
        if let (true, Shape::Compare { not: Some(not), .. }) = (negate, op.shape()) {
            (op, taken_if_false) = (*not, false);
            self.note(|_| Note::BranchesIfNot);
        }
        let Shape::Compare { operand, swap, .. } = *op.shape() else {
            unreachable!("conditions are compare ops");
        };
        // (Two slots.)
        let mirrored = op.left_out(E::PLACES).is_some() && branch_form::<E>(swap, b, a).is_some();
        let (op, a, b) = if mirrored { (swap, b, a) } else { (op, a, b) };
        let (opcode, operands, bytes) = if let Some(loaded) = loaded {
            // The inverse of an integer comparison has the same forms.
            let opcode = existing(load_branch_form::<E>(&loaded, op, b));
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
            let mut form = existing(branch_form::<E>(op, a, b));
            if taken_if_false {
                form += E::sets(operand).branches.len();
            }
            let opcode = op.base::<E>() + Shape::branches_from(E::PLACES, operand) + form;
            let operands = Operands::default().u16(0, a.field16());
            match (b, branch_place::<E>(b, operand)) {
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
        self.code.field(pc, 4)
    }
}
