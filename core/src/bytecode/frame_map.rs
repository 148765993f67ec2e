//! What must be known of a frame that is not running: where its references are, and what it catches.

use alloc::{boxed::Box, vec::Vec};

/// A function's frames, wherever they stop. Code is told by byte offsets behind the function's entry. (References
/// are never pinned.)
#[derive(Default)]
pub(crate) struct FrameMap {
    /// Where the caller's pins are kept.
    pub(crate) saved_pins: Option<u16>,
    /// Slots of locals that are references.
    pub(crate) locals: Box<[u16]>,
    /// Ascending.
    pub(crate) points: Vec<Point>,
    pub(crate) tries: Vec<Try>,
    pub(crate) clauses: Vec<Clause>,
}

/// An instruction at which a frame may stop.
pub(crate) struct Point {
    pub(crate) code: u32,
    /// Whether the accumulator is a reference.
    pub(crate) acc: bool,
    /// Slots of operands that are references.
    pub(crate) slots: Box<[u16]>,
}

/// Code from which exceptions are caught.
#[derive(Clone, Copy)]
pub(crate) struct Try {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Blocks around it.
    pub(crate) depth: u32,
    /// The first of its clauses, and one past the last.
    pub(crate) clauses: (u32, u32),
    /// The number of the block that its exceptions are handed to instead, if they are.
    pub(crate) delegate: Option<u32>,
}

/// Where an exception goes on.
#[derive(Clone, Copy)]
pub(crate) struct Clause {
    /// The module's number of the tag; `None` catches all.
    pub(crate) tag: Option<u32>,
    /// First slot for the exception's values, if it is caught by its tag.
    pub(crate) base: u16,
    /// Slot for the exception itself.
    pub(crate) exception: Option<u16>,
    pub(crate) target: u32,
    /// The next clause that waits for the same target.
    pub(crate) next: u32,
}

impl FrameMap {
    /// What is known of the instruction that contains this byte.
    pub(crate) fn point(&self, code: u32) -> Option<&Point> {
        let i = self.points.partition_point(|point| point.code <= code);
        self.points.get(i.checked_sub(1)?)
    }

    /// The clause that catches an exception thrown by the instruction that contains this byte.
    pub(crate) fn catch(&self, code: u32, is_tag: impl Fn(u32) -> bool) -> Option<&Clause> {
        // From the innermost out.
        let mut below = u32::MAX;
        loop {
            let around = |one: &&Try| one.start <= code && code < one.end;
            let depths = self.tries.iter().filter(around).map(|one| one.depth);
            let depth = depths.filter(|depth| *depth < below).max()?;
            below = depth;
            // A legacy try has a record for each clause, in their order.
            let records = self.tries.iter().filter(around);
            for one in records.filter(|one| one.depth == depth) {
                if let Some(block) = one.delegate {
                    below = block + 1;
                }
                let clauses = one.clauses.0 as usize..one.clauses.1 as usize;
                let mut clauses = self.clauses[clauses].iter();
                if let Some(clause) = clauses.find(|clause| clause.tag.is_none_or(&is_tag)) {
                    return Some(clause);
                }
            }
        }
    }
}
