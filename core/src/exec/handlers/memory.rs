//! Loads, stores, and the size of linear memory.

use core::marker::PhantomData;

use super::rows::{LoadOp, StoreOp};
use crate::{
    exec::{
        address::Address,
        cx::{Cx, Exit},
        dispatch::{Flow, Handle, OPCODE_BYTES, Regs, at},
        operand::{Destination, Slot, Source},
        value::Value,
    },
    store::MemoryEntity,
    trap::TrapCode,
};

/// Effective address in a 32-bit memory: the base operand at 2 (absent for a constant) plus the offset at 4.
#[inline(always)]
unsafe fn address<X: Source>(r: &Regs) -> Address {
    // SAFETY: the instruction has these fields.
    unsafe {
        let base = if X::IMM { 0 } else { X::get::<u32>(r, 2) };
        Address::sum(base, r.index(at(4, 2)))
    }
}

/// Bytes of the operands of an access with such an address.
const NEAR_BYTES: usize = at(8, 4);

/// Stops with an access out of bounds; the accumulator holds the address.
struct Fault;
impl Handle for Fault {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the context outlives the run.
        unsafe { (*r.cx()).fault = Some((r.acc(), (*r.cx()).limits.len() as u64)) };
        r.trap(TrapCode::MemoryOutOfBounds)
    }
}

#[inline(always)]
pub(super) unsafe fn fault(mut r: Regs, address: Address) -> Flow {
    r.set_acc(address.whole());
    // SAFETY: `Fault` reads no fields.
    unsafe { r.defer::<Fault>() }
}

/// `d = memory0[x + offset]`; fields: d at 0, x at 2, offset at 4.
pub(crate) struct Load<O, X, D>(PhantomData<(O, X, D)>);

impl<O: LoadOp, X: Source, D: Destination> Handle for Load<O, X, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form; the access is inside memory 0, which
        // `mem` and `limits` describe for the current instance.
        unsafe {
            let ea = address::<X>(&r);
            if ea.is_outside(r.cx(), O::LOG_SIZE) {
                return fault(r, ea);
            }
            let value = O::load(r.mem().add(ea.index()));
            D::put(&mut r, value);
            r.next(NEAR_BYTES)
        }
    }
}

/// `memory0[x + offset] = v`; fields: v at 0, x at 2, offset at 4.
pub(crate) struct Store<O, X, V>(PhantomData<(O, X, V)>);

impl<O: StoreOp, X: Source, V: Source> Handle for Store<O, X, V> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as for `Load`.
        unsafe {
            let ea = address::<X>(&r);
            let value = V::get16::<O::In>(&r, 0);
            if ea.is_outside(r.cx(), O::LOG_SIZE) {
                return fault(r, ea);
            }
            O::store(r.mem().add(ea.index()), value);
            r.next(NEAR_BYTES)
        }
    }
}

/// Effective address of a sum: x at 2, y (16-bit constants) at 4, 16-bit offset at 6.
#[inline(always)]
unsafe fn sum_address<X: Source, Y: Source>(r: &Regs) -> Address {
    // SAFETY: the instruction has these fields.
    unsafe {
        let base = X::get::<u32>(r, 2).wrapping_add(Y::get16::<u32>(r, 4));
        Address::sum(base, r.read::<u16>(at(6, 4)).into())
    }
}

/// `d = memory0[x + y + offset]`.
pub(crate) struct LoadSum<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: LoadOp, X: Source, Y: Source, D: Destination> Handle for LoadSum<O, X, Y, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as for `Load`.
        unsafe {
            let ea = sum_address::<X, Y>(&r);
            if ea.is_outside(r.cx(), O::LOG_SIZE) {
                return fault(r, ea);
            }
            let value = O::load(r.mem().add(ea.index()));
            D::put(&mut r, value);
            r.next(at(8 + Y::EXTRA, 6))
        }
    }
}

/// `memory0[x + y + offset] = v`; v at 0.
pub(crate) struct StoreSum<O, X, Y, V>(PhantomData<(O, X, Y, V)>);

impl<O: StoreOp, X: Source, Y: Source, V: Source> Handle for StoreSum<O, X, Y, V> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as for `Load`.
        unsafe {
            let ea = sum_address::<X, Y>(&r);
            let value = V::get16::<O::In>(&r, 0);
            if ea.is_outside(r.cx(), O::LOG_SIZE) {
                return fault(r, ea);
            }
            O::store(r.mem().add(ea.index()), value);
            r.next(at(8 + Y::EXTRA, 6))
        }
    }
}

/// The address of an access of `1 << log_size` bytes to any memory; fields: base slot at 2, memory u16 at `memory_at`,
/// offset (of 64 bits) at `offset_at`.
#[inline(always)]
pub(super) unsafe fn far(
    r: &Regs,
    [memory_at, offset_at]: [usize; 2],
    log_size: usize,
) -> Result<*mut u8, (u64, u64)> {
    // SAFETY: the instruction has these fields; memory indices were validated.
    unsafe {
        let memory = memory_of(r.cx(), r.read::<u16>(memory_at) as u32);
        let base = *r.slot(2);
        let base = if (*memory).is_wide() {
            base
        } else {
            base as u32 as u64
        };
        let ea = base.checked_add(r.read::<u64>(offset_at));
        match ea {
            Some(ea)
                if ea
                    .checked_add(1 << log_size)
                    .is_some_and(|end| end <= (*memory).len as u64) =>
            {
                Ok((*memory).base.add(ea as usize))
            }
            _ => Err((ea.unwrap_or(u64::MAX), (*memory).len as u64)),
        }
    }
}

/// A memory of the current instance.
///
/// # Safety
/// `index` is a memory of the instance's module.
#[inline(always)]
pub(crate) unsafe fn memory_of(cx: *mut Cx, index: u32) -> *mut MemoryEntity {
    // SAFETY: the caller's promise; the instance is alive while it runs.
    unsafe {
        (*(*cx)
            .instance
            .as_ref()
            .memories
            .as_ptr()
            .add(index as usize))
        .as_ptr()
    }
}

pub(super) unsafe fn far_fault(r: Regs, fault: (u64, u64)) -> Flow {
    // SAFETY: the context outlives the run.
    unsafe { (*r.cx()).fault = Some(fault) };
    r.trap(TrapCode::MemoryOutOfBounds)
}

/// A load from any memory into a slot.
pub(crate) struct LoadFar<O>(PhantomData<O>);

impl<O: LoadOp> Handle for LoadFar<O> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: `far` checked the access.
        unsafe {
            match far(&r, [at(4, 2), at(8, 4)], O::LOG_SIZE) {
                Ok(bytes) => {
                    O::load(bytes).write(r.slot(0));
                    r.next(at(16, 12))
                }
                Err(fault) => far_fault(r, fault),
            }
        }
    }
}

/// A store of a slot to any memory.
pub(crate) struct StoreFar<O>(PhantomData<O>);

impl<O: StoreOp> Handle for StoreFar<O> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: `far` checked the access.
        unsafe {
            match far(&r, [at(4, 2), at(8, 4)], O::LOG_SIZE) {
                Ok(bytes) => {
                    O::store(bytes, Slot::get::<O::In>(&r, 0));
                    r.next(at(16, 12))
                }
                Err(fault) => far_fault(r, fault),
            }
        }
    }
}

/// The size of a memory in pages.
pub(crate) struct Size;
impl Handle for Size {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let memory = memory_of(r.cx(), r.index(at(4, 2)));
            *r.slot(0) = (*memory).pages();
            r.next(at(8, 4))
        }
    }
}

/// Grows a memory; the driver does it, since the store's limiter has a say.
pub(crate) struct Grow;
impl Handle for Grow {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let index = r.index(at(4, 2));
            let delta = *r.slot(2);
            let delta = if (*memory_of(r.cx(), index)).is_wide() {
                delta
            } else {
                delta as u32 as u64
            };
            let to = r.slot_number(0);
            r.set_ip(r.ip().add(OPCODE_BYTES + at(8, 4)));
            r.exit(Exit::MemoryGrow {
                memory: index,
                delta,
                to,
            })
        }
    }
}
