//! What host functions do, written down.

use alloc::{boxed::Box, vec::Vec};

use super::{Tape, kind, put_slots, unrecordable};
use crate::{
    encoding::put,
    error::{Error, ErrorKind},
    store::StoreInner,
};

/// Memory that a host function has changed.
#[derive(Default)]
pub(super) struct Changes {
    /// Memories as they were before it could write anywhere.
    opened: Vec<(u32, Vec<u8>)>,
    /// Ranges that it says it has written.
    written: Vec<(u32, usize, usize)>,
}

/// What a host function says that it writes to a memory.
pub struct Notes<'a>(Option<(&'a mut Tape, u32)>);

impl Notes<'_> {
    /// Whether it matters: a recording is made.
    pub fn are_taken(&self) -> bool {
        self.0.is_some()
    }

    /// Bytes of the memory that are written before the host function returns.
    pub fn written(&mut self, range: core::ops::Range<usize>) {
        if let Some((tape, memory)) = &mut self.0
            && let Some(changes) = tape.running.last_mut()
            && !range.is_empty()
        {
            changes.written.push((*memory, range.start, range.len()));
        }
    }
}

impl Tape {
    /// The tape, while a host function runs whose doings are recorded.
    fn recorded(tape: &mut Option<Box<Tape>>) -> Option<&mut Tape> {
        let tape = tape.as_deref_mut()?;
        (!tape.running.is_empty() && !tape.replays()).then_some(tape)
    }

    /// Notes what a host function does besides writing to memory.
    fn effect(&mut self, kind: u8, numbers: &[u64]) {
        let mut event = alloc::vec![kind];
        numbers.iter().for_each(|number| put(&mut event, *number));
        self.push(&event);
    }
}

impl StoreInner {
    /// The host may write anywhere in a memory now.
    pub(crate) fn note_open(&mut self, memory: u32) {
        let StoreInner { tape, memories, .. } = self;
        let Some(tape) = Tape::recorded(tape) else {
            return;
        };
        if let Some(changes) = tape.running.last_mut()
            && changes.opened.iter().all(|(opened, _)| *opened != memory)
        {
            changes
                .opened
                .push((memory, memories.get(memory).data().into()));
        }
    }

    /// The host will say what it writes to a memory.
    pub(crate) fn notes(tape: &mut Option<Box<Tape>>, memory: u32) -> Notes<'_> {
        Notes(Tape::recorded(tape).map(|tape| (tape, memory)))
    }

    pub(crate) fn note_grow(&mut self, memory: u32, delta: u64) {
        if let Some(tape) = Tape::recorded(&mut self.tape) {
            tape.effect(kind::GROW, &[memory.into(), delta]);
        }
    }

    pub(crate) fn note_global(&mut self, global: u32) {
        let [low, high] = self.globals.get(global).value;
        if let Some(tape) = Tape::recorded(&mut self.tape) {
            tape.effect(kind::GLOBAL, &[global.into(), low, high]);
        }
    }

    pub(crate) fn note_fill(&mut self, table: u32, first: u64, count: u64, slot: u64) {
        if let Some(tape) = Tape::recorded(&mut self.tape) {
            tape.effect(kind::FILL, &[table.into(), first, count, slot]);
        }
    }

    pub(crate) fn note_extend(&mut self, table: u32, delta: u64, slot: u64) {
        if let Some(tape) = Tape::recorded(&mut self.tape) {
            tape.effect(kind::EXTEND, &[table.into(), delta, slot]);
        }
    }

    pub(crate) fn note_fuel(&mut self) {
        let fuel = self.fuel;
        if let Some(tape) = Tape::recorded(&mut self.tape) {
            tape.effect(kind::FUEL, &[fuel]);
        }
    }

    /// Writes what has changed in memory since the host function began, or since the last time.
    pub(super) fn flush(&mut self) {
        let StoreInner { tape, memories, .. } = self;
        let Some(tape) = tape.as_deref_mut() else {
            return;
        };
        let Some(changes) = tape.running.last_mut() else {
            return;
        };
        let Changes {
            opened,
            mut written,
        } = core::mem::take(changes);
        for (memory, before) in &opened {
            differences(before, memories.get(*memory).data(), |start, len| {
                written.push((*memory, start, len));
            });
        }
        for (memory, start, len) in written {
            let Some(bytes) = memories.get(memory).data().get(start..start + len) else {
                continue;
            };
            let mut event = alloc::vec![kind::WRITE];
            put(&mut event, memory);
            put(&mut event, start as u64);
            put(&mut event, len as u64);
            event.extend_from_slice(bytes);
            tape.push(&event);
        }
    }

    /// A host function begins, and is recorded.
    pub(super) fn begin_host(&mut self, func: u32, args: &[u64]) {
        let name = self.name_of(func);
        let steps = if self.engine.debugging() {
            self.stops.steps + 1
        } else {
            0
        };
        if let Some(tape) = self.tape.as_deref_mut() {
            let mut event = alloc::vec![kind::HOST];
            put(&mut event, name.0);
            put(&mut event, name.1);
            put(&mut event, steps);
            put_slots(&mut event, args);
            tape.push(&event);
            tape.running.push(Changes::default());
        }
    }

    /// It has ended.
    ///
    /// # Errors
    /// It did what no recording can hold, or the recording could not be written.
    pub(super) fn end_host(
        &mut self,
        func: u32,
        result: &Result<(), Error>,
        slots: &[u64],
    ) -> Result<(), Error> {
        self.flush();
        let mut event = Vec::new();
        match result.as_ref().map_err(|error| (error.kind(), error)) {
            Ok(()) => {
                self.check_results(func, slots)?;
                event.push(kind::RETURN);
                put_slots(&mut event, slots);
            }
            Err((ErrorKind::Exit(code), _)) => {
                event.push(kind::EXIT);
                put(&mut event, u64::from(*code as u32));
            }
            Err((ErrorKind::Trap(trap), _)) => {
                event.push(kind::TRAP);
                put(&mut event, trap.code as u64);
            }
            Err((ErrorKind::Suspend(_), _)) => event.push(kind::SUSPEND),
            Err((ErrorKind::Exception(_), _)) => return Err(unrecordable("throws an exception")),
            Err((_, error)) => {
                let text = alloc::format!("{error}");
                event.push(kind::FAIL);
                put(&mut event, text.len() as u64);
                event.extend_from_slice(text.as_bytes());
            }
        }
        let Some(tape) = self.tape.as_deref_mut() else {
            return Ok(());
        };
        tape.running.pop();
        tape.push(&event);
        tape.failed.take().map_or(Ok(()), Err)
    }

    /// References to objects and to values of the host mean nothing in another run.
    fn check_results(&self, func: u32, slots: &[u64]) -> Result<(), Error> {
        let ty = self.engine.func_type(self.funcs[func as usize].ty);
        let mut slots = slots.iter();
        for ty in ty.results() {
            let slot = slots.by_ref().take(ty.slots()).next().copied().unwrap_or(0);
            let is_object = slot != 0 && slot >> 32 == 0 && slot & 1 == 0;
            if matches!(ty, crate::types::ValType::Ref(_)) && is_object {
                return Err(unrecordable(
                    "returns a reference to an object or to a value of the host",
                ));
            }
        }
        Ok(())
    }
}

/// Tells ranges in which a list of bytes is not what it was; what it has grown by was zero.
fn differences(before: &[u8], now: &[u8], mut range: impl FnMut(usize, usize)) {
    /// Shorter gaps are cheaper to write than to leave out.
    const GAP: usize = 8;
    const CHUNK: usize = 256;
    let zeros = [0; CHUNK];
    let mut open: Option<(usize, usize)> = None;
    for start in (0..now.len()).step_by(CHUNK) {
        let end = now.len().min(start + CHUNK);
        let old = before.get(start..end).unwrap_or(&zeros[..end - start]);
        if old == &now[start..end] {
            continue;
        }
        for at in start..end {
            if old[at - start] == now[at] {
                continue;
            }
            open = match open {
                Some((first, last)) if at - last <= GAP => Some((first, at)),
                other => {
                    if let Some((first, last)) = other {
                        range(first, last + 1 - first);
                    }
                    Some((at, at))
                }
            };
        }
    }
    if let Some((first, last)) = open {
        range(first, last + 1 - first);
    }
}

impl core::fmt::Debug for Notes<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Notes").field(&self.are_taken()).finish()
    }
}
