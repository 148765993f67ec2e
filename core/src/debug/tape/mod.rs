//! What host functions answered: recorded, and given again.
//!
//! A recording is a header and events, of bytes and numbers in LEB128:
//!
//! ```text
//! "motelog" version, length and bytes of what the embedder adds
//! CALL    function, arguments          the host calls a function of the store
//! HOST    function, steps, arguments   code calls a host function; what follows, up to its end, is what that did:
//!   WRITE   memory, address, length, bytes
//!   GROW    memory, pages      GLOBAL  global, two slots
//!   FILL    table, first, count, slot      EXTEND  table, elements, slot
//!   FUEL    units
//!   NESTED  function, arguments          it called a function, whose events follow
//!   and at last one of
//!   RETURN  result slots      TRAP code      EXIT code      FAIL text
//!   SUSPEND, which is followed by RETURN when its results are provided
//! RUN     units                          a metered call begins or goes on with so much fuel
//! ```
//!
//! Functions are named by an instance and its import, so that the store of a replay may have others in their place.

mod record;
mod replay;

use alloc::{boxed::Box, string::String, vec::Vec};

use record::Changes;
pub use record::Notes;
pub use replay::ReplayedCall;
use replay::replay_host;

use crate::{
    encoding::{Reader, put, put_list},
    error::Error,
    map::Map,
    store::{FuncKind, Store, StoreInner},
};

type Observer = dyn FnMut(&ReplayedCall<'_>) + Send + Sync;

/// Where a recording goes.
pub(crate) type Sink = dyn FnMut(&[u8]) -> Result<(), Error> + Send + Sync;

const MAGIC: &[u8] = b"motelog\x01";

/// Kinds of events.
mod kind {
    pub(super) const CALL: u8 = 1;
    pub(super) const HOST: u8 = 2;
    pub(super) const RUN: u8 = 3;
    pub(super) const WRITE: u8 = 16;
    pub(super) const GROW: u8 = 17;
    pub(super) const GLOBAL: u8 = 18;
    pub(super) const FILL: u8 = 19;
    pub(super) const EXTEND: u8 = 20;
    pub(super) const FUEL: u8 = 21;
    pub(super) const NESTED: u8 = 22;
    pub(super) const RETURN: u8 = 32;
    pub(super) const TRAP: u8 = 33;
    pub(super) const EXIT: u8 = 34;
    pub(super) const FAIL: u8 = 35;
    pub(super) const SUSPEND: u8 = 36;
}

/// A run did not do what the recording says. The store's state is that of the run up to here.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// What was recorded, and what happened instead.
    pub message: String,
    /// The step count, where steps are counted.
    pub steps: u64,
}

impl core::fmt::Display for Divergence {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "the replay diverges at step {}: {}",
            self.steps, self.message
        )
    }
}

impl core::error::Error for Divergence {}

/// A recording, to be replayed ([`Store::replay`]).
#[derive(Clone, Debug)]
pub struct Recording {
    info: Vec<u8>,
    events: Vec<u8>,
}

impl Recording {
    /// Takes the bytes that a recording wrote. One that was cut off is replayed up to there.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(bytes: &[u8]) -> Result<Recording, Error> {
        let none =
            || Error::new("not a recording: it does not begin with a header of this version");
        let bytes = bytes.strip_prefix(MAGIC).ok_or_else(none)?;
        let mut header = Cursor::new(bytes, 0);
        let info = header.run().ok_or_else(none)?;
        Ok(Recording {
            info: info.into(),
            events: bytes[header.at()..].into(),
        })
    }

    /// What the embedder added.
    pub fn info(&self) -> &[u8] {
        &self.info
    }
}

/// Events: those that are replayed, then those that are recorded.
pub(crate) struct Tape {
    events: Vec<u8>,
    /// Those from here on are replayed.
    at: usize,
    /// At their end, host functions are called and recorded.
    live: bool,
    /// Where events go instead of the list.
    sink: Option<Box<Sink>>,
    failed: Option<Error>,
    /// Is told what is replayed.
    observer: Option<Box<Observer>>,
    /// Events up to here were told to it.
    told: usize,
    /// Host functions that run, the innermost last.
    running: Vec<Changes>,
    /// Instance and import of functions, by their index in the store.
    names: Map<u32, (u32, u32)>,
}

/// Reads events: `None` where there is nothing to read, or something else.
struct Cursor<'b>(Reader<'b>);

impl<'b> Cursor<'b> {
    fn new(bytes: &'b [u8], at: usize) -> Cursor<'b> {
        Cursor(Reader::new(bytes, at, |what, _| Error::new(what)))
    }

    /// Where the next one is.
    fn at(&self) -> usize {
        self.0.at()
    }

    fn byte(&mut self) -> Option<u8> {
        self.0.u8().ok()
    }

    fn number(&mut self) -> Option<u64> {
        self.0.u64().ok()
    }

    fn index(&mut self) -> Option<u32> {
        self.0.u32().ok()
    }

    fn run(&mut self) -> Option<&'b [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        self.0.bytes(len).ok()
    }

    fn slots(&mut self) -> Option<Vec<u64>> {
        let count = self.number()?;
        let mut slots = Vec::new();
        for _ in 0..count {
            slots.push(self.number()?);
        }
        Some(slots)
    }
}

fn put_slots(out: &mut Vec<u8>, slots: &[u64]) {
    put_list(out, slots, |out, slot| put(out, *slot));
}

impl Tape {
    /// One that records from now on, to the list or to a sink.
    pub(super) fn recording(sink: Option<Box<Sink>>) -> Tape {
        Tape {
            events: Vec::new(),
            at: 0,
            live: true,
            sink,
            failed: None,
            observer: None,
            told: 0,
            running: Vec::new(),
            names: Map::new(),
        }
    }

    fn replaying(recording: Recording) -> Tape {
        Tape {
            events: recording.events,
            live: false,
            ..Tape::recording(None)
        }
    }

    /// Whether events go to a sink.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.sink.is_some()
    }

    /// Where the next event is.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes back to an event.
    pub(super) fn rewind(&mut self, at: usize) {
        self.at = at.min(self.events.len());
        self.running.clear();
    }

    fn replays(&self) -> bool {
        !self.live || self.at < self.events.len()
    }

    /// Adds an event.
    fn push(&mut self, event: &[u8]) {
        match &mut self.sink {
            Some(sink) => {
                if self.failed.is_none() {
                    self.failed = sink(event).err();
                }
            }
            None => {
                self.events.extend_from_slice(event);
                self.at = self.events.len();
            }
        }
    }

    fn cursor(&self) -> Cursor<'_> {
        Cursor::new(&self.events, self.at)
    }
}

impl StoreInner {
    /// How recordings name a function.
    fn name_of(&mut self, func: u32) -> (u32, u32) {
        let StoreInner {
            tape,
            instances,
            funcs,
            ..
        } = self;
        let Some(tape) = tape.as_deref_mut() else {
            return (u32::MAX, func);
        };
        if let Some(name) = tape.names.get(&func) {
            return *name;
        }
        let name = match funcs[func as usize].kind {
            FuncKind::Wasm { instance, defined } => {
                // SAFETY: instances live as long as their store.
                let instance = unsafe { instance.as_ref() };
                (
                    instance.index,
                    instance.module.inner().imported_funcs + defined,
                )
            }
            FuncKind::Host { .. } => {
                let mut imports = (0..instances.len() as u32).flat_map(|i| {
                    let instance = instances.get(i);
                    let count = instance.module.inner().imported_funcs;
                    let imports = instance.funcs.iter().take(count as usize);
                    imports
                        .zip(0..)
                        .map(move |(func, import)| (*func, (i, import)))
                });
                let found = imports.find(|(found, _)| *found == func);
                found.map_or((u32::MAX, func), |(_, name)| name)
            }
        };
        tape.names.insert(func, name);
        name
    }

    /// Notes, or checks, that a call from the host begins.
    ///
    /// # Errors
    /// Another one was recorded.
    pub(crate) fn tape_call(&mut self, func: u32, args: &[u64]) -> Result<(), Error> {
        let Some(tape) = self.tape.as_deref() else {
            return Ok(());
        };
        let nested = !tape.running.is_empty();
        let replays = tape.replays();
        let name = self.name_of(func);
        if !replays {
            self.flush();
            let Some(tape) = self.tape.as_deref_mut() else {
                return Ok(());
            };
            let mut event = alloc::vec![if nested { kind::NESTED } else { kind::CALL }];
            put(&mut event, name.0);
            put(&mut event, name.1);
            put_slots(&mut event, args);
            tape.push(&event);
            return Ok(());
        }
        if nested {
            // (It is the replay that makes this call.)
            return Ok(());
        }
        let next = (|| {
            let tape = self.tape.as_deref_mut()?;
            let mut cursor = tape.cursor();
            let found = (
                cursor.byte()?,
                (cursor.index()?, cursor.index()?),
                cursor.slots()?,
            );
            tape.at = cursor.at();
            Some(found)
        })();
        match next {
            Some((kind::CALL, recorded, slots)) if recorded == name && slots == args => Ok(()),
            Some((kind::CALL, ..)) => {
                Err(self.diverged("another function or other arguments are called"))
            }
            Some(_) => Err(self.diverged("a function is called where none was")),
            None => Err(self.diverged("the recording has no such call: it ends before")),
        }
    }

    /// Refuses a call that could stop inside of a host function that is recorded.
    pub(crate) fn tape_alone(&self) -> Result<(), Error> {
        match &self.tape {
            Some(tape) if !tape.running.is_empty() => {
                Err(unrecordable("makes a call that can be suspended"))
            }
            _ => Ok(()),
        }
    }

    /// Notes, or sets, the fuel that a metered call runs on.
    pub(crate) fn tape_run(&mut self) -> Result<(), Error> {
        if !self.engine.fuel_enabled() {
            return Ok(());
        }
        let fuel = self.fuel;
        let Some(tape) = self.tape.as_deref_mut() else {
            return Ok(());
        };
        if !tape.running.is_empty() {
            return Ok(());
        }
        if !tape.replays() {
            let mut event = alloc::vec![kind::RUN];
            put(&mut event, fuel);
            tape.push(&event);
            return Ok(());
        }
        let mut cursor = tape.cursor();
        let next = cursor.byte().zip(cursor.number());
        let at = cursor.at();
        match next {
            Some((kind::RUN, recorded)) => {
                tape.at = at;
                self.fuel = recorded;
                Ok(())
            }
            _ => Err(self.diverged("the call goes on where it did not")),
        }
    }

    #[cold]
    fn diverged(&self, message: impl Into<String>) -> Error {
        Error::host(Divergence {
            message: message.into(),
            steps: self.stops.steps,
        })
    }

    /// The results of a host function that had suspended.
    pub(crate) fn tape_provide(&mut self, results: &[u64]) {
        if let Some(tape) = self.tape.as_deref_mut()
            && !tape.replays()
        {
            let mut event = alloc::vec![kind::RETURN];
            put_slots(&mut event, results);
            tape.push(&event);
        }
    }
}

#[cold]
fn unrecordable(what: &str) -> Error {
    Error::new(alloc::format!(
        "a host function {what}, which cannot be recorded"
    ))
}

/// Calls a host function and records it, or does what it did when it was recorded.
///
/// # Errors
/// What the host function failed with; a divergence.
pub(crate) fn call_host<T>(
    store: &mut Store<T>,
    func: u32,
    slots: &mut [u64],
    call: impl FnOnce(&mut Store<T>, &mut [u64]) -> Result<(), Error>,
) -> Result<(), Error> {
    let entity = store.inner.funcs[func as usize];
    let args = slots[..entity.param_slots as usize].to_vec();
    let replays = store.inner.tape.as_deref().is_some_and(Tape::replays);
    if replays {
        return replay_host(store, func, &args, slots);
    }
    store.inner.begin_host(func, &args);
    let result = call(store, slots);
    let results = &slots[..entity.result_slots as usize];
    store.inner.end_host(func, &result, results)?;
    result
}

impl<T> Store<T> {
    /// Records what host functions do from now on: their results, what they write to memories, tables and globals,
    /// calls they make, and fuel. Begin before the first instantiation. `info` is kept in the recording for whoever
    /// replays it; `sink` gets its bytes, as they come.
    ///
    /// What host functions do that is not recorded: making objects of the heap, throwing, suspending a call that they
    /// make themselves. They fail with an error that says so.
    ///
    /// # Errors
    /// What the sink fails with. Later failures of it make the host function fail that was recorded.
    pub fn record(
        &mut self,
        info: &[u8],
        mut sink: impl FnMut(&[u8]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let mut header = MAGIC.to_vec();
        put(&mut header, info.len() as u64);
        header.extend_from_slice(info);
        sink(&header)?;
        self.inner.tape = Some(Box::new(Tape::recording(Some(Box::new(sink)))));
        Ok(())
    }

    /// Replays a recording: from now on no host function is called. The store must be new, its engine set to the same
    /// limits, and the same modules are to be instantiated, and the same functions called, as when it was made; imports
    /// need the right types only ([`Linker::define_unknown_imports_as_traps`](crate::Linker::define_unknown_imports_as_traps)).
    ///
    /// Whatever is done differently is an error with a [`Divergence`].
    pub fn replay(&mut self, recording: Recording) {
        self.inner.tape = Some(Box::new(Tape::replaying(recording)));
    }

    /// Has the host functions told that are replayed, such as to show what a program printed. Call it after
    /// [`replay`](Self::replay). Of a [`Timeline`](super::Timeline), which may replay calls more than once, each is told
    /// the first time.
    pub fn observe_replay(
        &mut self,
        observer: impl FnMut(&ReplayedCall<'_>) + Send + Sync + 'static,
    ) {
        if let Some(tape) = self.inner.tape.as_deref_mut() {
            tape.observer = Some(Box::new(observer));
        }
    }

    /// Whether all events of the recording that is replayed have been used.
    pub fn replay_is_over(&self) -> bool {
        let tape = self.inner.tape.as_deref();
        tape.is_some_and(|tape| !tape.live && tape.at >= tape.events.len())
    }

    /// Ends recording or replaying.
    pub fn stop_tape(&mut self) {
        self.inner.tape = None;
    }
}
