//! Bulk memory and table ops. Each checks its whole range before it writes.

use super::memory::memory_of;
use crate::{
    bytecode::{Encoding, Native},
    exec::{
        cx::{Cx, Exit},
        dispatch::{Flow, Handle, Number, OPCODE_BYTES, Regs, at},
    },
    store::{InstanceEntity, MemoryEntity, TableEntity},
    trap::TrapCode,
};

/// An instruction and what it works on, for functions that handlers call.
///
/// Handlers pass it as three scalars: a reference to their registers would keep a native frame alive
/// across the tail call.
pub(super) struct Instruction {
    pub(super) ip: *const u8,
    pub(super) sp: *mut u64,
    pub(super) cx: *mut Cx,
}

impl Instruction {
    /// As `Regs::read`.
    pub(super) unsafe fn read<T: Number>(&self, at: usize) -> T {
        // SAFETY: the caller's promise.
        let value = unsafe { self.ip.add(OPCODE_BYTES + at).cast::<T>().read_unaligned() };
        value.of_code()
    }

    /// As `Regs::index`.
    pub(super) unsafe fn index(&self, at: usize) -> u32 {
        // SAFETY: the caller's promise.
        unsafe {
            if Native::COMPACT {
                self.read::<u16>(at).into()
            } else {
                self.read(at)
            }
        }
    }

    /// As `Regs::slot`.
    pub(super) unsafe fn slot(&self, at: usize) -> *mut u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let number = if Native::COMPACT {
                self.ip.add(OPCODE_BYTES + at / 2).read().into()
            } else {
                self.read::<u16>(at)
            };
            self.sp.add(number as usize)
        }
    }

    /// As `Regs::slot16`.
    #[cfg_attr(not(feature = "gc"), allow(dead_code))]
    pub(super) unsafe fn slot16(&self, at: usize) -> *mut u64 {
        // SAFETY: the caller's promise.
        unsafe { self.sp.add(self.read::<u16>(at) as usize) }
    }
}

/// The slot at `at` as an address or length of a 32- or 64-bit index space.
unsafe fn index(r: &Instruction, at: usize, is_64: bool) -> u64 {
    // SAFETY: the instruction has a slot field there.
    let value = unsafe { *r.slot(at) };
    if is_64 { value } else { value as u32 as u64 }
}

/// `start..start + len` as usizes if that lies within `size`.
fn range(start: u64, len: u64, size: usize) -> Option<(usize, usize)> {
    let end = start.checked_add(len)?;
    (end <= size as u64).then_some((start as usize, len as usize))
}

/// A table of the current instance.
///
/// # Safety
/// `index` is a table of the instance's module.
unsafe fn table(r: &Instruction, index: u32) -> *mut TableEntity {
    // SAFETY: the caller's promise.
    unsafe { (*(*r.cx).tables.add(index as usize)).as_ptr() }
}

/// The memory whose index is at `at`.
unsafe fn memory(r: &Instruction, at: usize) -> *mut MemoryEntity {
    // SAFETY: memory indices were validated.
    unsafe { memory_of(r.cx, r.index(at)) }
}

unsafe fn instance(r: &Instruction) -> *mut InstanceEntity {
    // SAFETY: the context outlives the run.
    unsafe { (*r.cx).instance.as_ptr() }
}

/// An op that does its work, or traps, and goes on.
macro_rules! bulk_op {
    ($name:ident, $bytes:expr, $trap:ident, |$r:ident| $body:block) => {
        #[doc = "See the op table."]
        pub(crate) struct $name;
        impl $name {
            /// `None` if a range is out of bounds; nothing has been written then.
            #[inline(never)]
            unsafe fn apply(ip: *const u8, sp: *mut u64, cx: *mut Cx) -> Option<()> {
                let $r = &Instruction { ip, sp, cx };
                // SAFETY: the instruction has these fields; indices were validated; entities live as long
                // as the store, and no other reference to them is in use while a handler runs.
                unsafe { $body }
                Some(())
            }
        }
        impl Handle for $name {
            #[inline(always)]
            unsafe fn run(r: Regs) -> Flow {
                // SAFETY: the instruction is of this form.
                unsafe {
                    match Self::apply(r.ip(), r.sp(), r.cx()) {
                        Some(()) => r.next($bytes),
                        None => r.trap(TrapCode::$trap),
                    }
                }
            }
        }
    };
}

bulk_op!(MemoryCopy, at(16, 8), MemoryOutOfBounds, |r| {
    let (to, from) = (memory(r, at(8, 4)), memory(r, at(12, 6)));
    let len = index(r, 4, (*to).is_wide() && (*from).is_wide());
    let (d, n) = range(index(r, 0, (*to).is_wide()), len, (*to).len)?;
    let (s, _) = range(index(r, 2, (*from).is_wide()), len, (*from).len)?;
    (*from).base.add(s).copy_to((*to).base.add(d), n);
});

bulk_op!(MemoryFill, at(16, 6), MemoryOutOfBounds, |r| {
    let to = memory(r, at(8, 4));
    let (d, n) = range(
        index(r, 0, (*to).is_wide()),
        index(r, 4, (*to).is_wide()),
        (*to).len,
    )?;
    (*to).base.add(d).write_bytes(*r.slot(2) as u8, n);
});

bulk_op!(MemoryInit, at(16, 8), MemoryOutOfBounds, |r| {
    let (segment, to) = (r.index(at(8, 4)), memory(r, at(12, 6)));
    let instance = &*instance(r);
    let data = instance.data(segment);
    let len = index(r, 4, false);
    let (s, n) = range(index(r, 2, false), len, data.len())?;
    let (d, _) = range(index(r, 0, (*to).is_wide()), len, (*to).len)?;
    data.as_ptr()
        .add(s)
        .copy_to_nonoverlapping((*to).base.add(d), n);
});

bulk_op!(DataDrop, at(8, 2), MemoryOutOfBounds, |r| {
    (&mut (*instance(r)).dropped_data)[r.index(at(4, 0)) as usize] = true;
});

bulk_op!(TableGet, at(8, 4), TableOutOfBounds, |r| {
    let table = &*table(r, r.index(at(4, 2)));
    let (i, _) = range(index(r, 2, table.is_wide()), 1, table.elements.len())?;
    *r.slot(0) = table.elements[i];
});

bulk_op!(TableSet, at(8, 4), TableOutOfBounds, |r| {
    let table = &mut *table(r, r.index(at(4, 2)));
    let (i, _) = range(index(r, 0, table.is_wide()), 1, table.elements.len())?;
    table.elements[i] = *r.slot(2);
});

bulk_op!(TableSize, at(8, 4), TableOutOfBounds, |r| {
    *r.slot(0) = (*table(r, r.index(at(4, 2)))).elements.len() as u64;
});

bulk_op!(TableCopy, at(16, 8), TableOutOfBounds, |r| {
    let (to, from) = (table(r, r.index(at(8, 4))), table(r, r.index(at(12, 6))));
    let len = index(r, 4, (*to).is_wide() && (*from).is_wide());
    let (d, n) = range(index(r, 0, (*to).is_wide()), len, (*to).elements.len())?;
    let (s, _) = range(index(r, 2, (*from).is_wide()), len, (*from).elements.len())?;
    // One pointer for both sides when it is one table: two would invalidate each other.
    let to_ptr = (*to).elements.as_mut_ptr();
    let from_ptr = if to == from {
        to_ptr
    } else {
        (*from).elements.as_mut_ptr()
    };
    from_ptr.add(s).copy_to(to_ptr.add(d), n);
});

bulk_op!(TableFill, at(16, 6), TableOutOfBounds, |r| {
    let table = &mut *table(r, r.index(at(8, 4)));
    let (d, n) = range(
        index(r, 0, table.is_wide()),
        index(r, 4, table.is_wide()),
        table.elements.len(),
    )?;
    table.elements[d..d + n].fill(*r.slot(2));
});

bulk_op!(TableInit, at(16, 8), TableOutOfBounds, |r| {
    let (segment, table) = (r.index(at(8, 4)), &mut *table(r, r.index(at(12, 6))));
    let elements = &(&(*instance(r)).elements)[segment as usize];
    let len = index(r, 4, false);
    let (s, n) = range(index(r, 2, false), len, elements.len())?;
    let (d, _) = range(index(r, 0, table.is_wide()), len, table.elements.len())?;
    table.elements[d..d + n].copy_from_slice(&elements[s..s + n]);
});

bulk_op!(ElemDrop, at(8, 2), TableOutOfBounds, |r| {
    (&mut (*instance(r)).elements)[r.index(at(4, 0)) as usize] = Default::default();
});

/// Grows a table; the driver does it, since the store's limiter has a say.
pub(crate) struct TableGrow;
impl Handle for TableGrow {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let number = r.index(at(8, 4));
            let table = (*(*r.cx()).tables.add(number as usize)).as_ptr();
            let delta = *r.slot(4);
            let delta = if (*table).is_wide() {
                delta
            } else {
                delta as u32 as u64
            };
            let (to, init) = (r.slot_number(0), *r.slot(2));
            r.set_ip(r.ip().add(OPCODE_BYTES + at(16, 6)));
            r.exit(Exit::TableGrow {
                table: number,
                delta,
                init,
                to,
            })
        }
    }
}
