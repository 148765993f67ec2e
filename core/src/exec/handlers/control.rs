//! Copies, branches, select, and the ops that stop the machine.

use core::{marker::PhantomData, sync::atomic::Ordering};

use super::memory::memory_of;
use crate::{
    engine::FUEL_LOG2_BYTES,
    exec::{
        cx::Exit,
        dispatch::{Flow, Handle, OPCODE_BYTES, Regs, at},
        operand::{Destination, Slot, Source},
        value::Value,
    },
    trap::TrapCode,
};

/// d = x (at 2, or a constant at 4).
pub(crate) struct Copy<D, X, V>(PhantomData<(D, X, V)>);
impl<D: Destination, X: Source, V: Value> Handle for Copy<D, X, V> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            let value = X::get::<V>(&r, if X::IMM { 4 } else { 2 });
            D::put(&mut r, value);
            r.next(at(8, 2))
        }
    }
}

/// d = the i32 at 4.
#[cfg(not(full_dispatch))]
pub(crate) struct CopyImm<D>(PhantomData<D>);
#[cfg(not(full_dispatch))]
impl<D: Destination> Handle for CopyImm<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let value = i64::from(r.read::<i32>(at(4, 2))) as u64;
            D::put(&mut r, value);
            r.next(at(8, 6))
        }
    }
}

/// d = the i16 (i8 in the compact encoding) at 2.
#[cfg(not(full_dispatch))]
pub(crate) struct CopySmall<D>(PhantomData<D>);
#[cfg(not(full_dispatch))]
impl<D: Destination> Handle for CopySmall<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let value = i64::from(r.small(2)) as u64;
            D::put(&mut r, value);
            r.next(at(8, 2))
        }
    }
}

/// d = the i32 at 4, or in the compact encoding the i24 behind the destination.
#[cfg(not(full_dispatch))]
pub(crate) struct CopyMiddle<D>(PhantomData<D>);
#[cfg(not(full_dispatch))]
impl<D: Destination> Handle for CopyMiddle<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            // (Its first byte is the destination.)
            let value = r.read::<i32>(at(4, 0)) >> at(0, 8);
            D::put(&mut r, i64::from(value) as u64);
            r.next(at(8, 4))
        }
    }
}

/// Copies the slot at 2 to that at 0, both of 16 bits.
#[cfg(not(full_dispatch))]
pub(crate) struct CopyFar;
#[cfg(not(full_dispatch))]
impl Handle for CopyFar {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            *r.slot16(0) = *r.slot16(2);
            r.next(at(8, 4))
        }
    }
}

/// d = the 64 bits at 8.
pub(crate) struct CopyWide<D>(PhantomData<D>);
impl<D: Destination> Handle for CopyWide<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let value = r.read::<u64>(at(8, 2));
            D::put(&mut r, value);
            r.next(at(16, 10))
        }
    }
}

/// Copies `count` (at 4) slots from the one at 2 to the one at 0, which is not above it.
pub(crate) struct CopyMany;
impl Handle for CopyMany {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: both runs of slots lie in the frame.
        unsafe {
            r.slot16(2).copy_to(r.slot16(0), r.read::<u16>(4) as usize);
            r.next(at(8, 6))
        }
    }
}

/// `d = c ? x : y`; fields: d at 0, x at 2, y at 4, c at 6.
pub(crate) struct Select<V, C, X, Y, D>(PhantomData<(V, C, X, Y, D)>);
impl<V: Value, C: Source, X: Source, Y: Source, D: Destination> Handle for Select<V, C, X, Y, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            let (x, y) = (X::get16::<V>(&r, 2), Y::get16::<V>(&r, 4));
            let value = if C::get::<u32>(&r, 6) != 0 { x } else { y };
            D::put(&mut r, value);
            r.next(at(8, 4))
        }
    }
}

/// Branches.
pub(crate) struct Br;
impl Handle for Br {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has a target at 4.
        unsafe { r.branch(at(4, 0)) }
    }
}

/// The same, with a target of 32 bits.
pub(crate) struct BrFar;
impl Handle for BrFar {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has a target at 4.
        unsafe { r.branch_far(at(4, 0)) }
    }
}

/// Branches by the index x (at 0) to one of the targets that follow; their count less one is at 4.
pub(crate) struct BrTable<X>(PhantomData<X>);
impl<X: Source> Handle for BrTable<X> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction is followed by count + 1 targets.
        unsafe {
            let index = X::get::<u32>(&r, 0).min(r.read::<u32>(at(4, 2)));
            r.branch(at(8, 6) + index as usize * at(4, 2))
        }
    }
}

/// The same by a slot, with targets of 32 bits.
pub(crate) struct BrTableFar;
impl Handle for BrTableFar {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction is followed by count + 1 targets.
        unsafe {
            let index = Slot::get::<u32>(&r, 0).min(r.read::<u32>(at(4, 2)));
            r.branch_far(at(8, 6) + index as usize * 4)
        }
    }
}

/// Zeroes `N` slots from the one at 6: a few stores without a loop.
pub(crate) struct ZeroLocals<const N: usize>;
impl<const N: usize> Handle for ZeroLocals<N> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the slots lie in the frame.
        unsafe {
            r.slot16(at(6, 0)).cast::<[u64; N]>().write([0; N]);
            r.next(at(8, 2))
        }
    }
}

/// The same for `count` (at 0).
pub(crate) struct ZeroMany;
impl Handle for ZeroMany {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the slots lie in the frame.
        unsafe {
            r.slot16(at(6, 2)).write_bytes(0, r.read::<u16>(0) as usize);
            r.next(at(8, 4))
        }
    }
}

/// Zeroes `N` slots from the one at 6, keeps the caller's pins in the slots at 0, and loads this function's
/// from the slots at 2 and 4.
pub(crate) struct Pin<const N: usize>;
impl<const N: usize> Handle for Pin<N> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the slots lie in the frame.
        unsafe {
            if N > 0 {
                r.slot(6).cast::<[u64; N]>().write([0; N]);
            }
            let saved = r.slot(0);
            *saved = r.p0();
            *saved.add(1) = r.p1();
            let (p0, p1) = (*r.slot(2), *r.slot(4));
            r.set_p0(p0);
            r.set_p1(p1);
            r.next(8)
        }
    }
}

/// Gives the caller's pins back from the slots at 0.
pub(crate) struct Unpin;
impl Handle for Unpin {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the slots lie in the frame; `Pin` wrote them.
        unsafe {
            let saved = r.slot(0);
            let (p0, p1) = (*saved, *saved.add(1));
            r.set_p0(p0);
            r.set_p1(p1);
            r.next(8)
        }
    }
}

/// Charges fuel, or takes what there is and pauses behind this op, which has so many bytes of operands.
#[inline(always)]
unsafe fn charge(mut r: Regs, amount: u64, operand_bytes: usize) -> Flow {
    // SAFETY: the context outlives the run.
    unsafe {
        let cx = r.cx();
        let fuel = (*cx).fuel;
        if amount <= fuel {
            (*cx).fuel = fuel - amount;
            return r.next(operand_bytes);
        }
        (*cx).fuel = 0;
        (*cx).owed = amount - fuel;
        r.set_ip(r.ip().add(OPCODE_BYTES + operand_bytes));
        r.exit(Exit::OutOfFuel)
    }
}

/// Charges the fuel at 4.
pub(crate) struct Fuel;
impl Handle for Fuel {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has the amount.
        unsafe {
            let amount = r.read::<u32>(at(4, 0));
            charge(r, amount as u64, at(8, 4))
        }
    }
}

/// Charges for the bulk op that follows: its length is in slot 0, a `u32` or `u64`, and it writes to the
/// memory at 4. If it cannot succeed, because it is longer than that, it is free.
pub(crate) struct FuelBytes<V>(PhantomData<V>);
impl<V: Value> Handle for FuelBytes<V> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields; memory indices were validated.
        unsafe {
            let len = Slot::get::<V>(&r, 0).to_bits();
            let most = (*memory_of(r.cx(), r.index(at(4, 2)))).len as u64;
            charge(
                r,
                if len <= most {
                    len >> FUEL_LOG2_BYTES
                } else {
                    0
                },
                at(8, 4),
            )
        }
    }
}

/// The same for elements of the table at 4.
pub(crate) struct FuelElements<V>(PhantomData<V>);
impl<V: Value> Handle for FuelElements<V> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields; table indices were validated.
        unsafe {
            let len = Slot::get::<V>(&r, 0).to_bits();
            let table = (*(*r.cx()).tables.add(r.index(at(4, 2)) as usize)).as_ref();
            let most = table.elements.len() as u64;
            charge(
                r,
                if len <= most {
                    (len * 8) >> FUEL_LOG2_BYTES
                } else {
                    0
                },
                at(8, 4),
            )
        }
    }
}

/// Pauses behind this op if the interrupt flag is up, and takes it down.
pub(crate) struct Checkpoint;
impl Handle for Checkpoint {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the flag lives as long as the store.
        unsafe {
            let flag = &*(*r.cx()).interrupt;
            if !flag.load(Ordering::Relaxed) {
                return r.next(at(8, 0));
            }
            flag.store(false, Ordering::Relaxed);
            r.set_ip(r.ip().add(OPCODE_BYTES + at(8, 0)));
            r.exit(Exit::Interrupted)
        }
    }
}

/// Traps.
pub(crate) struct Unreachable;
impl Handle for Unreachable {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        r.trap(TrapCode::Unreachable)
    }
}

/// Ends the run.
pub(crate) struct Halt;
impl Handle for Halt {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        r.exit(Exit::Done)
    }
}

/// Charges for a length in slot 0, as `FuelElements` does.
#[cfg(feature = "gc")]
pub(crate) struct FuelLength;
#[cfg(feature = "gc")]
impl Handle for FuelLength {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has this field.
        unsafe {
            let len = Slot::get::<u32>(&r, 0);
            charge(r, (u64::from(len) * 8) >> FUEL_LOG2_BYTES, at(8, 2))
        }
    }
}

/// Throws an exception of the tag at 4, with the values from slot 0 on; the driver makes it.
#[cfg(feature = "exceptions")]
pub(crate) struct Throw;
#[cfg(feature = "exceptions")]
impl Handle for Throw {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let exit = Exit::Throw {
                tag: r.read(at(4, 2)),
                base: r.read::<u16>(0).into(),
            };
            r.exit(exit)
        }
    }
}

/// Throws the exception in slot 0.
#[cfg(feature = "exceptions")]
pub(crate) struct ThrowRef;
#[cfg(feature = "exceptions")]
impl Handle for ThrowRef {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has this field.
        match unsafe { *r.slot(0) } {
            0 => r.trap(TrapCode::NullReference),
            exception => r.exit(Exit::ThrowRef { exception }),
        }
    }
}

/// Traps where a cast has failed.
#[cfg(feature = "gc")]
pub(crate) struct DescriptorCastFailure;
#[cfg(feature = "gc")]
impl Handle for DescriptorCastFailure {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        r.trap(TrapCode::DescriptorCastFailure)
    }
}
