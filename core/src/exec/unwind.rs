//! Throwing: exceptions find the frame that catches them.

use super::{backtrace::backtrace, cx::Cx, frames::Frames};
use crate::{
    error::{Error, Exception},
    externs::Tag,
    gc::{ExnRef, Handle},
    store::{StoreInner, Stored},
    trap::TrapCode,
};

/// Goes on where an exception is caught. `at_instruction`: ip is at what throws, otherwise behind it.
///
/// # Errors
/// The exception, if no frame of this run catches it; the run is as it was.
pub(super) fn throw(
    cx: &mut Cx,
    store: &mut StoreInner,
    exception: u64,
    at_instruction: bool,
) -> Result<(), Error> {
    let Some((tag, values)) = store.heap.exn(exception) else {
        return Err(TrapCode::NullReference.into());
    };
    let mut frames = Frames::new(cx, at_instruction);
    let mut found = None;
    while let Some(frame) = frames.next() {
        let map = frame.map();
        // SAFETY: instances live as long as their store; the run is stopped.
        let tags = unsafe { &frame.instance.as_ref().tags };
        if let Some(clause) = map.catch(frame.code, |index| tags[index as usize] == tag) {
            let entry = frame.module().code.entry(frame.defined);
            // SAFETY: the translator made room in the frame for what is caught; the target is an instruction
            // of the function.
            unsafe {
                if clause.tag.is_some() {
                    frame
                        .sp
                        .add(clause.base as usize)
                        .copy_from_nonoverlapping(values.as_ptr(), values.len());
                }
                if let Some(at) = clause.exception {
                    *frame.sp.add(at as usize) = exception;
                }
                found = Some((
                    entry.add(clause.target as usize),
                    frame.sp,
                    frame.p0,
                    frame.p1,
                    frame.instance,
                    frame.switches,
                ));
            }
            break;
        }
        frames.leave(Some(&map));
    }
    let Some((ip, sp, p0, p1, instance, switches)) = found else {
        return Err(uncaught(cx, store, exception, at_instruction));
    };
    (cx.ip, cx.sp, cx.p0, cx.p1) = (ip, sp, p0, p1);
    cx.stack.switches.truncate(switches);
    // SAFETY: instances live as long as their store.
    unsafe { cx.load_instance(instance) };
    Ok(())
}

/// The exception as an error for the host.
fn uncaught(cx: &Cx, store: &StoreInner, exception: u64, at_instruction: bool) -> Error {
    let tag = store.heap.exn(exception).map_or(0, |(tag, _)| tag);
    match Handle::of_slot(store, exception) {
        Some(handle) => Error::from(Exception {
            tag: Tag(Stored::new(store, tag)),
            exn: ExnRef(handle),
            frames: backtrace(cx, at_instruction),
        }),
        None => TrapCode::NullReference.into(),
    }
}
