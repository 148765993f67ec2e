//! Ops on vectors that have no scalar kin.

use core::marker::PhantomData;

use super::rows::{LoadOp, ShiftOp, StoreOp, TernaryOp};
use crate::exec::{
    dispatch::{Flow, Handle, Regs, at},
    operand::{Destination, Slot, Source},
    value::Value,
    vector::{Lane, Lanes, v128},
};

/// `d = O(x, y)`; fields: d at 0, x at 2, the count y (16-bit constants) at 4.
pub(crate) struct Shift<O, X, Y, D>(PhantomData<(O, X, Y, D)>);
impl<O: ShiftOp, X: Source, Y: Source, D: Destination> Handle for Shift<O, X, Y, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            let value = O::eval(X::get(&r, 2), Y::get16(&r, 4));
            D::put(&mut r, value);
            r.next(at(8, 4))
        }
    }
}

/// `d = O(x, y, z)`; fields: d at 0, x at 2, the slots y at 4 and z at 6.
pub(crate) struct Ternary<O, X, D>(PhantomData<(O, X, D)>);
impl<O: TernaryOp, X: Source, D: Destination> Handle for Ternary<O, X, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            let value = O::eval(X::get(&r, 2), Slot::get(&r, 4), Slot::get(&r, 6));
            D::put(&mut r, value);
            r.next(at(8, 4))
        }
    }
}

/// The bytes of the lane at offset 4 or 6 (in bytes; less than 16) of a vector in slots.
#[inline(always)]
unsafe fn lane(slot: *mut u64, offset: u16) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { slot.cast::<u8>().add(offset as usize) }
}

/// `d` = a lane of the vector at 2; its byte offset at 4.
pub(crate) struct Extract<O, D>(PhantomData<(O, D)>);
impl<O: LoadOp, D: Destination> Handle for Extract<O, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields; validation has checked the lane.
        unsafe {
            let value = O::load(lane(r.slot(2), r.read(at(4, 2))));
            D::put(&mut r, value);
            r.next(at(8, 4))
        }
    }
}

/// The vector in slot 0 = that at 2 with x (at 4) in a lane; its byte offset at 6.
pub(crate) struct Replace<O, X>(PhantomData<(O, X)>);
impl<O: StoreOp, X: Source> Handle for Replace<O, X> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields; validation has checked the lane. The value is read
        // before its slot may be overwritten.
        unsafe {
            let value = X::get::<O::In>(&r, 4);
            v128::read(r.slot(2)).write(r.slot(0));
            O::store(lane(r.slot(0), r.read(at(6, 4))), value);
            r.next(at(8, 6))
        }
    }
}

/// `d` = the constant at 8.
pub(crate) struct Const<D>(PhantomData<D>);
impl<D: Destination> Handle for Const<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let value = r.read::<v128>(at(8, 2));
            D::put(&mut r, value);
            r.next(at(24, 18))
        }
    }
}

/// `d` = pieces of type `T` of the vectors in the slots at 2 and 4. Where they are among the 32 bytes of both, the
/// sixteen at 8 say: the first of each `T`'s.
pub(crate) struct Shuffle<T, D>(PhantomData<(T, D)>);
impl<T: Lane, D: Destination> Handle for Shuffle<T, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields; the translator has checked that no piece crosses a vector's end.
        unsafe {
            let (a, b) = (r.slot(2).cast::<u8>(), r.slot(4).cast::<u8>());
            let places = r.read::<[u8; 16]>(at(8, 4));
            let value = v128::of::<T>(Lanes::from_fn(|i| {
                let place = places[i * size_of::<T>()];
                let vector = if place & 16 == 0 { a } else { b };
                vector.add(place as usize & 15).cast::<T>().read_unaligned()
            }));
            D::put(&mut r, value);
            r.next(at(24, 20))
        }
    }
}
