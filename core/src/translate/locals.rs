//! Types and slots of a function's locals.
//!
//! A declaration names any number of locals in a few bytes, so what is kept grows with the
//! declarations, not with the locals: runs, found by bisection. Where RAM is not scarce, a short direct table is
//! before them.

use alloc::vec::Vec;

use super::grow::push;
use crate::bytecode::Ty;

/// Locals `first..` up to the next run, all of one type.
struct Run {
    first: u32,
    ty: Ty,
    slot: u32,
}

#[derive(Default)]
pub(crate) struct Locals {
    runs: Vec<Run>,
    /// The first locals.
    direct: Vec<(Ty, u32)>,
    count: u32,
}

impl Locals {
    /// How many locals the direct table holds at most.
    const DIRECT: u32 = if cfg!(hash_maps) { 64 } else { 0 };

    pub(crate) fn clear(&mut self) {
        self.runs.clear();
        self.direct.clear();
        self.count = 0;
    }

    /// Declares `count` locals from slot `slot` on; returns the slot behind them.
    /// Validation limits the number of locals of a function to 50,000.
    pub(crate) fn declare(&mut self, count: u32, ty: Ty, slot: u32) -> u32 {
        if count == 0 {
            return slot;
        }
        // (What follows the last run continues it.)
        let continues = self.runs.last().is_some_and(|run| {
            run.ty == ty && run.slot + (self.count - run.first) * ty.slots() == slot
        });
        if !continues {
            let run = Run {
                first: self.count,
                ty,
                slot,
            };
            push(&mut self.runs, run);
        }
        for i in 0..count.min(Self::DIRECT.saturating_sub(self.count)) {
            self.direct.push((ty, slot + i * ty.slots()));
        }
        self.count += count;
        slot + count * ty.slots()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Type and first slot of a local.
    pub(crate) fn get(&self, index: u32) -> (Ty, u32) {
        if let Some(&found) = self.direct.get(index as usize) {
            return found;
        }
        let run = &self.runs[self.runs.partition_point(|run| run.first <= index) - 1];
        (run.ty, run.slot + (index - run.first) * run.ty.slots())
    }

    /// The slots of all locals of a type.
    pub(crate) fn slots_of(&self, ty: Ty) -> impl Iterator<Item = u32> + '_ {
        self.runs.iter().enumerate().flat_map(move |(i, run)| {
            let end = self.runs.get(i + 1).map_or(self.count, |next| next.first);
            let count = if run.ty == ty { end - run.first } else { 0 };
            (0..count).map(move |local| run.slot + local * run.ty.slots())
        })
    }

    /// The local that a slot belongs to.
    pub(crate) fn at_slot(&self, slot: u32) -> Option<u32> {
        let i = self
            .runs
            .partition_point(|run| run.slot <= slot)
            .checked_sub(1)?;
        let run = &self.runs[i];
        let index = run.first + (slot - run.slot) / run.ty.slots();
        let end = self.runs.get(i + 1).map_or(self.count, |next| next.first);
        (index < end).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_the_declarations() {
        let mut locals = Locals::default();
        let next = locals.declare(60, Ty::I32, 0);
        let next = locals.declare(10, Ty::V128, next + 2);
        let end = locals.declare(49_930, Ty::F64, next);
        assert_eq!(end, 60 + 2 + 20 + 49_930);
        assert_eq!(locals.get(59), (Ty::I32, 59));
        assert_eq!(locals.get(60), (Ty::V128, 62));
        assert_eq!(locals.get(69), (Ty::V128, 80));
        assert_eq!(locals.get(70), (Ty::F64, 82));
        assert_eq!(locals.get(49_999), (Ty::F64, 82 + 49_929));
        assert_eq!(locals.at_slot(81), Some(69));
        assert_eq!(locals.at_slot(60), None);
        assert_eq!(locals.at_slot(end), None);
    }
}
