//! Tail-call threading: every handler ends in a sibling call of the next, with the registers as arguments.
//!
//! The signature must fit the argument registers of the ABI, so that nothing is on the native stack.
//! Handlers must not keep anything that needs dropping, nor hand out references to locals: either
//! would put work behind the call.

use super::super::cx::{Cx, Exit};
use super::Handle;

pub(crate) type Flow = ();

// Six integer registers for arguments: the context's address travels in a float register, and is moved
// when it is needed. (Windows' own convention passes four arguments in registers.)
#[cfg(target_arch = "x86_64")]
mod abi {
    use super::Cx;

    pub(crate) type CxArg = f64;

    #[inline(always)]
    pub(crate) fn pack(cx: *mut Cx) -> CxArg {
        f64::from_bits(cx as u64)
    }

    #[inline(always)]
    pub(crate) fn unpack(cx: CxArg) -> *mut Cx {
        cx.to_bits() as *mut Cx
    }

    macro_rules! with_abi {
        ($($macro:tt)*) => {
            $($macro)*!("sysv64");
        };
    }
    pub(crate) use with_abi;
}
#[cfg(not(target_arch = "x86_64"))]
mod abi {
    use super::Cx;

    pub(crate) type CxArg = *mut Cx;

    #[inline(always)]
    pub(crate) fn pack(cx: *mut Cx) -> CxArg {
        cx
    }

    #[inline(always)]
    pub(crate) fn unpack(cx: CxArg) -> *mut Cx {
        cx
    }

    macro_rules! with_abi {
        ($($macro:tt)*) => {
            $($macro)*!("C");
        };
    }
    pub(crate) use with_abi;
}
pub(crate) use abi::{CxArg, with_abi};

/// The register for vectors; without them it takes no room.
#[cfg(feature = "simd")]
pub(crate) type VectorArg = crate::exec::vector::v128;
#[cfg(not(feature = "simd"))]
pub(crate) type VectorArg = ();

macro_rules! define_handler {
    ($abi:literal) => {
        #[allow(improper_ctypes_definitions)]
        pub(crate) type Handler =
            unsafe extern $abi fn(*const u8, *mut u64, *mut u8, u64, u64, u64, f32, f64, CxArg, VectorArg);
    };
}
with_abi!(define_handler);

/// Defines `thread`, whose instances are handlers. It says which argument register holds what.
macro_rules! thread_with {
    ($abi:literal) => {
        // Never inlined: `defer` must call it, with the registers in registers. (Vectors are passed in registers;
        // nobody but us calls it.)
        #[inline(never)]
        #[allow(improper_ctypes_definitions)]
        unsafe extern $abi fn thread<H: $crate::exec::dispatch::Handle>(
            ip: *const u8,
            sp: *mut u64,
            mem: *mut u8,
            p1: u64,
            acc: u64,
            p0: u64,
            fa: f32,
            da: f64,
            cx: $crate::exec::dispatch::CxArg,
            va: $crate::exec::dispatch::VectorArg,
        ) {
            let regs = $crate::exec::dispatch::Regs::of(ip, sp, mem, p1, acc, p0, fa, da, cx, va);
            // SAFETY: a code cell with this handler was reached, so the registers are as `H` expects.
            unsafe { H::run(regs) }
        }
    };
}
pub(crate) use thread_with;
with_abi!(thread_with);

/// Defines another `thread`.
macro_rules! define_thread {
    () => {
        $crate::exec::dispatch::with_abi!($crate::exec::dispatch::thread_with);
    };
}
pub(crate) use define_thread;

/// Jumps to a handler.
macro_rules! jump {
    ($regs:expr, $handler:expr) => {{
        let Regs {
            ip,
            sp,
            mem,
            cx,
            acc,
            p0,
            p1,
            fa,
            da,
            va,
        } = $regs;
        $handler(ip, sp, mem, p1, acc, p0, fa, da, abi::pack(cx), va)
    }};
}

/// The machine's registers, in the CPU's.
pub(crate) struct Regs {
    ip: *const u8,
    sp: *mut u64,
    mem: *mut u8,
    cx: *mut Cx,
    acc: u64,
    p0: u64,
    p1: u64,
    fa: f32,
    da: f64,
    va: VectorArg,
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
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn of(
        ip: *const u8,
        sp: *mut u64,
        mem: *mut u8,
        p1: u64,
        acc: u64,
        p0: u64,
        fa: f32,
        da: f64,
        cx: CxArg,
        va: VectorArg,
    ) -> Regs {
        let cx = abi::unpack(cx);
        Regs {
            ip,
            sp,
            mem,
            cx,
            acc,
            p0,
            p1,
            fa,
            da,
            va,
        }
    }

    register!(ip, set_ip, *const u8);
    register!(sp, set_sp, *mut u64);
    register!(mem, set_mem, *mut u8);
    register!(acc, set_acc, u64);
    register!(p0, set_p0, u64);
    register!(p1, set_p1, u64);
    register!(fa, set_fa, f32);
    register!(da, set_da, f64);
    #[cfg(feature = "simd")]
    register!(va, set_va, VectorArg);

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
        // SAFETY: the caller's promise.
        unsafe {
            let handler = super::fetch(self.ip, self.cx);
            jump!(self, handler)
        }
    }

    /// Continues with another handler for the same instruction: keeps rare work out of hot handlers.
    ///
    /// # Safety
    /// As for `H::run`.
    #[inline(always)]
    pub(crate) unsafe fn defer<H: Handle>(self) -> Flow {
        // SAFETY: the caller's promise.
        unsafe { jump!(self, thread::<H>) }
    }

    /// Leaves the run; the registers are saved.
    #[inline(always)]
    pub(crate) fn exit(self, exit: Exit) -> Flow {
        // SAFETY: the context outlives the run.
        unsafe {
            let cx = self.cx;
            (*cx).ip = self.ip;
            (*cx).sp = self.sp;
            (*cx).acc = self.acc;
            (*cx).p0 = self.p0;
            (*cx).p1 = self.p1;
            (*cx).fa = self.fa;
            (*cx).da = self.da;
            #[cfg(feature = "simd")]
            {
                (*cx).va = self.va;
            }
            (*cx).exit = exit;
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
    unsafe {
        let c = &*cx;
        let regs = Regs {
            ip: c.ip,
            sp: c.sp,
            mem: c.mem,
            cx,
            acc: c.acc,
            p0: c.p0,
            p1: c.p1,
            fa: c.fa,
            da: c.da,
            #[cfg(feature = "simd")]
            va: c.va,
            #[cfg(not(feature = "simd"))]
            va: (),
        };
        regs.go()
    }
}
