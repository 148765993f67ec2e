//! Two ops in one: what the first computes goes to the second without a place of its own.

use core::marker::PhantomData;

use super::{
    memory::fault,
    rows::{BinaryOp, CompareOp, LoadOp, StoreOp},
};
use crate::{
    exec::{
        address::Address,
        dispatch::{Flow, Handle, Regs},
        operand::{Destination, Source},
        value::Value,
    },
    trap::TrapCode,
};

/// A binary op with its operands exchanged.
pub(crate) struct Reversed<O>(PhantomData<O>);
impl<O: BinaryOp> BinaryOp for Reversed<O> {
    type In = O::In;
    type Out = O::Out;
    #[inline(always)]
    fn eval(a: O::In, b: O::In) -> Result<O::Out, TrapCode> {
        O::eval(b, a)
    }
}

/// Ops named as one type parameter, so that lists of forms can be made of all handlers alike.
pub(crate) struct Pair<O, P>(PhantomData<(O, P)>);

/// `d = P(O(x, y), z)`; fields: d at 0, x at 2, y at 4, z at 6, constants of 16 bits. Neither traps.
pub(crate) struct Chain<OP, X, Y, Z, D>(PhantomData<(OP, X, Y, Z, D)>);

impl<T: Value, O, P, X, Y, Z, D> Handle for Chain<Pair<O, P>, X, Y, Z, D>
where
    O: BinaryOp<In = T, Out = T>,
    P: BinaryOp<In = T, Out = T>,
    X: Source,
    Y: Source,
    Z: Source,
    D: Destination,
{
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            let value = O::eval(X::get(&r, 2), Y::get16(&r, 4));
            match value.and_then(|value| P::eval(value, Z::get16(&r, 6))) {
                Ok(value) => {
                    D::put(&mut r, value);
                    r.next(8)
                }
                Err(code) => r.trap(code),
            }
        }
    }
}

/// Effective address: the base at `at` and a 16-bit offset.
#[inline(always)]
unsafe fn address<X: Source>(r: &Regs, at: usize, offset_at: usize) -> Address {
    // SAFETY: the instruction has these fields.
    unsafe { Address::sum(X::get(r, at), r.read::<u16>(offset_at).into()) }
}

/// `d = P(memory0[x + offset], y)`; fields: d at 0, x at 2, y (16-bit constants) at 4, offset at 6.
pub(crate) struct LoadChain<OP, X, Y, D>(PhantomData<(OP, X, Y, D)>);

impl<O, P, X, Y, D> Handle for LoadChain<Pair<O, P>, X, Y, D>
where
    O: LoadOp,
    P: BinaryOp,
    P::In: OfLoad<O::Out>,
    X: Source,
    Y: Source,
    D: Destination,
{
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as for `memory::Load`.
        unsafe {
            let ea = address::<X>(&r, 2, 6);
            if ea.is_outside(r.cx(), O::LOG_SIZE) {
                return fault(r, ea);
            }
            let value = P::In::of_load(O::load(r.mem().add(ea.index())));
            match P::eval(value, Y::get16(&r, 4)) {
                Ok(value) => {
                    D::put(&mut r, value);
                    r.next(8)
                }
                Err(code) => r.trap(code),
            }
        }
    }
}

/// Branches if `P(memory0[x + offset], y)`; fields: x at 0, y (16-bit constants) at 2, target at 4, offset at 8.
pub(crate) struct LoadBranch<OP, X, Y>(PhantomData<(OP, X, Y)>);

impl<O, P, X, Y> Handle for LoadBranch<Pair<O, P>, X, Y>
where
    O: LoadOp,
    P: CompareOp,
    P::In: OfLoad<O::Out>,
    X: Source,
    Y: Source,
{
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as for `memory::Load`.
        unsafe {
            let ea = address::<X>(&r, 0, 8);
            if ea.is_outside(r.cx(), O::LOG_SIZE) {
                return fault(r, ea);
            }
            let value = P::In::of_load(O::load(r.mem().add(ea.index())));
            if P::holds(value, Y::get16(&r, 2)) {
                r.branch(4)
            } else {
                r.next(16)
            }
        }
    }
}

/// `d = memory0[x + offset]`, then branches if `P(d, y)`; fields: d at 0, x at 10, the rest as above.
pub(crate) struct LoadKeepBranch<OP, X, Y, D>(PhantomData<(OP, X, Y, D)>);

impl<O, P, X, Y, D> Handle for LoadKeepBranch<Pair<O, P>, X, Y, D>
where
    O: LoadOp,
    P: CompareOp,
    P::In: OfLoad<O::Out>,
    X: Source,
    Y: Source,
    D: Destination,
{
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as for `memory::Load`.
        unsafe {
            let ea = address::<X>(&r, 10, 8);
            if ea.is_outside(r.cx(), O::LOG_SIZE) {
                return fault(r, ea);
            }
            let value = P::In::of_load(O::load(r.mem().add(ea.index())));
            let other = Y::get16(&r, 2);
            D::put(&mut r, value);
            if P::holds(value, other) {
                r.branch(4)
            } else {
                r.next(16)
            }
        }
    }
}

/// `d = memory0[z + x * scale + offset]`; fields: d at 0, x at 2, z (16-bit constants) at 4, scale (u16) at 6,
/// offset at 8.
pub(crate) struct LoadScaled<O, X, Z, D>(PhantomData<(O, X, Z, D)>);

impl<O: LoadOp, X: Source, Z: Source, D: Destination> Handle for LoadScaled<O, X, Z, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as for `memory::Load`.
        unsafe {
            let scaled = X::get::<u32>(&r, 2).wrapping_mul(r.read::<u16>(6) as u32);
            let base = Z::get16::<u32>(&r, 4).wrapping_add(scaled);
            let ea = Address::sum(base, r.read(8));
            if ea.is_outside(r.cx(), O::LOG_SIZE) {
                return fault(r, ea);
            }
            let value = O::load(r.mem().add(ea.index()));
            D::put(&mut r, value);
            r.next(16)
        }
    }
}

/// `memory0[b + offset] = memory0[x + offset]`; fields: x at 0, b at 2, their offsets at 4 and 6.
pub(crate) struct LoadStore<OP, X, B>(PhantomData<(OP, X, B)>);

impl<O, P, X, B> Handle for LoadStore<Pair<O, P>, X, B>
where
    O: LoadOp,
    P: StoreOp<In = O::Out>,
    X: Source,
    B: Source,
{
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as for `memory::Load` and `memory::Store`.
        unsafe {
            let from = address::<X>(&r, 0, 4);
            if from.is_outside(r.cx(), O::LOG_SIZE) {
                return fault(r, from);
            }
            // Before the other address: no two of them need registers.
            let value = O::load(r.mem().add(from.index()));
            let to = address::<B>(&r, 2, 6);
            if to.is_outside(r.cx(), P::LOG_SIZE) {
                return fault(r, to);
            }
            P::store(r.mem().add(to.index()), value);
            r.next(8)
        }
    }
}

/// A loaded value as the signed or unsigned number that an op takes.
pub(crate) trait OfLoad<T>: Value {
    fn of_load(value: T) -> Self;
}
macro_rules! of_load {
    ($($from:ty => $to:ty),*) => { $(impl OfLoad<$from> for $to {
        #[inline(always)]
        fn of_load(value: $from) -> $to {
            value as $to
        }
    })* };
}
of_load!(u32 => u32, u32 => i32, i32 => u32, i32 => i32, u64 => u64, u64 => i64, f32 => f32, f64 => f64);

/// `memory0[b + offset] = O(x, y)`; fields: x at 0, b at 2, y (16-bit constants) at 4, offset at 6.
pub(crate) struct ChainStore<OP, B, X, Y>(PhantomData<(OP, B, X, Y)>);

impl<O, P, B, X, Y> Handle for ChainStore<Pair<O, P>, B, X, Y>
where
    O: BinaryOp,
    P: StoreOp<In = O::Out>,
    B: Source,
    X: Source,
    Y: Source,
{
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as for `memory::Store`.
        unsafe {
            let ea = address::<B>(&r, 2, 6);
            let value = match O::eval(X::get(&r, 0), Y::get16(&r, 4)) {
                Ok(value) => value,
                Err(code) => return r.trap(code),
            };
            if ea.is_outside(r.cx(), P::LOG_SIZE) {
                return fault(r, ea);
            }
            P::store(r.mem().add(ea.index()), value);
            r.next(8)
        }
    }
}

/// `c += step`, then branches if `O(c, y)`; fields: c at 0, y (16-bit constants) at 2, target at 4, wide
/// constants at 8, step (i16) at 12.
pub(crate) struct StepBranch<O, C, D, Y>(PhantomData<(O, C, D, Y)>);

impl<O: CompareOp, C: Source, D: Destination, Y: Source> Handle for StepBranch<O, C, D, Y>
where
    O::In: Step,
{
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            let counter = C::get::<O::In>(&r, 0).step(r.read::<i16>(12));
            let bound = Y::get16(&r, 2);
            D::put(&mut r, counter);
            if O::holds(counter, bound) {
                r.branch(4)
            } else {
                r.next(16)
            }
        }
    }
}

/// Addition of a small constant, wrapping.
pub(crate) trait Step: Value {
    fn step(self, by: i16) -> Self;
}
macro_rules! step {
    ($($ty:ty),*) => { $(impl Step for $ty {
        #[inline(always)]
        fn step(self, by: i16) -> $ty {
            self.wrapping_add(by as $ty)
        }
    })* };
}
step!(u32, i32, u64, i64);

/// Two copies, one after the other; fields: destination at 0, source at 2; destination at 4, source at 6.
pub(crate) struct CopyPair<D, X, E, Y>(PhantomData<(D, X, E, Y)>);
impl<D: Destination, X: Source, E: Destination, Y: Source> Handle for CopyPair<D, X, E, Y> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            let first = X::get16::<u64>(&r, 2);
            D::put(&mut r, first);
            let second = Y::get16::<u64>(&r, 6);
            E::put_at(&mut r, 4, second);
            r.next(8)
        }
    }
}

/// A copy (as above), then a branch to the target at 4.
pub(crate) struct CopyBranch<D, X>(PhantomData<(D, X)>);
impl<D: Destination, X: Source> Handle for CopyBranch<D, X> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            let value = X::get16::<u64>(&r, 2);
            D::put(&mut r, value);
            r.branch(4)
        }
    }
}
