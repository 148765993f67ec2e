//! The dispatch backends: the same handlers, entered by a jump (with all registers, or with four) or from a loop.
//!
//! Both give `Handler` (what the code cells hold), `Flow` (what a handler returns), `Regs` (the
//! machine's registers as a handler sees them), `define_thread!` (which defines the function that handlers are
//! instances of) and `enter`. `build.rs` chooses.

#[cfg(not(tail_calls))]
mod looped;
#[cfg(all(tail_calls, not(full_dispatch)))]
mod narrow;
#[cfg(all(tail_calls, full_dispatch))]
mod tail;

#[cfg(not(tail_calls))]
pub(crate) use looped::{Flow, Handler, Regs, define_thread, enter, handler};
#[cfg(all(tail_calls, not(full_dispatch)))]
pub(crate) use narrow::{Flow, Handler, Regs, define_thread, enter, handler};
#[cfg(all(tail_calls, full_dispatch))]
pub(crate) use tail::{
    CxArg, Flow, Handler, Regs, VectorArg, define_thread, enter, handler, thread_with, with_abi,
};

use super::cx::{Cx, Exit};
use crate::{
    bytecode::{Encoding, Native, Op},
    trap::TrapCode,
};

/// Bytes of the opcode in front of the operand fields.
pub(crate) const OPCODE_BYTES: usize = Native::OPCODE_BYTES;

/// What an instruction begins with: its handler, or the number of its opcode.
#[cfg(not(compact))]
pub(crate) type Cell = Handler;
#[cfg(compact)]
pub(crate) type Cell = u16;

/// The cell of an op that is not in anybody's code; `H` is its handler.
#[cfg(not(compact))]
pub(crate) const fn cell<H: Handle>(_: Op) -> Cell {
    handler::<H>()
}
#[cfg(compact)]
pub(crate) const fn cell<H: Handle>(op: Op) -> Cell {
    op.base::<Native>().to_le()
}

/// The handler of the instruction at `ip`.
///
/// # Safety
/// There is an instruction; the context is that of the run.
#[inline(always)]
pub(crate) unsafe fn fetch(ip: *const u8, cx: *const Cx) -> Handler {
    // SAFETY: the first cell of an instruction is its handler, or an opcode of the table.
    unsafe {
        #[cfg(not(compact))]
        {
            let _ = cx;
            ip.cast::<Cell>().read()
        }
        // (The context holds the table's address: constants take more code, in each handler.)
        #[cfg(compact)]
        *(*cx)
            .handlers
            .add(usize::from(u16::from_le(ip.cast::<Cell>().read())))
    }
}

/// A register that the context holds.
#[cfg(any(not(tail_calls), not(full_dispatch)))]
macro_rules! register_in_context {
    ($get:ident, $set:ident, $ty:ty) => {
        #[inline(always)]
        pub(crate) fn $get(&self) -> $ty {
            // SAFETY: the context outlives the run.
            unsafe { (*self.cx).$get }
        }
        #[inline(always)]
        pub(crate) fn $set(&mut self, value: $ty) {
            // SAFETY: as above.
            unsafe { (*self.cx).$get = value }
        }
    };
}
#[cfg(any(not(tail_calls), not(full_dispatch)))]
use register_in_context;

/// A byte offset among an instruction's fields, or their end: in the direct encoding, and in the compact one.
/// The op table says both (see `bytecode::encoding`).
#[inline(always)]
pub(crate) const fn at(direct: usize, compact: usize) -> usize {
    if Native::COMPACT { compact } else { direct }
}

/// A number that the compact encoding has in little-endian order.
pub(crate) trait Number: Copy {
    fn of_code(self) -> Self;
}
macro_rules! numbers {
    ($($ty:ident)*) => {$(
        impl Number for $ty {
            #[inline(always)]
            fn of_code(self) -> Self {
                if Native::COMPACT { $ty::from_le(self) } else { self }
            }
        }
    )*};
}
numbers!(u16 i16 u32 i32 u64 usize);
impl Number for [u8; 16] {
    #[inline(always)]
    fn of_code(self) -> Self {
        self
    }
}
#[cfg(feature = "simd")]
impl Number for super::vector::v128 {
    #[inline(always)]
    fn of_code(self) -> Self {
        self
    }
}

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
    pub(crate) unsafe fn read<T: Number>(&self, at: usize) -> T {
        // SAFETY: the caller's promise; code is readable for as long as its module lives.
        unsafe {
            self.ip()
                .add(OPCODE_BYTES + at)
                .cast::<T>()
                .read_unaligned()
                .of_code()
        }
    }

    /// The index, offset or count at `at`.
    ///
    /// # Safety
    /// The instruction at ip has such a field there.
    #[inline(always)]
    pub(crate) unsafe fn index(&self, at: usize) -> u32 {
        // SAFETY: the caller's promise.
        unsafe {
            if Native::COMPACT {
                self.read::<u16>(at).into()
            } else {
                self.read(at)
            }
        }
    }

    /// The same of a constant, which is sign-extended.
    ///
    /// # Safety
    /// The instruction at ip has such a field there.
    #[inline(always)]
    pub(crate) unsafe fn imm(&self, at: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe {
            if Native::COMPACT {
                self.read::<i16>(at).into()
            } else {
                self.read(at)
            }
        }
    }

    /// The number of the slot that the field at `at` names: a u16, or in the compact encoding the byte at half of that.
    ///
    /// # Safety
    /// The instruction at ip has a slot field there.
    #[inline(always)]
    pub(crate) unsafe fn slot_number(&self, at: usize) -> u16 {
        // SAFETY: the caller's promise.
        unsafe {
            if Native::COMPACT {
                self.ip().add(OPCODE_BYTES + at / 2).read().into()
            } else {
                self.read::<u16>(at)
            }
        }
    }

    /// A constant of 16 bits, or in the compact encoding of 8, that lies among the slots.
    ///
    /// # Safety
    /// The instruction at ip has such a field there.
    #[inline(always)]
    pub(crate) unsafe fn small(&self, at: usize) -> i16 {
        // SAFETY: the caller's promise.
        unsafe {
            if Native::COMPACT {
                (self.ip().add(OPCODE_BYTES + at / 2).read() as i8).into()
            } else {
                self.read::<i16>(at)
            }
        }
    }

    /// The slot that the field at `at` names.
    ///
    /// # Safety
    /// The instruction at ip has a slot field there.
    #[inline(always)]
    pub(crate) unsafe fn slot(&self, at: usize) -> *mut u64 {
        if let Some(slot) = self.known_slot(at) {
            return slot;
        }
        // SAFETY: slots named by instructions lie in the frame, whose size was checked on entry.
        unsafe { self.sp().add(self.slot_number(at) as usize) }
    }

    /// The slot that the field at `at` names, which has 16 bits in every encoding.
    ///
    /// # Safety
    /// The instruction at ip has such a field there.
    #[inline(always)]
    pub(crate) unsafe fn slot16(&self, at: usize) -> *mut u64 {
        // SAFETY: as for `slot`.
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
            self.set_ip(self.ip().add(OPCODE_BYTES + operand_bytes));
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
            let distance = if Native::COMPACT {
                i32::from(self.read::<i16>(at)) * 2
            } else {
                self.read::<i32>(at)
            };
            let field = self.ip().add(OPCODE_BYTES + at);
            self.set_ip(field.offset(distance as isize));
            self.go()
        }
    }

    /// The same of a field that has 32 bits in every encoding.
    ///
    /// # Safety
    /// There is a resolved branch field.
    #[inline(always)]
    pub(crate) unsafe fn branch_far(mut self, at: usize) -> Flow {
        // SAFETY: as for `branch`.
        unsafe {
            let distance = self.read::<i32>(at);
            let field = self.ip().add(OPCODE_BYTES + at);
            self.set_ip(field.offset(distance as isize));
            self.go()
        }
    }

    /// Stops with a trap; ip stays at the instruction.
    #[inline(always)]
    pub(crate) fn trap(self, code: TrapCode) -> Flow {
        self.exit(Exit::Trap(code))
    }
}
