//! Tail-call threading with four registers, for builds with the small set of handlers, whose operands are all in slots.
//!
//! Four arguments are in registers in every ABI, so nothing is on the native stack. What handlers of this set
//! seldom need, accumulators and pins, is in the context. As in `tail`, handlers must not keep anything that needs
//! dropping, nor hand out references to locals.

use super::super::cx::{Cx, Exit};
use super::{Handle, register_in_context};

pub(crate) type Flow = ();

pub(crate) type Handler = unsafe extern "C" fn(*const u8, *mut u64, *mut u8, *mut Cx);

/// Defines `thread`, whose instances are handlers.
macro_rules! define_thread {
    () => {
        // Never inlined: `defer` must call it.
        #[inline(never)]
        unsafe extern "C" fn thread<H: $crate::exec::dispatch::Handle>(
            ip: *const u8,
            sp: *mut u64,
            mem: *mut u8,
            cx: *mut $crate::exec::cx::Cx,
        ) {
            // SAFETY: a code cell with this handler was reached, so the registers are as `H` expects.
            unsafe { H::run($crate::exec::dispatch::Regs::of(ip, sp, mem, cx)) }
        }
    };
}
pub(crate) use define_thread;
define_thread!();

/// The machine's registers, in the CPU's, and the others in the context.
pub(crate) struct Regs {
    ip: *const u8,
    sp: *mut u64,
    mem: *mut u8,
    cx: *mut Cx,
}

macro_rules! register {
    ($get:ident, $set:ident, $ty:ty) => {
        #[inline(always)]
        pub(crate) fn $get(&self) -> $ty {
            self.$get
        }
        #[inline(always)]
        pub(crate) fn $set(&mut self, value: $ty) {
            self.$get = value
        }
    };
}

impl Regs {
    /// From the arguments of a handler.
    #[inline(always)]
    pub(crate) fn of(ip: *const u8, sp: *mut u64, mem: *mut u8, cx: *mut Cx) -> Regs {
        Regs { ip, sp, mem, cx }
    }

    register!(ip, set_ip, *const u8);
    register!(sp, set_sp, *mut u64);
    register!(mem, set_mem, *mut u8);
    register_in_context!(acc, set_acc, u64);
    register_in_context!(p0, set_p0, u64);
    register_in_context!(p1, set_p1, u64);
    register_in_context!(fa, set_fa, f32);
    register_in_context!(da, set_da, f64);
    #[cfg(feature = "simd")]
    register_in_context!(va, set_va, crate::exec::vector::v128);

    #[inline(always)]
    pub(crate) fn cx(&self) -> *mut Cx {
        self.cx
    }

    /// The slot of the field at `at`, if it is known: it is not here.
    #[inline(always)]
    pub(crate) fn known_slot(&self, _: usize) -> Option<*mut u64> {
        None
    }

    /// Continues with the instruction at ip.
    ///
    /// # Safety
    /// ip is at an instruction whose expectations the registers meet.
    #[inline(always)]
    pub(crate) unsafe fn go(self) -> Flow {
        // SAFETY: the caller's promise; the context outlives the run.
        unsafe { super::fetch(self.ip, self.cx)(self.ip, self.sp, self.mem, self.cx) }
    }

    /// Continues with another handler for the same instruction: keeps rare work out of hot handlers.
    ///
    /// # Safety
    /// As for `H::run`.
    #[inline(always)]
    pub(crate) unsafe fn defer<H: Handle>(self) -> Flow {
        // SAFETY: the caller's promise.
        unsafe { thread::<H>(self.ip, self.sp, self.mem, self.cx) }
    }

    /// Leaves the run; the registers are saved.
    #[inline(always)]
    pub(crate) fn exit(self, exit: Exit) -> Flow {
        // SAFETY: the context outlives the run.
        unsafe {
            (*self.cx).ip = self.ip;
            (*self.cx).sp = self.sp;
            (*self.cx).exit = exit;
        }
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
    unsafe { Regs::of((*cx).ip, (*cx).sp, (*cx).mem, cx).go() }
}
