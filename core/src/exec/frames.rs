//! Walks over the WebAssembly frames of a stopped run, with what the translator knows about them.

use alloc::{boxed::Box, vec::Vec};
use core::ptr::NonNull;

use super::{
    cx::Cx,
    handlers::call::{HALT, read_header, restore_ip},
};
use crate::{
    bytecode::FrameMap,
    module::ModuleInner,
    store::{InstanceEntity, Marker},
    sync::Shared,
};

/// A stopped frame, and where the machine's registers would be in it.
pub(super) struct Frame {
    pub(super) instance: NonNull<InstanceEntity>,
    /// Index among the functions that its module defines.
    pub(super) defined: u32,
    /// Byte offset behind the function's entry: of an instruction, or inside of one that has begun.
    pub(super) code: u32,
    pub(super) sp: *mut u64,
    pub(super) p0: u64,
    pub(super) p1: u64,
    /// Calls across instances that are not above it.
    pub(super) switches: usize,
}

impl Frame {
    pub(super) fn module(&self) -> &ModuleInner {
        // SAFETY: instances live as long as their store; the run is stopped.
        unsafe { self.instance.as_ref() }.module.inner()
    }

    pub(super) fn map(&self) -> Shared<FrameMap> {
        let module = self.module();
        module.code.frame_map(module, self.defined)
    }
}

/// The frames of a run, from the innermost out.
pub(super) struct Frames<'c> {
    cx: &'c Cx,
    ip: *const u8,
    exact: bool,
    next: Frame,
}

impl<'c> Frames<'c> {
    /// `at_instruction`: ip is at the instruction that stopped, otherwise behind it.
    pub(super) fn new(cx: &'c Cx, at_instruction: bool) -> Frames<'c> {
        Frames {
            cx,
            ip: cx.ip,
            exact: at_instruction,
            next: Frame {
                instance: cx.instance,
                defined: 0,
                code: 0,
                sp: cx.sp,
                p0: cx.p0,
                p1: cx.p1,
                switches: cx.stack.switches.len(),
            },
        }
    }

    /// The next frame; its caller's pins are found with its map.
    pub(super) fn next(&mut self) -> Option<&Frame> {
        while self.ip == restore_ip() {
            let last = self.next.switches.checked_sub(1)?;
            let switch = self.cx.stack.switches.get(last)?;
            self.next.switches = last;
            (self.ip, self.next.instance) = (switch.ip, switch.instance);
        }
        if self.ip.is_null() || self.ip == HALT.as_ptr().cast() {
            return None;
        }
        let at = if self.exact {
            self.ip
        } else {
            self.ip.wrapping_sub(1)
        };
        let (defined, code) = self.next.module().code.find(at)?;
        (self.next.defined, self.next.code) = (defined, code);
        Some(&self.next)
    }

    /// Goes on to the caller.
    pub(super) fn leave(&mut self, map: Option<&FrameMap>) {
        let frame = &mut self.next;
        let module = frame.module();
        let func = module.type_of_func(module.imported_funcs + frame.defined);
        let header = func.header_slot() as usize;
        // SAFETY: the frame at sp is that of this function, whose header was written on entry, and the pins of
        // its caller behind its locals.
        unsafe {
            if let Some(saved) = map.and_then(|map| map.saved_pins) {
                let saved = frame.sp.add(saved as usize);
                (frame.p0, frame.p1) = (*saved, *saved.add(1));
            }
            let (ret, distance) = read_header(frame.sp.add(header));
            self.ip = ret;
            frame.sp = frame.sp.wrapping_byte_sub(distance as usize);
        }
        self.exact = false;
    }
}

/// Marks what the frames of a run refer to, and returns how many they are.
fn mark(cx: &Cx, at_instruction: bool, visit: &mut dyn FnMut(u64)) -> u32 {
    let mut frames = Frames::new(cx, at_instruction);
    let mut count = 0;
    while let Some(frame) = frames.next() {
        let map = frame.map();
        let slot = |slot: u16| {
            // SAFETY: slots of the map lie in the frame, and are written before it stops there.
            unsafe { *frame.sp.add(slot as usize) }
        };
        map.locals.iter().for_each(|at| visit(slot(*at)));
        if let Some(point) = map.point(frame.code) {
            point.slots.iter().for_each(|at| visit(slot(*at)));
            if point.acc && count == 0 {
                visit(cx.acc);
            }
        }
        count += 1;
        frames.leave(Some(&map));
    }
    count
}

/// Runs that wait while their host function runs, and what suspended runs refer to.
#[derive(Default)]
pub(crate) struct Running {
    waiting: Vec<*const Cx>,
    suspended: Vec<(Shared<()>, Box<[u64]>)>,
}

// SAFETY: contexts are entered and left by the thread that has the store.
unsafe impl Send for Running {}
// SAFETY: `&Running` gives no access to them.
unsafe impl Sync for Running {}

impl Running {
    /// Notes a run that stops behind an instruction, and stays where it is until `resume`.
    pub(super) fn wait(&mut self, cx: *const Cx) {
        self.waiting.push(cx);
    }

    pub(super) fn resume(&mut self) {
        self.waiting.pop();
    }

    /// Keeps what a suspended run refers to for as long as the token that is returned.
    pub(super) fn suspend(&mut self, cx: &Cx, at_instruction: bool) -> Shared<()> {
        let mut slots = Vec::new();
        mark(cx, at_instruction, &mut |slot| slots.push(slot));
        slots.retain(|slot| *slot != 0 && slot >> 32 == 0);
        let token = Shared::new(());
        self.forget_ended();
        self.suspended.push((token.clone(), slots.into()));
        token
    }

    /// Forgets suspended runs that are no more.
    fn forget_ended(&mut self) {
        self.suspended
            .retain(|(token, _)| Shared::strong_count(token) > 1);
    }

    /// Marks all of it.
    pub(crate) fn mark(&mut self, marker: &mut Marker<'_>) {
        self.forget_ended();
        for (_, slots) in &self.suspended {
            slots.iter().for_each(|slot| marker.slot(*slot));
        }
        for cx in &self.waiting {
            // SAFETY: it is resumed, or its call ends, before it is moved or dropped.
            let cx = unsafe { &**cx };
            let at_instruction = !matches!(cx.exit, super::cx::Exit::Host { .. });
            let frames = mark(cx, at_instruction, &mut |slot| marker.slot(slot));
            marker.count_frames(frames);
        }
    }
}
