//! The two dispatch backends: the same handlers, entered by a jump or from a loop.
//!
//! Both give `Handler` (what the code cells hold), `Flow` (what a handler returns), `Regs` (the
//! machine's registers as a handler sees them), `define_thread!` (which defines the function that handlers are
//! instances of) and `enter`. `build.rs` chooses.

#[cfg(not(tail_calls))]
mod looped;
#[cfg(tail_calls)]
mod tail;

#[cfg(not(tail_calls))]
pub(crate) use looped::{Flow, Handler, Regs, define_thread, enter, handler};
#[cfg(tail_calls)]
pub(crate) use tail::{
    CxArg, Flow, Handler, Regs, VectorArg, define_thread, enter, handler, thread_with, with_abi,
};

use super::cx::Exit;
use crate::trap::TrapCode;

/// Bytes of the handler address in front of the operand fields.
pub(crate) const HANDLER_BYTES: usize = size_of::<usize>();

/// A handler's body. `run` gets the registers, does its work and continues with `Regs::next` or one of its kin.
pub(crate) trait Handle {
    /// # Safety
    /// `r.ip()` is at an instruction of this handler and form, in code that the translator made; the
    /// frame at `r.sp()` is as large as that code's function needs; `r.cx()` is current.
    unsafe fn run(r: Regs) -> Flow;
}

impl Regs {
    /// The field at byte `at` behind the handler.
    ///
    /// # Safety
    /// The instruction at ip has a field of this type there.
    #[inline(always)]
    pub(crate) unsafe fn read<T: Copy>(&self, at: usize) -> T {
        // SAFETY: the caller's promise; code is readable for as long as its module lives.
        unsafe {
            self.ip()
                .add(HANDLER_BYTES + at)
                .cast::<T>()
                .read_unaligned()
        }
    }

    /// The slot that the u16 field at `at` names.
    ///
    /// # Safety
    /// The instruction at ip has a slot field there.
    #[inline(always)]
    pub(crate) unsafe fn slot(&self, at: usize) -> *mut u64 {
        // SAFETY: slots named by instructions lie in the frame, whose size was checked on entry.
        unsafe { self.sp().add(self.read::<u16>(at) as usize) }
    }

    /// Continues with the instruction behind this one, which has `operand_bytes`.
    ///
    /// # Safety
    /// There is an instruction.
    #[inline(always)]
    pub(crate) unsafe fn next(mut self, operand_bytes: usize) -> Flow {
        // SAFETY: the translator ends every path with an op that does not come here.
        unsafe {
            self.set_ip(self.ip().add(HANDLER_BYTES + operand_bytes));
            self.go()
        }
    }

    /// Continues at the target of the branch field at `at`.
    ///
    /// # Safety
    /// There is a resolved branch field.
    #[inline(always)]
    pub(crate) unsafe fn branch(mut self, at: usize) -> Flow {
        // SAFETY: the caller's promise; targets are instructions of the same function.
        unsafe {
            let field = self.ip().add(HANDLER_BYTES + at);
            self.set_ip(field.offset(field.cast::<i32>().read_unaligned() as isize));
            self.go()
        }
    }

    /// Stops with a trap; ip stays at the instruction.
    #[inline(always)]
    pub(crate) fn trap(self, code: TrapCode) -> Flow {
        self.exit(Exit::Trap(code))
    }
}
