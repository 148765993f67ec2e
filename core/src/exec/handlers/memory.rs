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

/// The base of an address in memory 0: the operand at 2, absent for a constant.
#[inline(always)]
unsafe fn base<X: Source>(r: &Regs) -> u32 {
    if X::IMM {
        return 0;
    }
    // SAFETY: the instruction has this field.
    unsafe { X::get::<u32>(r, 2) }
}

/// Where the offset is that is added to it: in the direct encoding, and in the compact one.
const OFFSET: (usize, usize) = (4, 2);
/// The same of a sum, whose offset has 16 bits in both.
const OFFSET_OF_SUM: (usize, usize) = (6, 4);

/// Bytes of the operands of an access with such an address.
const NEAR_BYTES: usize = at(8, 4);

/// The bytes of an access of `1 << log_size` to memory 0, at `base` plus the offset at `offset`; `None` if they are not
/// inside of it. Where code counts for more than time, handlers share a function that looks.
///
/// # Safety
/// The instruction has the offset; `mem` and `limits` describe memory 0 of the current instance.
#[cfg(not(shared_checks))]
#[inline(always)]
unsafe fn place(r: &Regs, base: u32, offset: (usize, usize), log_size: usize) -> Option<*mut u8> {
    // SAFETY: the caller's promise.
    unsafe {
        let ea = address(r, base, offset);
        match ea.is_outside(r.cx(), log_size) {
            true => None,
            false => Some(r.mem().add(ea.index())),
        }
    }
}

#[cfg(not(shared_checks))]
#[inline(always)]
unsafe fn address(r: &Regs, base: u32, offset: (usize, usize)) -> Address {
    // SAFETY: the instruction has the offset.
    unsafe {
        let field = at(offset.0, offset.1);
        Address::sum(
            base,
            if offset == OFFSET_OF_SUM {
                r.read::<u16>(field).into()
            } else {
                r.index(field)
            },
        )
    }
}

/// Stops since `place` gave nothing.
#[cfg(not(shared_checks))]
#[inline(always)]
unsafe fn outside(r: Regs, base: u32, offset: (usize, usize)) -> Flow {
    // SAFETY: the instruction has the offset.
    unsafe {
        let ea = address(&r, base, offset);
        fault(r, ea)
    }
}

#[cfg(shared_checks)]
#[inline(always)]
unsafe fn place(r: &Regs, base: u32, offset: (usize, usize), log_size: usize) -> Option<*mut u8> {
    // SAFETY: the caller's promise.
    let place = unsafe { shared::near(r.ip(), r.cx(), base, offset.1 << 4 | log_size) };
    if place.is_null() { None } else { Some(place) }
}

/// Leaves the machine, as `place` has said.
#[cfg(shared_checks)]
#[inline(always)]
unsafe fn outside(r: Regs, _: u32, _: (usize, usize)) -> Flow {
    r.left()
}

/// The functions that handlers share. They say why the machine is left, if an access is outside.
#[cfg(shared_checks)]
mod shared {
    use super::*;

    /// The offset is at `what >> 4`, and the access has `1 << (what & 15)` bytes.
    #[inline(never)]
    pub(super) unsafe fn near(ip: *const u8, cx: *mut Cx, base: u32, what: usize) -> *mut u8 {
        // SAFETY: as for `place`.
        unsafe {
            let offset = ip.add(OPCODE_BYTES + (what >> 4)).cast::<u16>().read();
            let ea = Address::sum(base, u16::from_le(offset).into());
            if ea.is_outside(cx, what & 15) {
                return leave(ip, cx, (ea.whole(), (*cx).limits.len() as u64));
            }
            (*cx).mem.add(ea.index())
        }
    }

    /// As `far` with the base in a slot.
    #[inline(never)]
    pub(super) unsafe fn far(
        ip: *const u8,
        cx: *mut Cx,
        base: *const u64,
        log_size: usize,
    ) -> *mut u8 {
        // SAFETY: as for `far`.
        unsafe {
            let fields = ip.add(OPCODE_BYTES);
            let memory = u16::from_le(fields.add(at(4, 2)).cast::<u16>().read_unaligned());
            let offset = u64::from_le(fields.add(at(8, 4)).cast::<u64>().read_unaligned());
            match far_place(cx, memory.into(), *base, offset, log_size) {
                Ok(place) => place,
                Err(fault) => leave(ip, cx, fault),
            }
        }
    }

    #[cold]
    unsafe fn leave(ip: *const u8, cx: *mut Cx, fault: (u64, u64)) -> *mut u8 {
        // SAFETY: the context outlives the run.
        unsafe {
            (*cx).fault = Some(fault);
            (*cx).ip = ip;
            (*cx).exit = Exit::Trap(TrapCode::MemoryOutOfBounds);
        }
        core::ptr::null_mut()
    }
}

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
            let base = base::<X>(&r);
            let Some(bytes) = place(&r, base, OFFSET, O::LOG_SIZE) else {
                return outside(r, base, OFFSET);
            };
            D::put(&mut r, O::load(bytes));
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
            let base = base::<X>(&r);
            let Some(bytes) = place(&r, base, OFFSET, O::LOG_SIZE) else {
                return outside(r, base, OFFSET);
            };
            O::store(bytes, V::get16::<O::In>(&r, 0));
            r.next(NEAR_BYTES)
        }
    }
}

/// The base of a sum: x at 2, y (16-bit constants) at 4.
#[inline(always)]
unsafe fn base_of_sum<X: Source, Y: Source>(r: &Regs) -> u32 {
    // SAFETY: the instruction has these fields.
    unsafe { X::get::<u32>(r, 2).wrapping_add(Y::get16::<u32>(r, 4)) }
}

/// `d = memory0[x + y + offset]`.
pub(crate) struct LoadSum<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: LoadOp, X: Source, Y: Source, D: Destination> Handle for LoadSum<O, X, Y, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as for `Load`.
        unsafe {
            let base = base_of_sum::<X, Y>(&r);
            let Some(bytes) = place(&r, base, OFFSET_OF_SUM, O::LOG_SIZE) else {
                return outside(r, base, OFFSET_OF_SUM);
            };
            D::put(&mut r, O::load(bytes));
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
            let base = base_of_sum::<X, Y>(&r);
            let Some(bytes) = place(&r, base, OFFSET_OF_SUM, O::LOG_SIZE) else {
                return outside(r, base, OFFSET_OF_SUM);
            };
            O::store(bytes, V::get16::<O::In>(&r, 0));
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
        let memory = r.read::<u16>(memory_at) as u32;
        let offset = r.read::<u64>(offset_at);
        far_place(r.cx(), memory, *r.slot(2), offset, log_size)
    }
}

#[inline(always)]
unsafe fn far_place(
    cx: *mut Cx,
    memory: u32,
    base: u64,
    offset: u64,
    log_size: usize,
) -> Result<*mut u8, (u64, u64)> {
    // SAFETY: memory indices were validated.
    unsafe {
        let memory = memory_of(cx, memory);
        let base = if (*memory).is_wide() {
            base
        } else {
            base as u32 as u64
        };
        let ea = base.checked_add(offset);
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
            #[cfg(shared_checks)]
            {
                let bytes = shared::far(r.ip(), r.cx(), r.slot(2), O::LOG_SIZE);
                if bytes.is_null() {
                    return r.left();
                }
                O::load(bytes).write(r.slot(0));
                r.next(at(16, 12))
            }
            #[cfg(not(shared_checks))]
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
            #[cfg(shared_checks)]
            {
                let bytes = shared::far(r.ip(), r.cx(), r.slot(2), O::LOG_SIZE);
                if bytes.is_null() {
                    return r.left();
                }
                O::store(bytes, Slot::get::<O::In>(&r, 0));
                r.next(at(16, 12))
            }
            #[cfg(not(shared_checks))]
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
