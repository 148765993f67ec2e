//! What must be known of a frame that is not running, as translation finds it.
//!
//! Nothing of this is kept while code runs: when a collection or an exception meets a function, it is translated
//! again, with this recorded, and the result is kept for the next time.

use alloc::vec::Vec;

use super::{code::Pc, func::FuncTranslator, stack::Loc};
use crate::bytecode::{Clause, Encoding, FrameMap, Point, Try, Ty};

/// End of a list of clauses that wait for their target.
pub(crate) const NO_CLAUSE: u32 = u32::MAX;

fn offset<E: Encoding>(pc: Pc) -> u32 {
    pc.bytes() - E::ENTRY_BYTES as u32
}

/// What is recorded of tries while a function is translated.
#[derive(Default)]
pub(crate) struct Tries {
    tries: Vec<Try>,
    clauses: Vec<Clause>,
    points: Vec<Point>,
}

impl Tries {
    pub(crate) fn clear(&mut self) {
        self.tries.clear();
        self.clauses.clear();
        self.points.clear();
    }
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// Begins to catch here; what follows is not fused with what came before.
    pub(super) fn begin_try(&mut self) -> u32 {
        self.last = None;
        self.producer = None;
        let here = offset::<E>(self.code.pc());
        let clauses = self.tries.clauses.len() as u32;
        self.tries.tries.push(Try {
            start: here,
            end: u32::MAX,
            depth: self.blocks.len() as u32,
            clauses: (clauses, clauses),
            delegate: None,
        });
        self.tries.tries.len() as u32 - 1
    }

    /// Adds a clause to a try, whose clauses are the last ones. Targets that are not known yet are found with the
    /// number that this returns.
    pub(super) fn add_clause(
        &mut self,
        number: u32,
        tag: Option<u32>,
        base: u32,
        exception: Option<u32>,
        target: Option<Pc>,
    ) -> u32 {
        let clause = self.tries.clauses.len() as u32;
        self.tries.clauses.push(Clause {
            tag,
            base: base as u16,
            exception: exception.map(|slot| slot as u16),
            target: target.map_or(0, offset::<E>),
            next: NO_CLAUSE,
        });
        self.tries.tries[number as usize].clauses.1 = clause + 1;
        clause
    }

    /// Puts a clause in front of those that wait for the end of a block.
    #[cfg(feature = "exceptions")]
    pub(super) fn wait_for_target(&mut self, clause: u32, block: usize) {
        let next = self.blocks[block].wait(clause);
        self.tries.clauses[clause as usize].next = next;
    }

    /// Tells a list of waiting clauses their target.
    pub(super) fn resolve_clauses(&mut self, mut list: u32, target: Pc) {
        while list != NO_CLAUSE {
            let clause = &mut self.tries.clauses[list as usize];
            clause.target = offset::<E>(target);
            list = clause.next;
        }
    }

    /// A further record of a try that has ended, for a clause that comes when others have come between.
    pub(super) fn again(&mut self, number: u32) -> u32 {
        let clauses = self.tries.clauses.len() as u32;
        let one = Try {
            clauses: (clauses, clauses),
            ..self.tries.tries[number as usize]
        };
        self.tries.tries.push(one);
        self.tries.tries.len() as u32 - 1
    }

    /// Ends the code from which a try catches, unless it has ended.
    pub(super) fn end_try(&mut self, number: u32) {
        self.last = None;
        self.producer = None;
        let here = offset::<E>(self.code.pc());
        let one = &mut self.tries.tries[number as usize];
        one.end = one.end.min(here);
    }

    /// Hands a try's exceptions to the block of this number.
    pub(super) fn delegate_try(&mut self, number: u32, block: u32) {
        self.tries.tries[number as usize].delegate = Some(block);
    }

    /// Notes where references are while the instruction that is emitted next is stopped.
    pub(super) fn stop_here(&mut self) {
        if !self.code.recording() {
            return;
        }
        let mut acc = false;
        let mut slots = Vec::new();
        for position in 0..self.stack.len() {
            let operand = self.stack.get(position);
            if operand.ty != Ty::Ref {
                continue;
            }
            match operand.at {
                Loc::Acc if E::PLACES.accumulators => acc = true,
                Loc::Acc => slots.push(operand.home as u16),
                _ if operand.is_home() => slots.push(operand.home as u16),
                // Constants are null, and locals known.
                _ => {}
            }
        }
        let code = offset::<E>(self.code.pc());
        // Of what was taken back, only the last note counts.
        while let Some(point) = self.tries.points.last()
            && point.code >= code
        {
            self.tries.points.pop();
        }
        self.tries.points.push(Point {
            code,
            acc,
            slots: slots.into(),
        });
    }

    /// The map of the finished function.
    pub(super) fn into_frame_map(self) -> FrameMap {
        FrameMap {
            saved_pins: self.saved_pins.map(|slot| slot as u16),
            locals: self
                .locals
                .slots_of(Ty::Ref)
                .map(|slot| slot as u16)
                .collect(),
            points: self.tries.points,
            tries: self.tries.tries,
            clauses: self.tries.clauses,
        }
    }
}
