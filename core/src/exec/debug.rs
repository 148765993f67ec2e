//! Stopped runs, taken apart and put together again: what stepping and snapshots need of the machine.

use alloc::{boxed::Box, vec::Vec};

use super::{
    cx::{Cx, Exit},
    dispatch::{Number, OPCODE_BYTES},
    driver::{Execution, State},
    frames::Frames,
    handlers::call::{HALT, restore_ip, write_header},
    stack::Switch,
    stops::Stops,
};
use crate::bytecode::Encoding;
use crate::{
    bytecode::Native,
    debug::Place,
    error::Error,
    store::{Arena, MemoryEntity, Store, StoreInner},
    trap::TrapCode,
};

/// A frame of a stopped run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawFrame {
    /// The instance's index in the store.
    pub(crate) instance: u32,
    /// Index among the functions that its module defines.
    pub(crate) defined: u32,
    /// Byte offset behind the function's entry: of the instruction that stopped, or inside of one that has begun.
    pub(crate) code: u32,
    /// Its first slot, counted from the bottom of the value stack.
    pub(crate) base: u32,
}

/// A frame to be made.
pub(crate) struct NewFrame {
    pub(crate) instance: u32,
    pub(crate) defined: u32,
    /// Where it goes on, in bytes behind the function's entry; the innermost frame at a `Step`.
    pub(crate) code: u32,
    pub(crate) base: u32,
    /// Slots of the frame.
    pub(crate) slots: u32,
    /// What the slots hold that matter.
    pub(crate) values: Vec<(u32, u64)>,
}

impl Execution {
    /// Goes past the `Step` that the run has stopped at.
    pub(super) fn begin_step(&mut self, store: &mut StoreInner) {
        if core::mem::take(&mut self.at_step) {
            const BYTES: usize = OPCODE_BYTES + if Native::COMPACT { 4 } else { 8 };
            const WORD: usize = OPCODE_BYTES + if Native::COMPACT { 0 } else { 4 };
            let ip = self.cx.ip;
            // SAFETY: ip is at a `Step`, which has its word there; the frame is in the value stack.
            let (word, frame) = unsafe {
                let word = ip.add(WORD).cast::<u32>().read_unaligned().of_code();
                (word, self.cx.sp.offset_from(self.cx.stack.base()) as u32)
            };
            let place = Place {
                frame,
                instance: self.cx.instance,
                ip,
                word,
            };
            let steps = store.stops.steps;
            store.stops.count(place, steps);
            self.cx.ip = ip.wrapping_add(BYTES);
            store.stops.steps = steps + 1;
        }
    }

    /// Whether the run has stopped at a `Step`.
    pub(crate) fn is_at_step(&self) -> bool {
        self.at_step
    }

    /// Its frames, from the innermost out.
    pub(crate) fn raw_frames(&self) -> Vec<RawFrame> {
        let mut raw = Vec::new();
        if !matches!(self.state, State::Running | State::Suspended { .. }) {
            return raw;
        }
        let behind = matches!(
            self.cx.exit,
            Exit::Host { .. }
                | Exit::OutOfFuel
                | Exit::Interrupted
                | Exit::MemoryGrow { .. }
                | Exit::TableGrow { .. }
        );
        let mut frames = Frames::new(&self.cx, !behind);
        while let Some(frame) = frames.next() {
            // SAFETY: both are in the value stack; instances live as long as their store.
            let (base, instance) = unsafe {
                let base = frame.sp.offset_from(self.cx.stack.base());
                (base as u32, frame.instance.as_ref().index)
            };
            raw.push(RawFrame {
                instance,
                defined: frame.defined,
                code: frame.code,
                base,
            });
            frames.leave(None);
        }
        raw
    }

    /// The innermost frame.
    pub(crate) fn innermost(&self) -> Option<RawFrame> {
        // SAFETY: instances live as long as their store.
        let instance = unsafe { self.cx.instance.as_ref() };
        if !self.at_step {
            return self.raw_frames().first().copied();
        }
        let (defined, code) = instance.module.inner().code.find(self.cx.ip)?;
        // SAFETY: both are in the value stack.
        let base = unsafe { self.cx.sp.offset_from(self.cx.stack.base()) } as u32;
        Some(RawFrame {
            instance: instance.index,
            defined,
            code,
            base,
        })
    }

    /// A slot of the value stack, counted from its bottom.
    pub(crate) fn slot(&self, at: u32) -> Option<u64> {
        let slot = self.cx.stack.slot(at)?;
        // SAFETY: it is in the stack, which nothing writes to meanwhile.
        Some(unsafe { *slot })
    }

    /// Changes a slot.
    pub(crate) fn set_slot(&mut self, at: u32, value: u64) {
        if let Some(slot) = self.cx.stack.slot(at) {
            // SAFETY: it is in the stack, which is this run's.
            unsafe { *slot = value };
        }
    }

    /// A run of `func` that has stopped at a `Step`, with these frames, the outermost first. Their functions are
    /// translated, and their places fit them.
    ///
    /// # Errors
    /// The frames do not fit the value stack.
    pub(crate) fn rebuild(
        store: &mut StoreInner,
        func: u32,
        frames: &[NewFrame],
    ) -> Result<Box<Execution>, Error> {
        if frames.is_empty() {
            return Err(Error::new("a stopped call has a frame"));
        }
        let mut cx = Cx::new(store.stacks.take());
        let ends = frames
            .iter()
            .map(|frame| u64::from(frame.base) + u64::from(frame.slots));
        let bytes = usize::try_from(ends.max().unwrap_or(0) * 8);
        if !bytes.is_ok_and(|bytes| cx.stack.reserve(bytes)) {
            store.stacks.give_back(cx.stack);
            return Err(TrapCode::StackOverflow.into());
        }
        cx.stack_end = cx.stack.end();
        let mut caller: Option<(*const u8, &NewFrame)> = None;
        for frame in frames {
            let instance = store.instances.ptr(frame.instance);
            // SAFETY: the instance is alive.
            let module = unsafe { instance.as_ref() }.module.inner();
            let entry = module.code.entry(frame.defined);
            let header = module
                .type_of_func(module.imported_funcs + frame.defined)
                .header_slot();
            let (ret, distance) = match caller {
                None => (HALT.as_ptr().cast(), 0),
                Some((ip, below)) => {
                    let distance = u64::from(frame.base - below.base) * 8;
                    if below.instance == frame.instance {
                        (ip, distance)
                    } else {
                        cx.stack.switches.push(Switch {
                            ip,
                            instance: store.instances.ptr(below.instance),
                        });
                        (restore_ip(), distance)
                    }
                }
            };
            // SAFETY: all frames lie below the end of the top one, for which there is room.
            unsafe {
                let sp = cx.stack.base().add(frame.base as usize);
                sp.write_bytes(0, frame.slots as usize);
                write_header(sp.add(header as usize), ret, distance);
                for &(slot, value) in &frame.values {
                    debug_assert!(slot < frame.slots);
                    *sp.add(slot as usize) = value;
                }
                cx.sp = sp;
            }
            cx.instance = instance;
            cx.ip = entry.wrapping_add(frame.code as usize);
            caller = Some((cx.ip, frame));
        }
        cx.exit = Exit::Step;
        Ok(Box::new(Execution {
            func: store.funcs[func as usize],
            index: func,
            cx,
            state: State::Running,
            _kept: None,
            at_step: true,
        }))
    }

    /// Keeps what the frames refer to from being collected while the run is stopped.
    pub(crate) fn keep(&mut self, store: &mut StoreInner) {
        #[cfg(heap)]
        if !store.heap.is_unused() {
            self._kept = Some(store.running.suspend(&self.cx, self.at_step));
        }
        #[cfg(not(heap))]
        let _ = store;
    }

    /// The called function's index in the store.
    pub(crate) fn func_index(&self) -> u32 {
        self.index
    }
}

impl<T> Store<T> {
    /// Wasm instructions that debug code of this store has begun: the clock of [`debug`](crate::debug).
    pub fn steps(&self) -> u64 {
        self.inner.stops.steps
    }
}

impl StoreInner {
    /// Tells the stops, if they ask for it, that a host function begins or has ended.
    pub(super) fn watch_host(&mut self, tell: fn(&mut Stops, u32, &Arena<MemoryEntity>)) {
        if !self.stops.watched.is_empty() || self.stops.host_calls {
            tell(&mut self.stops, self.nested_calls, &self.memories);
        }
    }
}
