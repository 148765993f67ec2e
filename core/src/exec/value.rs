//! How Rust values sit in slots and accumulators.

use super::dispatch::Regs;
use crate::{bytecode::Typed, trap::TrapCode};

/// A value of one slot, or two. An i32 in a slot leaves the upper half unspecified: readers truncate.
pub(crate) trait Value: Copy + Typed {
    /// Instruction bytes that a constant takes beyond the first 8.
    const WIDE: usize = 0;
    fn from_bits(bits: u64) -> Self;
    fn to_bits(self) -> u64;
    /// # Safety
    /// The value's slots, of which this is the first, are readable.
    #[inline(always)]
    unsafe fn read(slot: *const u64) -> Self {
        // SAFETY: the caller's promise.
        Self::from_bits(unsafe { *slot })
    }
    /// # Safety
    /// The value's slots, of which this is the first, are writable.
    #[inline(always)]
    unsafe fn write(self, slot: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { *slot = self.to_bits() }
    }
    fn acc(r: &Regs) -> Self;
    fn set_acc(self, r: &mut Regs);
    /// A full constant whose narrow form is at `at`.
    ///
    /// # Safety
    /// The instruction at `r`'s ip has such a constant.
    unsafe fn imm(r: &Regs, at: usize) -> Self;
}

/// Writes a value of one slot or half of one. Where registers have 32 bits, the half that is unspecified would cost
/// three instructions.
///
/// # Safety
/// The slot is writable.
#[inline(always)]
unsafe fn write<V: Value>(value: V, slot: *mut u64) {
    // SAFETY: the caller's promise; no value is larger than a slot.
    unsafe {
        if cfg!(all(target_pointer_width = "32", target_endian = "little")) {
            slot.cast::<V>().write(value)
        } else {
            *slot = value.to_bits()
        }
    }
}

macro_rules! int_value {
    ($ty:ty, $unsigned:ty) => {
        impl Value for $ty {
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
            #[inline(always)]
            fn to_bits(self) -> u64 {
                self as $unsigned as u64
            }
            #[inline(always)]
            unsafe fn write(self, slot: *mut u64) {
                // SAFETY: the caller's promise.
                unsafe { write(self, slot) }
            }
            #[inline(always)]
            fn acc(r: &Regs) -> Self {
                r.acc() as Self
            }
            #[inline(always)]
            fn set_acc(self, r: &mut Regs) {
                r.set_acc(self as $unsigned as u64)
            }
            #[inline(always)]
            unsafe fn imm(r: &Regs, at: usize) -> Self {
                // SAFETY: the caller's promise.
                unsafe { r.imm(at) as Self }
            }
        }
    };
}
int_value!(u32, u32);
int_value!(i32, u32);
int_value!(u64, u64);
int_value!(i64, u64);

impl Value for f32 {
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        f32::from_bits(bits as u32)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        f32::to_bits(self) as u64
    }
    #[inline(always)]
    unsafe fn write(self, slot: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { write(self, slot) }
    }
    #[inline(always)]
    fn acc(r: &Regs) -> Self {
        r.fa()
    }
    #[inline(always)]
    fn set_acc(self, r: &mut Regs) {
        r.set_fa(self)
    }
    #[inline(always)]
    unsafe fn imm(r: &Regs, at: usize) -> Self {
        // SAFETY: the caller's promise.
        f32::from_bits(unsafe { r.read::<u32>(at) })
    }
}

impl Value for f64 {
    const WIDE: usize = 8;
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        f64::from_bits(bits)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        f64::to_bits(self)
    }
    #[inline(always)]
    fn acc(r: &Regs) -> Self {
        r.da()
    }
    #[inline(always)]
    fn set_acc(self, r: &mut Regs) {
        r.set_da(self)
    }
    #[inline(always)]
    unsafe fn imm(r: &Regs, _: usize) -> Self {
        // SAFETY: the caller's promise; wide constants are always at offset 8.
        f64::from_bits(unsafe { r.read::<u64>(8) })
    }
}

/// A reference, as its slot has it.
#[cfg(feature = "gc")]
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "the name of the type in rows")]
pub(crate) struct gcref(u64);

#[cfg(feature = "gc")]
impl gcref {
    #[inline(always)]
    pub(crate) fn of(slot: u64) -> gcref {
        gcref(slot)
    }
    /// An i31.
    #[inline(always)]
    pub(crate) fn number(value: u32) -> gcref {
        gcref((value << 1 | 1).into())
    }
    /// The bits of an i31, with a one below them.
    #[inline(always)]
    pub(crate) fn as_number(self) -> Result<u32, TrapCode> {
        self.non_null().map(|number| number.0 as u32)
    }
    #[inline(always)]
    pub(crate) fn non_null(self) -> Result<gcref, TrapCode> {
        if self.0 == 0 {
            Err(TrapCode::NullReference)
        } else {
            Ok(self)
        }
    }
}

#[cfg(feature = "gc")]
impl Typed for gcref {
    const TY: crate::bytecode::Ty = crate::bytecode::Ty::Ref;
}

#[cfg(feature = "gc")]
impl Value for gcref {
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        gcref(bits)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.0
    }
    #[inline(always)]
    fn acc(r: &Regs) -> Self {
        gcref(r.acc())
    }
    #[inline(always)]
    fn set_acc(self, r: &mut Regs) {
        r.set_acc(self.0)
    }
    #[inline(always)]
    unsafe fn imm(r: &Regs, at: usize) -> Self {
        // SAFETY: the caller's promise.
        gcref(unsafe { r.read::<i32>(at) } as u64)
    }
}

/// What the expression of a row may be: a value, or a value unless it traps.
pub(crate) trait Outcome {
    type Value;
    fn outcome(self) -> Result<Self::Value, TrapCode>;
}
macro_rules! outcome {
    ($($ty:ty),*) => { $(impl Outcome for $ty {
        type Value = $ty;
        #[inline(always)]
        fn outcome(self) -> Result<$ty, TrapCode> {
            Ok(self)
        }
    })* };
}
outcome!(u32, i32, u64, i64, f32, f64, bool);
#[cfg(feature = "gc")]
outcome!(gcref);
impl<T> Outcome for Result<T, TrapCode> {
    type Value = T;
    #[inline(always)]
    fn outcome(self) -> Result<T, TrapCode> {
        self
    }
}
