//! Atomic instructions: a store has one agent, so nothing can come between a load and a store.

use core::marker::PhantomData;

use super::{
    memory::{far, far_fault, memory_of},
    rows::{ExchangeOp, LoadOp, ModifyOp, StoreOp},
};
use crate::{
    exec::{
        dispatch::{Flow, Handle, Regs, at},
        operand::{Slot, Source},
        value::Value,
    },
    trap::TrapCode,
};

/// Where memory and offset are behind two slots, and behind more.
const NARROW: [usize; 2] = [at(4, 2), at(8, 4)];
const WIDE: [usize; 2] = [4, at(8, 6)];

/// What an access of `1 << log_size` bytes to any memory finds; fields as `far` has them.
enum Place {
    Bytes(*mut u8),
    Unaligned,
    Outside((u64, u64)),
}

#[inline(always)]
unsafe fn place(r: &Regs, at: [usize; 2], log_size: usize) -> Place {
    // SAFETY: the instruction has these fields.
    unsafe {
        let address = (*r.slot(2)).wrapping_add(r.read::<u64>(at[1]));
        if address & ((1 << log_size) - 1) != 0 {
            return Place::Unaligned;
        }
        match far(r, at, log_size) {
            Ok(at) => Place::Bytes(at),
            Err(fault) => Place::Outside(fault),
        }
    }
}

/// Does `$body` with the bytes, then goes on behind so many bytes of operands. Memory and offset are at `$at`.
macro_rules! access {
    ($r:ident, $log_size:expr, $at:expr, $bytes:expr, |$found:ident| $body:expr) => {
        // SAFETY: the instruction has the fields of its row; `place` has checked the access.
        unsafe {
            match place(&$r, $at, $log_size) {
                Place::Bytes($found) => {
                    $body;
                    $r.next($bytes)
                }
                Place::Unaligned => $r.trap(TrapCode::UnalignedAtomic),
                Place::Outside(fault) => far_fault($r, fault),
            }
        }
    };
}

/// Slot 0 = memory.
pub(crate) struct Load<O>(PhantomData<O>);
impl<O: LoadOp> Handle for Load<O> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        access!(r, O::LOG_SIZE, NARROW, at(16, 12), |bytes| *r.slot(0) =
            O::load(bytes).to_bits())
    }
}

/// Memory = slot 0.
pub(crate) struct Store<O>(PhantomData<O>);
impl<O: StoreOp> Handle for Store<O> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        access!(r, O::LOG_SIZE, NARROW, at(16, 12), |bytes| O::store(
            bytes,
            Slot::get(&r, 0)
        ))
    }
}

/// Slot 0 = memory, which becomes `O(memory, slot 6)`.
pub(crate) struct Modify<O>(PhantomData<O>);
impl<O: ModifyOp> Handle for Modify<O> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        access!(r, O::LOG_SIZE, WIDE, at(16, 14), |bytes| *r.slot(0) =
            O::modify(bytes, *r.slot(at(6, 4))))
    }
}

/// Slot 0 = memory, which becomes slot 16 if it equals slot 6.
pub(crate) struct Exchange<O>(PhantomData<O>);
impl<O: ExchangeOp> Handle for Exchange<O> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        access!(r, O::LOG_SIZE, WIDE, at(24, 14), |bytes| *r.slot(0) =
            O::exchange(bytes, *r.slot(at(6, 4)), *r.slot(at(16, 6))))
    }
}

/// Waits while memory equals slot 6, at most slot 16 nanoseconds, if that is not negative. As nobody can notify,
/// the time is over at once.
pub(crate) struct Wait<V>(PhantomData<V>);
impl<V: Value + PartialEq> Handle for Wait<V> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields; `place` has checked the access; memory indices were validated.
        unsafe {
            let bytes = match place(&r, WIDE, size_of::<V>().trailing_zeros() as usize) {
                Place::Bytes(bytes) => bytes,
                Place::Unaligned => return r.trap(TrapCode::UnalignedAtomic),
                Place::Outside(fault) => return far_fault(r, fault),
            };
            if !(*memory_of(r.cx(), r.read::<u16>(4) as u32)).ty.shared {
                return r.trap(TrapCode::ExpectedSharedMemory);
            }
            // (Targets are little-endian, or swap on both sides.)
            let equal = bytes.cast::<V>().read_unaligned() == Slot::get::<V>(&r, at(6, 4));
            if equal && (*r.slot(at(16, 6)) as i64) < 0 {
                return r.trap(TrapCode::Deadlock);
            }
            *r.slot(0) = if equal { 2 } else { 1 };
            r.next(at(24, 14))
        }
    }
}

/// Slot 0 = how many were waiting: none.
pub(crate) struct Notify;
impl Handle for Notify {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        access!(r, 2, NARROW, at(16, 12), |_at| *r.slot(0) = 0)
    }
}
