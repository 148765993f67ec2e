//! Globals and references to functions.

use core::marker::PhantomData;

use super::call::function;
use crate::{
    bytecode::{Encoding, Native},
    exec::{
        dispatch::{Flow, Handle, Regs, at},
        operand::{Destination, Source},
        value::Value,
    },
    store::FUNC_TAG,
};

/// The value of the global at 4.
#[inline(always)]
unsafe fn global(r: &Regs) -> *mut u64 {
    // SAFETY: global indices were validated; globals live as long as the store.
    unsafe {
        (&raw mut (*(*(*r.cx()).globals.add(r.index(at(4, 2)) as usize)).as_ptr()).value).cast()
    }
}

/// `d = global`.
pub(crate) struct Get<V, D>(PhantomData<(V, D)>);
impl<V: Value, D: Destination> Handle for Get<V, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let value = V::read(global(&r));
            D::put(&mut r, value);
            r.next(at(8, 4))
        }
    }
}

/// `global = x` (at 0).
pub(crate) struct Set<X, V>(PhantomData<(X, V)>);
impl<X: Source, V: Value> Handle for Set<X, V> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            X::get16::<V>(&r, 0).write(global(&r));
            r.next(at(8, 4))
        }
    }
}

/// `d = global += step` (i16 at 2), in 32 bits.
pub(crate) struct Step<D>(PhantomData<D>);
impl<D: Destination> Handle for Step<D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let global = global(&r);
            let value = (*global as u32).wrapping_add(r.read::<i16>(2) as u32);
            *global = value as u64;
            D::put(&mut r, value);
            r.next(8)
        }
    }
}

/// `global = x + step` (i16 at 2), in 32 bits.
pub(crate) struct SetSum<X>(PhantomData<X>);
impl<X: Source> Handle for SetSum<X> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let value = X::get::<u32>(&r, 0).wrapping_add(r.read::<i16>(2) as u32);
            *global(&r) = value as u64;
            r.next(8)
        }
    }
}

/// Slot at 0 = a reference to the instance's function at 4.
pub(crate) struct RefFunc;
impl Handle for RefFunc {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let func = if Native::COMPACT {
                let index = r.index(at(4, 2));
                (*r.cx()).instance.as_ref().func(index)
            } else {
                Some(function(&r, at(4, 2)))
            };
            *r.slot(0) = func.map_or(0, |func| FUNC_TAG | (u64::from(func) + 1));
            r.next(at(8, 4))
        }
    }
}
