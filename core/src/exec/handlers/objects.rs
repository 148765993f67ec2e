//! Structures, arrays and casts.
//!
//! The heap checks what it is given, so handlers are its thin callers. Where there is no room for an object they
//! leave the machine at their instruction, for the driver to collect and to start it again.

use core::marker::PhantomData;

use super::{
    bulk::Instruction,
    call::{func_of, type_of_module},
    rows::LaneOp,
};
use crate::{
    bytecode::{Encoding, Native},
    exec::{
        cx::{Cx, Exit},
        dispatch::{Flow, Handle, Regs, at},
        operand::Destination,
        value::gcref,
    },
    store::{CastTarget, HEADER_BYTES, Heap, Plain, element_at},
    trap::TrapCode,
    types::TypeId,
};

/// Why an op does not go on.
enum Stop {
    Trap(TrapCode),
    /// Room for so many words is needed first.
    Room(u32),
}

impl From<TrapCode> for Stop {
    fn from(code: TrapCode) -> Stop {
        Stop::Trap(code)
    }
}

/// The heap of the store.
///
/// # Safety
/// The context is current; no other reference to the heap is in use while a handler runs.
#[inline(always)]
unsafe fn heap<'h>(cx: *mut Cx) -> &'h mut Heap {
    // SAFETY: the caller's promise.
    unsafe { &mut *(*cx).heap }
}

/// An op on the heap that goes on behind `$bytes` of operands.
macro_rules! heap_op {
    ($name:ident, $bytes:expr, |$i:ident, $heap:ident| $body:block) => {
        #[doc = "See the op table."]
        pub(crate) struct $name;
        impl $name {
            #[inline(never)]
            unsafe fn apply(ip: *const u8, sp: *mut u64, cx: *mut Cx) -> Result<(), Stop> {
                let $i = &Instruction { ip, sp, cx };
                // SAFETY: the instruction has these fields; indices were validated.
                unsafe {
                    let $heap = heap(cx);
                    $body
                }
                Ok(())
            }
        }
        impl Handle for $name {
            #[inline(always)]
            unsafe fn run(r: Regs) -> Flow {
                // SAFETY: the instruction is of this form.
                unsafe {
                    match Self::apply(r.ip(), r.sp(), r.cx()) {
                        Ok(()) => r.next($bytes),
                        Err(Stop::Trap(code)) => r.trap(code),
                        Err(Stop::Room(words)) => r.exit(Exit::Room { words }),
                    }
                }
            }
        }
    };
}

/// Slots from the one that the field at `at` names.
unsafe fn values<'s>(i: &Instruction, at: usize, len: usize) -> &'s [u64] {
    // SAFETY: the caller's promise: they lie in the frame, which nothing writes to meanwhile.
    unsafe { core::slice::from_raw_parts(i.slot16(at), len) }
}

/// Two slots: a value of any type. (The frame goes on behind the first, or the stack's spare slots do.)
unsafe fn value(i: &Instruction, at: usize, wide: bool) -> [u64; 2] {
    // SAFETY: as above.
    unsafe {
        let slot = i.slot(at);
        [*slot, if wide { *slot.add(1) } else { 0 }]
    }
}

/// The type at `at`.
unsafe fn type_id(i: &Instruction, at: usize) -> TypeId {
    // SAFETY: the instruction has this field; type indices were validated.
    unsafe {
        if Native::COMPACT {
            type_of_module(i.cx, i.index(at))
        } else {
            TypeId(i.read(at))
        }
    }
}

/// Makes an object.
fn make(heap: &mut Heap, ty: TypeId, words: u32, len: u32) -> Result<u64, Stop> {
    heap.make(ty, words, len).ok_or(Stop::Room(words))
}

/// The descriptor at `at`, which must not be null.
unsafe fn descriptor(i: &Instruction, at: usize) -> Result<u32, Stop> {
    // SAFETY: the instruction has this field.
    match unsafe { *i.slot(at) } as u32 {
        0 => Err(TrapCode::NullReference.into()),
        descriptor => Ok(descriptor),
    }
}

heap_op!(StructNew, at(8, 6), |i, heap| {
    let ty = type_id(i, 4);
    let words = heap.struct_words(ty);
    let object = make(heap, ty, words, 0)?;
    heap.init_struct(ty, object, i.slot16(2));
    *i.slot(0) = object;
});

heap_op!(StructNewDefault, at(8, 4), |i, heap| {
    let ty = type_id(i, at(4, 2));
    let words = heap.struct_words(ty);
    *i.slot(0) = make(heap, ty, words, 0)?;
});

heap_op!(StructNewDesc, at(16, 6), |i, heap| {
    let ty = type_id(i, at(8, 4));
    let words = heap.struct_words(ty);
    let object = make(heap, ty, words, descriptor(i, at(4, 2))?)?;
    heap.init_struct(ty, object, i.slot16(2));
    *i.slot(0) = object;
});

heap_op!(StructNewDefaultDesc, at(8, 4), |i, heap| {
    let ty = type_id(i, at(4, 2));
    let words = heap.struct_words(ty);
    *i.slot(0) = make(heap, ty, words, descriptor(i, 2)?)?;
});

/// Makes an array; too large ones have no room.
fn make_array(heap: &mut Heap, ty: TypeId, len: u32) -> Result<u64, Stop> {
    let words = heap.array_words(ty, len).ok_or(TrapCode::OutOfMemory)?;
    make(heap, ty, words, len)
}

heap_op!(ArrayNew, at(16, 6), |i, heap| {
    let ty = type_id(i, at(8, 4));
    let len = *i.slot(4) as u32;
    let array = make_array(heap, ty, len)?;
    let wide = heap.element(ty).slots() == 2;
    heap.fill(array, 0, len, value(i, 2, wide))?;
    *i.slot(0) = array;
});

heap_op!(ArrayNewDefault, at(8, 4), |i, heap| {
    *i.slot(0) = make_array(heap, type_id(i, at(4, 2)), *i.slot(2) as u32)?;
});

heap_op!(ArrayNewFixed, at(16, 10), |i, heap| {
    let (ty, len) = (type_id(i, 4), i.read::<u32>(at(8, 6)));
    let array = make_array(heap, ty, len)?;
    let kind = heap.element(ty);
    let values = values(i, 2, len as usize * kind.slots());
    for (index, value) in (0..).zip(values.chunks_exact(kind.slots())) {
        let place = HEADER_BYTES as usize + index * kind.bytes() as usize;
        let high = value.get(1).copied().unwrap_or(0);
        heap.store(array, place, kind, [value[0], high])?;
    }
    *i.slot(0) = array;
});

heap_op!(ArrayNewData, at(16, 8), |i, heap| {
    let (ty, data) = (
        type_id(i, at(8, 4)),
        (*i.cx).instance.as_ref().data(i.index(at(12, 6))),
    );
    let (offset, len) = (*i.slot(2) as u32, *i.slot(4) as u32);
    // Before anything is made, since the array might be larger than any segment.
    let bytes = u64::from(len) * u64::from(heap.element(ty).bytes());
    if u64::from(offset) + bytes > data.len() as u64 {
        return Err(TrapCode::MemoryOutOfBounds.into());
    }
    let array = make_array(heap, ty, len)?;
    heap.init_data((array, 0), data, offset, len)?;
    *i.slot(0) = array;
});

heap_op!(ArrayNewElem, at(16, 8), |i, heap| {
    let ty = type_id(i, at(8, 4));
    let items = &(&(*i.cx).instance.as_ref().elements)[i.index(at(12, 6)) as usize];
    let (offset, len) = (*i.slot(2) as u32, *i.slot(4) as u32);
    if u64::from(offset) + u64::from(len) > items.len() as u64 {
        return Err(TrapCode::TableOutOfBounds.into());
    }
    let array = make_array(heap, ty, len)?;
    heap.init_elements((array, 0), items, offset, len)?;
    *i.slot(0) = array;
});

heap_op!(ArrayFill, at(8, 4), |i, heap| {
    let array = *i.slot(0);
    let (ty, _) = heap.array(array)?;
    let wide = heap.element(ty).slots() == 2;
    heap.fill(
        array,
        *i.slot(2) as u32,
        *i.slot(6) as u32,
        value(i, 4, wide),
    )?;
});

heap_op!(ArrayCopy, at(16, 6), |i, heap| {
    let to = (*i.slot(0), *i.slot(2) as u32);
    let from = (*i.slot(4), *i.slot(6) as u32);
    heap.copy(to, from, *i.slot(8) as u32)?;
});

heap_op!(ArrayInitData, at(16, 6), |i, heap| {
    let data = (*i.cx).instance.as_ref().data(i.index(at(8, 4)));
    let to = (*i.slot(0), *i.slot(2) as u32);
    heap.init_data(to, data, *i.slot(4) as u32, *i.slot(6) as u32)?;
});

heap_op!(ArrayInitElem, at(16, 6), |i, heap| {
    let items = &(&(*i.cx).instance.as_ref().elements)[i.index(at(8, 4)) as usize];
    let to = (*i.slot(0), *i.slot(2) as u32);
    heap.init_elements(to, items, *i.slot(4) as u32, *i.slot(6) as u32)?;
});

heap_op!(StructGetWide, at(8, 4), |i, heap| {
    let offset = i.index(at(4, 2)) as usize;
    let value = heap.get::<[u64; 2]>(*i.slot(2), offset)?;
    i.slot(0).cast::<[u64; 2]>().write_unaligned(value);
});

heap_op!(ArrayGetWide, at(8, 4), |i, heap| {
    let place = element(heap, *i.slot(2), *i.slot(4), 16)?;
    let value = heap.get::<[u64; 2]>(*i.slot(2), place)?;
    i.slot(0).cast::<[u64; 2]>().write_unaligned(value);
});

/// Byte offset of an element of `size` bytes in its array.
#[inline(always)]
fn element(heap: &Heap, array: u64, index: u64, size: usize) -> Result<usize, TrapCode> {
    let (_, len) = heap.array(array)?;
    let index = index as u32;
    if index >= len {
        return Err(TrapCode::ArrayOutOfBounds);
    }
    element_at(index, size).ok_or(TrapCode::ArrayOutOfBounds)
}

/// Field at offset 4 of the structure in slot 0 = slot 2.
pub(crate) struct StructSet<L>(PhantomData<L>);
impl<L: Plain> Handle for StructSet<L> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields. The low bytes of a slot are the field's.
        unsafe {
            let value = r.slot(2).cast::<L>().read_unaligned();
            match heap(r.cx()).set(*r.slot(0), r.index(at(4, 2)) as usize, value) {
                Ok(()) => r.next(at(8, 4)),
                Err(code) => r.trap(code),
            }
        }
    }
}

/// Element slot 2 of the array in slot 0 = slot 4.
pub(crate) struct ArraySet<L>(PhantomData<L>);
impl<L: Plain> Handle for ArraySet<L> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as for `StructSet`.
        unsafe {
            let heap = heap(r.cx());
            let array = *r.slot(0);
            let set = element(heap, array, *r.slot(2), size_of::<L>())
                .and_then(|place| heap.set(array, place, r.slot(4).cast::<L>().read_unaligned()));
            match set {
                Ok(()) => r.next(at(8, 4)),
                Err(code) => r.trap(code),
            }
        }
    }
}

/// `d` = the field at offset 4 of the structure in slot 2.
pub(crate) struct StructGet<O, D>(PhantomData<(O, D)>);
impl<O: LaneOp, D: Destination> Handle for StructGet<O, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            match heap(r.cx()).get::<O::Lane>(*r.slot(2), r.index(at(4, 2)) as usize) {
                Ok(lane) => {
                    D::put(&mut r, O::value(lane));
                    r.next(at(8, 4))
                }
                Err(code) => r.trap(code),
            }
        }
    }
}

/// `d` = the element slot 4 of the array in slot 2.
pub(crate) struct ArrayGet<O, D>(PhantomData<(O, D)>);
impl<O: LaneOp, D: Destination> Handle for ArrayGet<O, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let heap = heap(r.cx());
            let array = *r.slot(2);
            let lane = element(heap, array, *r.slot(4), size_of::<O::Lane>())
                .and_then(|at| heap.get::<O::Lane>(array, at));
            match lane {
                Ok(lane) => {
                    D::put(&mut r, O::value(lane));
                    r.next(at(8, 4))
                }
                Err(code) => r.trap(code),
            }
        }
    }
}

/// `d` = the length of the array in slot 2.
pub(crate) struct ArrayLen<D>(PhantomData<D>);
impl<D: Destination> Handle for ArrayLen<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            match heap(r.cx()).array(*r.slot(2)) {
                Ok((_, len)) => {
                    D::put(&mut r, len);
                    r.next(at(8, 2))
                }
                Err(code) => r.trap(code),
            }
        }
    }
}

/// Whether the reference in slot 2 is of the type at 4.
#[inline(never)]
unsafe fn is(ip: *const u8, sp: *mut u64, cx: *mut Cx) -> bool {
    let i = Instruction { ip, sp, cx };
    // SAFETY: the instruction has these fields; the function is one of the store.
    unsafe {
        let func = |slot: u64| Some((*(*cx).funcs.add(func_of(cx, slot)? as usize)).ty);
        let mut target = CastTarget(i.read(at(4, 2)));
        if Native::COMPACT
            && let Some(index) = target.number()
        {
            target = target.of_type(type_of_module(cx, index).0);
        }
        heap(cx).is(*i.slot(2), target, func)
    }
}

/// `d` = whether it is.
pub(crate) struct Test<D>(PhantomData<D>);
impl<D: Destination> Handle for Test<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let value = is(r.ip(), r.sp(), r.cx()) as u32;
            D::put(&mut r, value);
            r.next(at(8, 6))
        }
    }
}

/// `d` = the reference, if it is.
pub(crate) struct Cast<D>(PhantomData<D>);
impl<D: Destination> Handle for Cast<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            if !is(r.ip(), r.sp(), r.cx()) {
                return r.trap(TrapCode::CastFailure);
            }
            let value = gcref::of(*r.slot(2));
            D::put(&mut r, value);
            r.next(at(8, 6))
        }
    }
}

/// `d` = whether the structure in slot 2 has the descriptor in slot 4, which must not be null. `NULL`: or is null.
pub(crate) struct TestDescriptorOr<D, const NULL: bool>(PhantomData<D>);
pub(crate) type TestDescriptor<D> = TestDescriptorOr<D, false>;
pub(crate) type TestDescriptorNull<D> = TestDescriptorOr<D, true>;
impl<D: Destination, const NULL: bool> Handle for TestDescriptorOr<D, NULL> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let (object, wanted) = (*r.slot(2), *r.slot(4));
            if wanted == 0 {
                return r.trap(TrapCode::NullReference);
            }
            let equal = match object {
                0 => NULL,
                object => heap(r.cx()).descriptor(object) == Ok(wanted),
            };
            D::put(&mut r, equal as u32);
            r.next(at(8, 4))
        }
    }
}

/// `d` = the descriptor of the structure in slot 2.
pub(crate) struct GetDescriptor<D>(PhantomData<D>);
impl<D: Destination> Handle for GetDescriptor<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            match heap(r.cx()).descriptor(*r.slot(2)) {
                Ok(descriptor) => {
                    D::put(&mut r, gcref::of(descriptor));
                    r.next(at(8, 2))
                }
                Err(code) => r.trap(code),
            }
        }
    }
}
