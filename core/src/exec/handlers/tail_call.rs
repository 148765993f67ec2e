//! Tail calls: the callee's frame takes the place of the caller's.

use super::call::{
    Callee, Direct, Grow, Indirect, Target, Translate, entry, entry_in, fits, frame_bytes,
    function, read_header, resolve, restore_ip, write_header,
};
#[cfg(feature = "gc")]
use super::call::{Referenced, referenced};
#[cfg(feature = "gc")]
use crate::exec::dispatch::at;
use crate::{
    exec::{
        cx::Exit,
        dispatch::{Flow, Handle, Regs},
        stack::Switch,
    },
    store::FuncKind,
    trap::TrapCode,
};

/// Moves the arguments (slots from the one at 0, count at 2) to the start of the frame and gives the
/// callee this frame's return address (or `ret`), behind its own parameters.
///
/// # Safety
/// The instruction has these fields, and the callee's header and own header at 4 and 6.
#[inline(always)]
unsafe fn replace_frame(r: &Regs, ret: Option<*const u8>) -> (*const u8, u64) {
    // SAFETY: the caller's promise.
    unsafe {
        let (own_ret, distance) = read_header(r.sp().add(r.read::<u16>(6) as usize));
        r.slot16(0).copy_to(r.sp(), r.read::<u16>(2) as usize);
        write_header(
            r.sp().add(r.read::<u16>(4) as usize),
            ret.unwrap_or(own_ret),
            distance,
        );
        (own_ret, distance)
    }
}

#[inline(always)]
unsafe fn return_call_defined<C: Callee>(mut r: Regs, defined: u32) -> Flow {
    // SAFETY: the instruction has the fields of a tail call.
    unsafe {
        let cx = r.cx();
        let entry = entry(cx, defined);
        if entry.is_null() {
            return r.defer::<Translate<C>>();
        }
        if !fits(cx, r.sp(), frame_bytes(entry)) {
            return r.defer::<Grow>();
        }
        replace_frame(&r, None);
        r.set_ip(entry);
        r.go()
    }
}

/// Tail-calls a function that the module defines.
pub(crate) struct ReturnCall;
impl Handle for ReturnCall {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let defined = r.index(8);
            return_call_defined::<Direct<8>>(r, defined)
        }
    }
}

/// Tail-calls the store's function `Cx::callee`.
struct ReturnLeave;
impl Handle for ReturnLeave {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as for `Leave`; every op that tail-calls has the fields that `replace_frame` reads.
        unsafe {
            let cx = r.cx();
            let callee = (*cx).callee;
            match (*(*cx).funcs.add(callee as usize)).kind {
                FuncKind::Host { .. } => {
                    // As if the caller had called it: its results belong where this frame began.
                    let (ret, distance) = read_header(r.sp().add(r.read::<u16>(6) as usize));
                    r.slot16(0).copy_to(r.sp(), r.read::<u16>(2) as usize);
                    r.set_ip(ret);
                    r.set_sp(r.sp().sub(distance as usize / 8));
                    r.exit(Exit::Host {
                        func: callee,
                        base: distance as u32 / 8,
                    })
                }
                FuncKind::Wasm { instance, defined } => {
                    let entry = match entry_in(cx, instance.as_ref(), defined) {
                        Some(entry) => entry,
                        None => return r.exit(Exit::Error),
                    };
                    if !fits(cx, r.sp(), frame_bytes(entry)) {
                        return r.defer::<Grow>();
                    }
                    let (ret, _) = replace_frame(&r, Some(restore_ip()));
                    // A frame that already returns across instances has its switch: chains take constant space.
                    if ret != restore_ip() {
                        (*cx).stack.switches.push(Switch {
                            ip: ret,
                            instance: (*cx).instance,
                        });
                    }
                    (*cx).load_instance(instance);
                    r.set_mem((*cx).mem);
                    r.set_ip(entry);
                    r.go()
                }
            }
        }
    }
}

/// Tail-calls an imported function.
pub(crate) struct ReturnCallImport;
impl Handle for ReturnCallImport {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields; function indices were validated.
        unsafe {
            let cx = r.cx();
            (*cx).callee = function(&r, 8);
            r.defer::<ReturnLeave>()
        }
    }
}

/// Tail-calls what the op has found.
#[inline(always)]
unsafe fn enter<C: Callee>(r: Regs, found: Result<Target, TrapCode>) -> Flow {
    // SAFETY: the caller's promise.
    unsafe {
        match found {
            Ok(Target::Near(defined)) => return_call_defined::<C>(r, defined),
            Ok(Target::Far(func)) => {
                (*r.cx()).callee = func;
                r.defer::<ReturnLeave>()
            }
            Err(code) => r.trap(code),
        }
    }
}

/// Tail-calls through a table.
pub(crate) struct ReturnCallIndirect;
impl Handle for ReturnCallIndirect {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let found = resolve::<true>(&r, 8);
            enter::<Indirect<8>>(r, found)
        }
    }
}

/// Tail-calls through a reference.
#[cfg(feature = "gc")]
pub(crate) struct ReturnCallRef;
#[cfg(feature = "gc")]
impl Handle for ReturnCallRef {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let found = referenced::<true>(&r, 8, at(12, 10));
            enter::<Referenced<8, { at(12, 10) }>>(r, found)
        }
    }
}
