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

use alloc::{boxed::Box, string::String, vec::Vec};

use crate::{
    encoding::{Reader, put, put_list},
    error::{Error, ErrorKind},
    func::call_slots,
    map::Map,
    module::ExternKind,
    store::{FuncKind, Store, StoreInner},
    trap::{Trap, TrapCode},
};

/// A call of a host function that was replayed.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReplayedCall<'a> {
    /// The import's module and name.
    pub module: &'a str,
    /// The import's name.
    pub name: &'a str,
    /// Slots of the arguments: numbers are their bits, the lower ones if they have 32; vectors take two.
    pub args: &'a [u64],
    /// Slots of the results.
    pub results: &'a [u64],
    /// The first memory of the instance that imports the function, as it is after the call; empty if there is none.
    pub memory: &'a [u8],
}

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
    /// Host functions that run, the innermost last.
    running: Vec<Changes>,
    /// Instance and import of functions, by their index in the store.
    names: Map<u32, (u32, u32)>,
}

/// Memory that a host function has changed.
#[derive(Default)]
struct Changes {
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

    /// Notes what a host function does besides writing to memory.
    fn effect(&mut self, kind: u8, numbers: &[u64]) {
        if self.running.is_empty() || self.replays() {
            return;
        }
        let mut event = alloc::vec![kind];
        numbers.iter().for_each(|number| put(&mut event, *number));
        self.push(&event);
    }
}

impl StoreInner {
    /// The tape, while a host function runs whose doings are recorded.
    fn recorded(&mut self) -> Option<&mut Tape> {
        let tape = self.tape.as_deref_mut()?;
        (!tape.running.is_empty() && !tape.replays()).then_some(tape)
    }

    /// The host may write anywhere in a memory now.
    pub(crate) fn note_open(&mut self, memory: u32) {
        if self.tape.is_none() {
            return;
        }
        let StoreInner { tape, memories, .. } = self;
        let Some(tape) = tape.as_deref_mut() else {
            return;
        };
        if tape.replays() {
            return;
        }
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
        let tape = tape.as_deref_mut();
        let tape = tape.filter(|tape| !tape.running.is_empty() && !tape.replays());
        Notes(tape.map(|tape| (tape, memory)))
    }

    pub(crate) fn note_grow(&mut self, memory: u32, delta: u64) {
        if let Some(tape) = self.recorded() {
            tape.effect(kind::GROW, &[memory.into(), delta]);
        }
    }

    pub(crate) fn note_global(&mut self, global: u32) {
        let [low, high] = self.globals.get(global).value;
        if let Some(tape) = self.recorded() {
            tape.effect(kind::GLOBAL, &[global.into(), low, high]);
        }
    }

    pub(crate) fn note_fill(&mut self, table: u32, first: u64, count: u64, slot: u64) {
        if let Some(tape) = self.recorded() {
            tape.effect(kind::FILL, &[table.into(), first, count, slot]);
        }
    }

    pub(crate) fn note_extend(&mut self, table: u32, delta: u64, slot: u64) {
        if let Some(tape) = self.recorded() {
            tape.effect(kind::EXTEND, &[table.into(), delta, slot]);
        }
    }

    pub(crate) fn note_fuel(&mut self) {
        let fuel = self.fuel;
        if let Some(tape) = self.recorded() {
            tape.effect(kind::FUEL, &[fuel]);
        }
    }

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

    /// Writes what has changed in memory since the host function began, or since the last time.
    fn flush(&mut self) {
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

    /// A host function begins, and is recorded.
    fn begin_host(&mut self, func: u32, args: &[u64]) {
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
    fn end_host(
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

/// Does what a host function did.
fn replay_host<T>(
    store: &mut Store<T>,
    func: u32,
    args: &[u64],
    slots: &mut [u64],
) -> Result<(), Error> {
    let name = store.inner.name_of(func);
    let counted = store.inner.engine.debugging();
    let steps = store.inner.stops.steps;
    let ends = "the recording ends here";
    let Some(tape) = store.inner.tape.as_deref_mut() else {
        return Err(Error::new(ends));
    };
    let mut cursor = tape.cursor();
    let next = (|| {
        Some((
            cursor.byte()?,
            (cursor.index()?, cursor.index()?),
            cursor.number()?,
            cursor.slots()?,
        ))
    })();
    let at = cursor.at();
    match next {
        None => return Err(store.inner.diverged(ends)),
        Some((kind::HOST, recorded, at_steps, recorded_args)) => {
            if recorded != name {
                return Err(store.inner.diverged(alloc::format!(
                    "function {name:?} (instance, import) is called, {recorded:?} was"
                )));
            }
            if recorded_args != args {
                return Err(store.inner.diverged(alloc::format!(
                    "import {} is called with other arguments: {args:?} instead of {recorded_args:?}",
                    name.1
                )));
            }
            if counted && at_steps != 0 && at_steps != steps + 1 {
                return Err(store.inner.diverged(alloc::format!(
                    "import {} is called here, it was at step {}",
                    name.1,
                    at_steps - 1
                )));
            }
        }
        Some(_) => {
            return Err(store
                .inner
                .diverged("a host function is called where none was"));
        }
    }
    tape.at = at;
    tape.running.push(Changes::default());
    let result = replay_effects(store, slots);
    if let Some(tape) = store.inner.tape.as_deref_mut() {
        tape.running.pop();
    }
    if result.is_ok() {
        let results = &slots[..store.inner.funcs[func as usize].result_slots as usize];
        store.inner.tell_replayed(name, args, results);
    }
    result
}

fn replay_effects<T>(store: &mut Store<T>, slots: &mut [u64]) -> Result<(), Error> {
    loop {
        match replay_effect(store, slots) {
            Some(Ok(None)) => {}
            Some(Ok(Some(result))) => return result,
            Some(Err(error)) => return Err(error),
            None => {
                return Err(store
                    .inner
                    .diverged("the recording ends inside of a host function, or is damaged"));
            }
        }
    }
}

/// The next of what a host function did, and its result if that was the last; `None` if there is no next.
#[allow(clippy::type_complexity)]
fn replay_effect<T>(
    store: &mut Store<T>,
    slots: &mut [u64],
) -> Option<Result<Option<Result<(), Error>>, Error>> {
    let inner = &mut store.inner;
    let tape = inner.tape.as_deref_mut()?;
    let mut cursor = Cursor::new(&tape.events, tape.at);
    let kind = cursor.byte()?;
    let memories = inner.memories.len() as u32;
    let globals = inner.globals.len() as u32;
    let tables = inner.tables.len() as u32;
    match kind {
        kind::WRITE => {
            let memory = cursor.index().filter(|memory| *memory < memories)?;
            let start = usize::try_from(cursor.number()?).ok()?;
            let bytes = cursor.run()?;
            let data = inner.memories.get_mut(memory).data_mut();
            data.get_mut(start..start.checked_add(bytes.len())?)?
                .copy_from_slice(bytes);
            tape.at = cursor.at();
        }
        kind::GLOBAL => {
            let global = cursor.index().filter(|global| *global < globals)?;
            let value = [cursor.number()?, cursor.number()?];
            tape.at = cursor.at();
            inner.globals.get_mut(global).value = value;
        }
        kind::FUEL => {
            let fuel = cursor.number()?;
            tape.at = cursor.at();
            inner.fuel = fuel;
        }
        kind::FILL => {
            let table = cursor.index().filter(|table| *table < tables)?;
            let first = usize::try_from(cursor.number()?).ok()?;
            let count = usize::try_from(cursor.number()?).ok()?;
            let slot = cursor.number()?;
            tape.at = cursor.at();
            let elements = &mut inner.tables.get_mut(table).elements;
            elements
                .get_mut(first..first.checked_add(count)?)?
                .fill(slot);
        }
        kind::GROW => {
            let memory = cursor.index().filter(|memory| *memory < memories)?;
            let delta = cursor.number()?;
            tape.at = cursor.at();
            if let Err(error) = store.grow_memory(memory, delta) {
                return Some(Err(error));
            }
        }
        kind::EXTEND => {
            let table = cursor.index().filter(|table| *table < tables)?;
            let (delta, slot) = (cursor.number()?, cursor.number()?);
            tape.at = cursor.at();
            if let Err(error) = store.grow_table(table, delta, slot) {
                return Some(Err(error));
            }
        }
        kind::NESTED => {
            let name = (cursor.index()?, cursor.index()?);
            let args = cursor.slots()?;
            tape.at = cursor.at();
            let func = inner.func_named(name)?;
            // (Its result was the host function's business; running out of the recording is ours.)
            if let Err(error) = call_slots(store, func, &args)
                && error.downcast_ref::<Divergence>().is_some()
            {
                return Some(Err(error));
            }
        }
        kind::RETURN => {
            let results = cursor.slots()?;
            tape.at = cursor.at();
            slots.get_mut(..results.len())?.copy_from_slice(&results);
            return Some(Ok(Some(Ok(()))));
        }
        kind::TRAP => {
            let code = *TrapCode::ALL.get(cursor.number()? as usize)?;
            tape.at = cursor.at();
            return Some(Ok(Some(Err(Trap::new(code).into()))));
        }
        kind::EXIT => {
            let code = cursor.index()?;
            tape.at = cursor.at();
            return Some(Ok(Some(Err(Error::exit(code as i32)))));
        }
        kind::FAIL => {
            let text = String::from_utf8_lossy(cursor.run()?).into_owned();
            tape.at = cursor.at();
            return Some(Ok(Some(Err(Error::new(text)))));
        }
        // Its results follow.
        kind::SUSPEND => tape.at = cursor.at(),
        _ => return None,
    }
    Some(Ok(None))
}

impl StoreInner {
    /// Tells the observer of a host function that has returned.
    fn tell_replayed(&mut self, (instance, import): (u32, u32), args: &[u64], results: &[u64]) {
        let Some(observer) = self
            .tape
            .as_deref_mut()
            .and_then(|tape| tape.observer.as_mut())
        else {
            return;
        };
        if instance as usize >= self.instances.len() {
            return;
        }
        let instance = self.instances.get(instance);
        let module = instance.module.inner();
        let imports = module.imports.iter(module, 0);
        let mut funcs = imports.filter(|entry| entry.kind == ExternKind::Func);
        let Some(entry) = funcs.nth(import as usize) else {
            return;
        };
        // SAFETY: memories live as long as their store; nobody else refers to this one now.
        let memory = (instance.memories.first()).map(|memory| unsafe { memory.as_ref() }.data());
        observer(&ReplayedCall {
            module: module.text(&entry.module),
            name: module.text(&entry.name),
            args,
            results,
            memory: memory.unwrap_or_default(),
        });
    }

    /// The function of a name, which may be any numbers.
    fn func_named(&self, (instance, index): (u32, u32)) -> Option<u32> {
        if instance == u32::MAX {
            return ((index as usize) < self.funcs.len()).then_some(index);
        }
        if instance as usize >= self.instances.len() {
            return None;
        }
        self.instances.get(instance).func(index)
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
    /// [`replay`](Self::replay).
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

impl core::fmt::Debug for Notes<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Notes").field(&self.are_taken()).finish()
    }
}
