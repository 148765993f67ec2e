//! The op of stepping.

use crate::exec::{
    cx::Exit,
    dispatch::{Flow, Handle, Regs, at},
};

/// Counts a step, unless it is one to stop at or to look at.
pub(crate) struct Step;
impl Handle for Step {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the context outlives the run; another instruction follows.
        unsafe {
            let cx = r.cx();
            let steps = (*cx).steps;
            if steps >= (*cx).look_at {
                return r.defer::<Look>();
            }
            (*cx).steps = steps + 1;
            r.next(at(8, 4))
        }
    }
}

/// Stops at a step, or counts it and goes on, as [`Stops`] says. ip stays at the op.
struct Look;
impl Handle for Look {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the context outlives the run, and the stops are those of its store; the instruction has a field.
        unsafe {
            let cx = r.cx();
            let word = r.read::<u32>(at(4, 0));
            let stops = (*cx).stops;
            let steps = (*cx).steps;
            if (*stops).looks_at(steps, word) {
                // (The place is made there: in this frame it would keep the handler from ending in a jump.)
                if (*stops).stops_at(cx, r.ip(), r.sp(), word) {
                    return r.exit(Exit::Step);
                }
            }
            (*cx).steps = steps + 1;
            r.next(at(8, 4))
        }
    }
}
