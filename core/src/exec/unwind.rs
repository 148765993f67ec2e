//! Throwing: exceptions find the frame that catches them.

use super::{
    backtrace::backtrace,
    cx::Cx,
    frames::{Frame, Frames},
};
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
    let Some((tag, values)) = store.exn(exception) else {
        return Err(TrapCode::NullReference.into());
    };
    let mut frames = Frames::new(cx, at_instruction);
    while let Some(frame) = frames.next() {
        let map = frame.map();
        // SAFETY: instances live as long as their store; the run is stopped.
        let tags = unsafe { &frame.instance.as_ref().tags };
        if let Some(clause) = map.catch(frame.code, |index| tags[index as usize] == tag) {
            let entry = frame.module().code.entry(frame.defined);
            let Frame {
                instance,
                sp,
                p0,
                p1,
                switches,
                ..
            } = *frame;
            // SAFETY: the translator made room in the frame for what is caught; the target is an instruction
            // of the function. Instances live as long as their store.
            unsafe {
                if clause.tag.is_some() {
                    sp.add(clause.base as usize)
                        .copy_from_nonoverlapping(values.as_ptr(), values.len());
                }
                if let Some(at) = clause.exception {
                    *sp.add(at as usize) = exception;
                }
                cx.ip = entry.add(clause.target as usize);
                cx.load_instance(instance);
            }
            (cx.sp, cx.p0, cx.p1) = (sp, p0, p1);
            cx.stack.switches.truncate(switches);
            return Ok(());
        }
        frames.leave(Some(&map));
    }
    // Nobody does: it is an error for the host.
    Err(match Handle::of_slot(store, exception) {
        Some(handle) => Exception {
            tag: Tag(Stored::new(store, tag)),
            exn: ExnRef(handle),
            frames: backtrace(cx, at_instruction),
        }
        .into(),
        None => TrapCode::NullReference.into(),
    })
}
