//! Places operands are read from and written to, as type parameters of handlers.

use super::{dispatch::Regs, value::Value};

/// A slot of the frame.
pub(crate) struct Slot;
/// The accumulator of the value's bank.
pub(crate) struct Acc;
/// A constant in the instruction.
pub(crate) struct Imm;

/// The registers that hold a function's hottest locals.
pub(crate) struct Pin0;
pub(crate) struct Pin1;

/// Where an operand is read.
pub(crate) trait Source {
    const IMM: bool = false;
    /// Instruction bytes that it takes beyond the first 8.
    const EXTRA: usize = 0;
    /// # Safety
    /// The instruction at `r`'s ip has an operand of this kind at `at`.
    unsafe fn get<V: Value>(r: &Regs, at: usize) -> V;
    /// The same, where constants have 16 bits (8 in the compact encoding).
    ///
    /// # Safety
    /// As for `get`.
    #[inline(always)]
    unsafe fn get16<V: Value>(r: &Regs, at: usize) -> V {
        // SAFETY: the caller's promise.
        unsafe { Self::get(r, at) }
    }
}
impl Source for Slot {
    #[inline(always)]
    unsafe fn get<V: Value>(r: &Regs, at: usize) -> V {
        // SAFETY: slots named by instructions lie in the frame, whose size was checked on entry.
        unsafe { V::read(r.slot(at)) }
    }
}
impl Source for Acc {
    #[inline(always)]
    unsafe fn get<V: Value>(r: &Regs, _: usize) -> V {
        V::acc(r)
    }
}
impl Source for Pin0 {
    #[inline(always)]
    unsafe fn get<V: Value>(r: &Regs, _: usize) -> V {
        V::from_bits(r.p0())
    }
}
impl Source for Pin1 {
    #[inline(always)]
    unsafe fn get<V: Value>(r: &Regs, _: usize) -> V {
        V::from_bits(r.p1())
    }
}
impl Source for Imm {
    const IMM: bool = true;
    #[inline(always)]
    unsafe fn get<V: Value>(r: &Regs, at: usize) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::imm(r, at) }
    }
    #[inline(always)]
    unsafe fn get16<V: Value>(r: &Regs, at: usize) -> V {
        // SAFETY: the caller's promise.
        V::from_bits(unsafe { r.small(at) } as i64 as u64)
    }
}

/// A 32-bit constant behind the first 8 bytes of the instruction.
#[cfg_attr(not(full_dispatch), allow(dead_code))]
pub(crate) struct Wide;
impl Source for Wide {
    const EXTRA: usize = 8;
    #[inline(always)]
    unsafe fn get<V: Value>(r: &Regs, _: usize) -> V {
        // SAFETY: the caller's promise; wide constants are always at offset 8.
        V::from_bits(unsafe { r.read::<i32>(8) } as i64 as u64)
    }
}

/// A 64-bit constant there.
#[cfg_attr(not(full_dispatch), allow(dead_code))]
pub(crate) struct Long;
impl Source for Long {
    const EXTRA: usize = 8;
    #[inline(always)]
    unsafe fn get<V: Value>(r: &Regs, _: usize) -> V {
        // SAFETY: the caller's promise; long constants are always at offset 8.
        V::from_bits(unsafe { r.read::<u64>(8) })
    }
}

/// Into a pin.
pub(crate) struct ToPin0;
pub(crate) struct ToPin1;
/// Into the accumulator.
pub(crate) struct ToAccum;
/// Into the accumulator and a slot.
pub(crate) struct ToBoth;
/// Into a slot.
pub(crate) struct ToSlot;

/// Where a result is written; the slot, if any, is the field at offset 0.
pub(crate) trait Destination {
    /// # Safety
    /// The instruction at `r`'s ip has a destination slot at offset 0.
    #[inline(always)]
    unsafe fn put<V: Value>(r: &mut Regs, value: V) {
        // SAFETY: the caller's promise.
        unsafe { Self::put_at(r, 0, value) }
    }
    /// The same with the slot field at `at`.
    ///
    /// # Safety
    /// The instruction at `r`'s ip has a destination slot at `at`.
    unsafe fn put_at<V: Value>(r: &mut Regs, at: usize, value: V);
}
impl Destination for ToAccum {
    #[inline(always)]
    unsafe fn put_at<V: Value>(r: &mut Regs, _: usize, value: V) {
        value.set_acc(r)
    }
}
impl Destination for ToBoth {
    #[inline(always)]
    unsafe fn put_at<V: Value>(r: &mut Regs, at: usize, value: V) {
        value.set_acc(r);
        // SAFETY: as for `Source for Slot`.
        unsafe { value.write(r.slot(at)) }
    }
}
impl Destination for ToSlot {
    #[inline(always)]
    unsafe fn put_at<V: Value>(r: &mut Regs, at: usize, value: V) {
        // SAFETY: as for `Source for Slot`.
        unsafe { value.write(r.slot(at)) }
    }
}
impl Destination for ToPin0 {
    #[inline(always)]
    unsafe fn put_at<V: Value>(r: &mut Regs, _: usize, value: V) {
        r.set_p0(value.to_bits())
    }
}
impl Destination for ToPin1 {
    #[inline(always)]
    unsafe fn put_at<V: Value>(r: &mut Regs, _: usize, value: V) {
        r.set_p1(value.to_bits())
    }
}
