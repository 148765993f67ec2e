//! Returns. A single result is in its accumulator; more are in the first slots of the frame.

use core::marker::PhantomData;

use super::call::read_header;
use crate::{
    exec::{
        dispatch::{Flow, Handle, Regs},
        operand::Source,
        value::Value,
    },
    trap::TrapCode,
};

/// Leaves the frame whose header is at slot 0.
#[inline(always)]
unsafe fn leave(mut r: Regs) -> Flow {
    // SAFETY: the instruction has the header at 0; the header was written on entry.
    unsafe {
        let (ret, distance) = read_header(r.slot16(0));
        r.set_ip(ret);
        r.set_sp(r.sp().byte_sub(distance as usize));
        r.go()
    }
}

/// Returns; a single result is in its accumulator already.
pub(crate) struct Return;
impl Handle for Return {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has this field.
        unsafe { leave(r) }
    }
}

/// Returns x (at 4) in its accumulator.
pub(crate) struct ReturnOne<X, V>(PhantomData<(X, V)>);
impl<X: Source, V: Value> Handle for ReturnOne<X, V> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            X::get::<V>(&r, 4).set_acc(&mut r);
            leave(r)
        }
    }
}

/// Gives the caller's pins back from the slots at 2.
///
/// # Safety
/// The instruction has this field, and the function began with `Pin`.
#[inline(always)]
unsafe fn unpin(r: &mut Regs) {
    // SAFETY: the caller's promise.
    unsafe {
        let saved = r.slot(2);
        let (p0, p1) = (*saved, *saved.add(1));
        r.set_p0(p0);
        r.set_p1(p1);
    }
}

/// `Return` of a function with pins.
pub(crate) struct ReturnUnpin;
impl Handle for ReturnUnpin {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has this field.
        unsafe {
            unpin(&mut r);
            leave(r)
        }
    }
}

/// `ReturnOne` of a function with pins.
pub(crate) struct ReturnOneUnpin<X, V>(PhantomData<(X, V)>);
impl<X: Source, V: Value> Handle for ReturnOneUnpin<X, V> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            X::get::<V>(&r, 4).set_acc(&mut r);
            unpin(&mut r);
            leave(r)
        }
    }
}

/// Returns the slot at 2 in the first slot of the frame.
pub(crate) struct ReturnSlot;
impl Handle for ReturnSlot {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the slot lies in the frame. The header is behind the space for results.
        unsafe {
            *r.sp() = *r.slot16(2);
            leave(r)
        }
    }
}

/// Returns `count` (at 4) slots from the one at 2, in the first slots of the frame.
pub(crate) struct ReturnMany;
impl Handle for ReturnMany {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the slots lie in the frame. The header is behind the space for results.
        unsafe {
            r.slot16(2).copy_to(r.sp(), r.read::<u16>(4) as usize);
            leave(r)
        }
    }
}

/// Returns into another instance.
pub(crate) struct Restore;
impl Handle for Restore {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: every frame that returns here has pushed a switch.
        unsafe {
            let cx = r.cx();
            let Some(switch) = (*cx).stack.switches.pop() else {
                return r.trap(TrapCode::Unreachable);
            };
            (*cx).load_instance(switch.instance);
            r.set_mem((*cx).mem);
            r.set_ip(switch.ip);
            r.go()
        }
    }
}
