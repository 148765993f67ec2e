//! The portable loop: a handler gets ip and the context, which holds the other registers, and returns the next ip.
//!
//! In the compact encoding the loop also finds the slots that the first two operand bytes name, which most handlers
//! want: so that is there once, and not in each of them.

use super::super::cx::{Cx, Exit};
use super::{Handle, register_in_context};
use crate::bytecode::{Encoding, Native};

/// The next instruction, or null to leave the loop.
pub(crate) type Flow = *const u8;

pub(crate) type Handler = unsafe fn(*const u8, *mut Cx, *mut u64, *mut u64) -> *const u8;

/// Defines `thread`, whose instances are handlers.
macro_rules! define_thread {
    () => {
        #[inline(never)]
        unsafe fn thread<H: $crate::exec::dispatch::Handle>(
            ip: *const u8,
            cx: *mut $crate::exec::cx::Cx,
            first: *mut u64,
            second: *mut u64,
        ) -> *const u8 {
            // SAFETY: a code cell with this handler was reached, so the registers are as `H` expects.
            unsafe { H::run($crate::exec::dispatch::Regs::of(ip, cx, first, second)) }
        }
    };
}
pub(crate) use define_thread;
define_thread!();

/// ip, and the other registers in the context.
pub(crate) struct Regs {
    ip: *const u8,
    cx: *mut Cx,
    /// The slots of the fields at 0 and 2, if there are such.
    first: *mut u64,
    second: *mut u64,
}

impl Regs {
    /// From the arguments of a handler.
    #[inline(always)]
    pub(crate) fn of(ip: *const u8, cx: *mut Cx, first: *mut u64, second: *mut u64) -> Regs {
        Regs {
            ip,
            cx,
            first,
            second,
        }
    }

    /// The slot of the field at `at`, if it is known.
    #[inline(always)]
    pub(crate) fn known_slot(&self, at: usize) -> Option<*mut u64> {
        match at {
            0 if Native::COMPACT => Some(self.first),
            2 if Native::COMPACT => Some(self.second),
            _ => None,
        }
    }

    register_in_context!(sp, set_sp, *mut u64);
    register_in_context!(mem, set_mem, *mut u8);
    register_in_context!(acc, set_acc, u64);
    register_in_context!(p0, set_p0, u64);
    register_in_context!(p1, set_p1, u64);
    register_in_context!(fa, set_fa, f32);
    register_in_context!(da, set_da, f64);
    #[cfg(feature = "simd")]
    register_in_context!(va, set_va, crate::exec::vector::v128);

    #[inline(always)]
    pub(crate) fn ip(&self) -> *const u8 {
        self.ip
    }

    #[inline(always)]
    pub(crate) fn set_ip(&mut self, value: *const u8) {
        self.ip = value
    }

    #[inline(always)]
    pub(crate) fn cx(&self) -> *mut Cx {
        self.cx
    }

    /// Continues with the instruction at ip.
    ///
    /// # Safety
    /// ip is at an instruction whose expectations the registers meet.
    #[inline(always)]
    pub(crate) unsafe fn go(self) -> Flow {
        self.ip
    }

    /// Continues with another handler for the same instruction: keeps rare work out of hot handlers.
    ///
    /// # Safety
    /// As for `H::run`.
    #[inline(always)]
    pub(crate) unsafe fn defer<H: Handle>(self) -> Flow {
        // SAFETY: the caller's promise.
        unsafe { thread::<H>(self.ip, self.cx, self.first, self.second) }
    }

    /// Leaves the run, of which the context says why.
    #[cfg(shared_checks)]
    #[inline(always)]
    pub(crate) fn left(self) -> Flow {
        core::ptr::null()
    }

    /// Leaves the run; the registers are saved.
    #[inline(always)]
    pub(crate) fn exit(self, exit: Exit) -> Flow {
        // SAFETY: the context outlives the run.
        unsafe {
            (*self.cx).ip = self.ip;
            (*self.cx).exit = exit;
        }
        core::ptr::null()
    }
}

/// The code cell of a handler body.
pub(crate) const fn handler<H: Handle>() -> Handler {
    thread::<H>
}

/// Runs from the registers saved in `cx` until an exit.
///
/// # Safety
/// `cx.ip` is at an instruction whose expectations `cx` and its frame meet.
pub(crate) unsafe fn enter(cx: *mut Cx) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut ip = (*cx).ip;
        while !ip.is_null() {
            #[cfg(feature = "stats")]
            crate::stats::count(ip);
            let handler = super::fetch(ip, cx);
            let (mut first, mut second) = (core::ptr::null_mut(), core::ptr::null_mut());
            if Native::COMPACT {
                // (There are as many bytes behind every instruction, if it has no operands.)
                let operands = u16::from_le(ip.add(super::OPCODE_BYTES).cast::<u16>().read());
                let sp = (*cx).sp;
                first = sp.wrapping_add(usize::from(operands & 0xff));
                second = sp.wrapping_add(usize::from(operands >> 8));
            }
            ip = handler(ip, cx, first, second);
        }
    }
}
