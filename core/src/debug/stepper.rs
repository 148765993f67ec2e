//! A call that stops where it is asked to.

use alloc::{boxed::Box, vec::Vec};
use core::ops::Range;

use super::{
    Codes, FuncInfo, Hit, Watch,
    watch::{Sites, hit_by, watched_by_host},
};
use crate::{
    error::Error,
    exec::{Execution, Pause, Progress, RawFrame, acts},
    func::{Func, SuspendReason, begin, read_vals, slots_of, step},
    instance::Instance,
    module::Module,
    store::{AsContext, AsContextMut, Store, StoreInner, Stored},
    sync::Shared,
    types::ValType,
    value::Val,
};

/// An instruction to stop before.
#[derive(Clone, Debug)]
pub struct Breakpoint {
    /// In whatever instance of it.
    pub module: Module,
    /// Byte offset of the instruction in the module.
    pub offset: u32,
}

impl Breakpoint {
    pub(super) fn is_at(&self, frame: &Frame) -> bool {
        self.offset == frame.offset && Module::same(&self.module, &frame.module)
    }
}

/// Instructions to stop before.
#[derive(Clone, Debug)]
pub struct CodeRange {
    /// In whatever instance of it.
    pub module: Module,
    /// Byte offsets in the module.
    pub offsets: Range<u32>,
}

/// How far a call is to run. It stops before an instruction at the first of these; traps and the end stop it always.
#[derive(Clone, Debug, Default)]
pub struct Until {
    /// The step count (see [`Store::steps`]).
    pub steps: Option<u64>,
    /// A frame that begins at this slot of the value stack or below it: [`Frame::base`].
    pub frame: Option<u32>,
    /// Whichever comes first.
    pub breakpoints: Vec<Breakpoint>,
    /// Any instruction in one of these.
    pub within: Vec<CodeRange>,
    /// Places that are written to, or read. The call stops behind the instruction that does.
    pub watches: Vec<Watch>,
    /// Before it instead.
    pub before_writes: bool,
    /// Behind each call of a host function that returned, going forwards.
    pub host_calls: bool,
}

impl Until {
    /// To the end.
    pub fn end() -> Until {
        Until::default()
    }

    /// The stop that a frame is, by where it stands.
    pub(super) fn stops_in(&self, frame: &Frame) -> Option<Stop> {
        let mut breakpoints = self.breakpoints.iter();
        if let Some(found) = breakpoints.position(|breakpoint| breakpoint.is_at(frame)) {
            return Some(Stop::Breakpoint(found));
        }
        let has = |range: &CodeRange| {
            range.offsets.contains(&frame.offset) && Module::same(&range.module, &frame.module)
        };
        if let Some(found) = self.within.iter().position(has) {
            return Some(Stop::Within(found));
        }
        let in_frame = self.frame.is_some_and(|lowest| frame.base <= lowest);
        in_frame.then_some(Stop::Frame)
    }

    /// To a step count.
    pub fn steps(count: u64) -> Until {
        Until {
            steps: Some(count),
            ..Until::default()
        }
    }
}

/// Why a call stopped.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stop {
    /// At the step count.
    Step,
    /// In one of the frames.
    Frame,
    /// At the breakpoint of this number.
    Breakpoint(usize),
    /// In the range of this number.
    Within(usize),
    /// A watched place was written to, or read.
    Watch(Hit),
    /// Behind the call of a host function.
    HostCall,
    /// It returned: see [`Stepper::results`].
    Done,
    /// It trapped, threw, exited, or a host function failed: see [`Stepper::error`]. Its frames can still be looked at.
    Failed,
    /// As a resumable call that is not debugged would: see [`Stepper::paused`].
    Paused,
}

/// A WebAssembly frame of a stopped call.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Whose function it is.
    pub instance: Instance,
    /// Of that instance.
    pub module: Module,
    /// Index of the function in its module (imports count).
    pub func: u32,
    /// Byte offset in the module of the instruction that is next (or has trapped), or of the call that is pending.
    pub offset: u32,
    /// Its first slot on the value stack: greater for frames further in.
    pub base: u32,
    pub(crate) raw: RawFrame,
    /// First slot of the frame that it calls, which its arguments now belong to.
    callee: Option<u32>,
}

/// What has become of a call.
pub(super) enum State {
    Stopped,
    Paused(Pause),
    Failed(Error),
    Done(Vec<Val>),
}

/// A call in a store of a [debugged](crate::Config::debug) engine, stopped.
///
/// # Panics
/// All methods panic when used with a store that is not the call's own.
pub struct Stepper {
    pub(super) execution: Box<Execution>,
    pub(super) func: Func,
    pub(super) state: State,
    pub(super) known: Shared<Known>,
}

/// What a stepper has found out about the code.
#[derive(Default)]
pub(super) struct Known {
    pub(super) codes: Codes,
    pub(super) sites: Sites,
}

impl Stepper {
    /// Calls a function up to its first instruction (of a host function, that calls none that can be stopped in, up
    /// to its end). Arguments are as for [`Func::call`].
    ///
    /// # Errors
    /// The engine does not debug; the arguments do not fit; the function cannot be entered.
    pub fn start(mut store: impl AsContextMut, func: Func, args: &[Val]) -> Result<Stepper, Error> {
        let store = store.as_context_mut().0;
        debugged(&store.inner)?;
        let ty = func.ty_in(&store.inner);
        let args = slots_of(&store.inner, ty.params(), args, "argument")?;
        let index = func.0.index(&store.inner);
        store.inner.tape_alone()?;
        begin(store, index, &args)?;
        let execution = Box::new(Execution::start(&mut store.inner, index, &args)?);
        let mut stepper = Stepper::of(execution, func, Shared::default());
        let now = store.inner.stops.steps;
        stepper.run(&mut *store, &Until::steps(now));
        Ok(stepper)
    }

    pub(super) fn of(execution: Box<Execution>, func: Func, known: Shared<Known>) -> Stepper {
        Stepper {
            execution,
            func,
            state: State::Stopped,
            known,
        }
    }

    /// The called function.
    pub fn func(&self) -> Func {
        self.func
    }

    /// Whether it has returned or failed.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Failed(_) | State::Done(_))
    }

    /// The results, if it has returned.
    pub fn results(&self) -> &[Val] {
        match &self.state {
            State::Done(results) => results,
            _ => &[],
        }
    }

    /// What it failed with, if it has.
    pub fn error(&self) -> Option<&Error> {
        match &self.state {
            State::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The same, by value; the call is dropped.
    pub fn into_error(self) -> Option<Error> {
        match self.state {
            State::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Why it paused, if it has. It goes on with the next `run`, after fuel was added or
    /// [results](Self::provide) were provided.
    pub fn paused(&self, store: impl AsContext) -> Option<SuspendReason<'_>> {
        let store = store.as_context();
        match &self.state {
            State::Paused(pause) => Some(pause.reason(&store.0.inner)),
            _ => None,
        }
    }

    /// Gives the results of the host function that suspended.
    ///
    /// # Errors
    /// None has, or they do not fit.
    pub fn provide(&mut self, mut store: impl AsContextMut, results: &[Val]) -> Result<(), Error> {
        let store = &mut store.as_context_mut().0.inner;
        let State::Paused(Pause::Host { func, .. }) = &self.state else {
            return Err(Error::new(
                "no host function of this call waits for its results",
            ));
        };
        let ty = Func(Stored::new(store, *func)).ty_in(store);
        let slots = slots_of(store, ty.results(), results, "result")?;
        self.execution.provide(&slots)?;
        store.tape_provide(&slots);
        Ok(())
    }

    /// Runs on. The instruction that it stands before is executed whatever `until` says, unless the step count is
    /// reached already.
    pub fn run(&mut self, mut store: impl AsContextMut, until: &Until) -> Stop {
        let store = store.as_context_mut().0;
        self.func.0.index(&store.inner);
        // A watched place is written to: to be told behind the instruction. (The first one may do so already.)
        let mut hit = None;
        if !until.before_writes && !until.watches.is_empty() {
            let here = self.frame(&store.inner);
            hit = here.and_then(|here| self.hit_here(&store.inner, &here, until));
        }
        loop {
            match &self.state {
                State::Failed(_) => return Stop::Failed,
                State::Done(_) => return Stop::Done,
                State::Stopped | State::Paused(_) => {}
            }
            let reached =
                |store: &StoreInner| until.steps.is_some_and(|at| store.stops.steps >= at);
            if self.execution.is_at_step() && reached(&store.inner) {
                return Stop::Step;
            }
            if let State::Paused(_) = self.state
                && let Err(error) = store.inner.tape_run()
            {
                self.state = State::Failed(error);
                return Stop::Failed;
            }
            self.arm(&mut store.inner, until, hit.is_some());
            let progress = step(store, &mut self.execution);
            let by_host = watched_by_host(&mut store.inner, until);
            let by_call = store.inner.stops.host_called;
            self.disarm(&mut store.inner);
            let over = match progress {
                Ok(Progress::Paused(Pause::Step)) => {
                    self.state = State::Stopped;
                    self.execution.keep(&mut store.inner);
                    None
                }
                Ok(Progress::Paused(pause)) => {
                    self.state = State::Paused(pause);
                    Some(Stop::Paused)
                }
                Ok(Progress::Done) => {
                    self.state = State::Done(self.read_results(&store.inner));
                    Some(Stop::Done)
                }
                Err(error) => {
                    self.state = State::Failed(error);
                    Some(Stop::Failed)
                }
            };
            if let Some(hit) = hit.take().or(by_host) {
                // (What an instruction has written is told before what came of it, unless nothing is left to stop at.)
                return over.unwrap_or_else(|| Stop::Watch(self.after(&store.inner, until, hit)));
            }
            if let Some(stop) = over {
                return stop;
            }
            let Some(frame) = self.frame(&store.inner) else {
                continue;
            };
            // (Before the step count: who goes on from there would not stop here again.)
            if let Some(stop) = until.stops_in(&frame) {
                return stop;
            }
            if by_call {
                return Stop::HostCall;
            }
            if reached(&store.inner) {
                return Stop::Step;
            }
            if !until.watches.is_empty() {
                hit = self.hit_here(&store.inner, &frame, until);
                if until.before_writes
                    && let Some(hit) = hit.take()
                {
                    return Stop::Watch(hit);
                }
            }
        }
    }

    /// The same, but frames that `until` names are only noted: the last step in one of them before the call stops.
    pub(super) fn run_noting(
        &mut self,
        store: &mut Store<impl Sized>,
        frame: u32,
        steps: u64,
    ) -> Option<u64> {
        let mut noted = None;
        while self.execution.is_at_step() && store.inner.stops.steps < steps {
            let here = self.frame(&store.inner);
            if here.is_some_and(|here| here.base <= frame) {
                noted = Some(store.inner.stops.steps);
            }
            self.arm(&mut store.inner, &Until::steps(steps), false);
            let stops = &mut store.inner.stops;
            (stops.frame, stops.note) = (Some(frame), true);
            let progress = step(store, &mut self.execution);
            noted = store.inner.stops.noted.or(noted);
            self.disarm(&mut store.inner);
            if !matches!(progress, Ok(Progress::Paused(Pause::Step))) {
                break;
            }
        }
        noted
    }

    /// Tells the machine where to stop.
    fn arm(&self, store: &mut StoreInner, until: &Until, at_next: bool) {
        let now = store.stops.steps + u64::from(self.execution.is_at_step());
        let level = store.nested_calls + 1;
        let stops = &mut store.stops;
        stops.clear();
        stops.level = level;
        stops.at = until.steps.unwrap_or(u64::MAX);
        if at_next {
            stops.at = stops.at.min(now);
            return;
        }
        for breakpoint in &until.breakpoints {
            stops.stop_at_offset(breakpoint.offset);
        }
        let ranges = until.within.iter();
        stops.ranges = ranges
            .map(|CodeRange { offsets, .. }| {
                (offsets.start, offsets.end.saturating_sub(offsets.start))
            })
            .collect();
        stops.frame = until.frame;
        for watch in &until.watches {
            stops.acts |= match watch {
                Watch::Reads { .. } => acts::READ,
                Watch::Memory { .. } => acts::MEMORY,
                Watch::Global(_) => acts::GLOBAL,
                Watch::Local { .. } => acts::LOCAL,
            };
        }
        stops.watched = Watch::bytes_of(&until.watches);
        stops.host_calls = until.host_calls;
        store.stops.watching = self.known.sites.lend(until, store);
    }

    /// Behind the run.
    fn disarm(&self, store: &mut StoreInner) {
        self.known.sites.take_back(store.stops.watching.take());
        store.stops.clear();
    }

    fn after(&self, store: &StoreInner, until: &Until, hit: Hit) -> Hit {
        let new = until.watches[hit.watch].value(self, store);
        Hit { new, ..hit }
    }

    fn read_results(&self, store: &StoreInner) -> Vec<Val> {
        let ty = self.func.ty_in(store);
        let mut results = alloc::vec![Val::I32(0); ty.results().len()];
        read_vals(
            store,
            ty.results(),
            self.execution.results(),
            results.iter_mut(),
        );
        results
    }

    /// The frames, from the innermost out; none if the call has returned.
    pub fn frames(&self, store: impl AsContext) -> Vec<Frame> {
        self.frames_in(&store.as_context().0.inner)
    }

    /// The innermost frame: the first of [`frames`](Self::frames), however many there are.
    pub fn innermost(&self, store: impl AsContext) -> Option<Frame> {
        let store = &store.as_context().0.inner;
        self.func.0.index(store);
        match self.state {
            State::Done(_) => None,
            _ => self.frame(store),
        }
    }

    pub(super) fn frames_in(&self, store: &StoreInner) -> Vec<Frame> {
        self.func.0.index(store);
        if let State::Done(_) = self.state {
            return Vec::new();
        }
        let mut callee = None;
        let raw = self.execution.raw_frames().into_iter();
        raw.map(|raw| {
            let frame = self.place(store, raw, callee);
            callee = Some(raw.base);
            frame
        })
        .collect()
    }

    /// The innermost frame.
    pub(super) fn frame(&self, store: &StoreInner) -> Option<Frame> {
        let raw = self.execution.innermost()?;
        Some(self.place(store, raw, None))
    }

    fn place(&self, store: &StoreInner, raw: RawFrame, callee: Option<u32>) -> Frame {
        let module = store.instances.get(raw.instance).module.clone();
        let info = self.known.codes.func(&module, raw.defined).ok();
        let offset = info.and_then(|info| info.offset(raw.code));
        Frame {
            instance: Instance(Stored::new(store, raw.instance)),
            func: module.inner().imported_funcs + raw.defined,
            offset: offset.unwrap_or_else(|| module.inner().body_start(raw.defined)),
            base: raw.base,
            raw,
            module,
            callee,
        }
    }

    pub(super) fn info(&self, frame: &Frame) -> Result<Shared<FuncInfo>, Error> {
        self.known.codes.func(&frame.module, frame.raw.defined)
    }

    /// Types and slots, from the frame's first, of the operands that are the frame's now.
    pub(super) fn operand_places(&self, frame: &Frame) -> Result<Vec<(ValType, u32)>, Error> {
        let operands = self
            .known
            .codes
            .operands(&frame.module, frame.raw.defined, frame.offset)?;
        let own = |(_, slot): &&(ValType, u32)| {
            frame.callee.is_none_or(|callee| frame.base + slot < callee)
        };
        Ok(operands.places.iter().take_while(own).copied().collect())
    }

    /// The locals of a frame, parameters first. The frame is one that [`frames`](Self::frames) gave since the call
    /// stopped (also below).
    ///
    /// # Errors
    /// The function is an image's.
    pub fn locals(&self, store: impl AsContext, frame: &Frame) -> Result<Vec<Val>, Error> {
        let store = &store.as_context().0.inner;
        let info = self.info(frame)?;
        Ok(self.values(store, frame, &info.locals))
    }

    /// The operands of a frame, from the bottom up, without those that a pending call has taken.
    ///
    /// # Errors
    /// As for [`locals`](Self::locals).
    pub fn operands(&self, store: impl AsContext, frame: &Frame) -> Result<Vec<Val>, Error> {
        let store = &store.as_context().0.inner;
        Ok(self.values(store, frame, &self.operand_places(frame)?))
    }

    fn values(&self, store: &StoreInner, frame: &Frame, places: &[(ValType, u32)]) -> Vec<Val> {
        let value = |&(ty, slot): &(ValType, u32)| self.value(store, frame.base + slot, ty);
        places.iter().map(value).collect()
    }

    pub(super) fn value(&self, store: &StoreInner, slot: u32, ty: ValType) -> Val {
        let slots = [slot, slot + 1].map(|slot| self.execution.slot(slot).unwrap_or(0));
        Val::from_slots(ty, &slots, store)
    }

    /// Changes a local of a frame.
    ///
    /// # Errors
    /// There is no such local; the value is not of its type; the call is over.
    pub fn set_local(
        &mut self,
        store: impl AsContext,
        frame: &Frame,
        local: u32,
        value: Val,
    ) -> Result<(), Error> {
        let info = self.info(frame)?;
        let place = info.locals.get(local as usize).copied();
        self.set(&store.as_context().0.inner, frame, place, value)
    }

    /// Changes an operand of a frame, counted from the bottom of its operand stack.
    ///
    /// # Errors
    /// As for [`set_local`](Self::set_local).
    pub fn set_operand(
        &mut self,
        store: impl AsContext,
        frame: &Frame,
        operand: u32,
        value: Val,
    ) -> Result<(), Error> {
        let place = self.operand_places(frame)?.get(operand as usize).copied();
        self.set(&store.as_context().0.inner, frame, place, value)
    }

    fn set(
        &mut self,
        store: &StoreInner,
        frame: &Frame,
        place: Option<(ValType, u32)>,
        value: Val,
    ) -> Result<(), Error> {
        let Some((ty, slot)) = place else {
            return Err(Error::new("there is no such local or operand"));
        };
        if self.is_over() {
            return Err(Error::new(
                "the call is over: its frames can only be looked at",
            ));
        }
        if !value.is_a(store, ty) {
            let found = value.ty();
            return Err(Error::new(message!("expected {}, found {}", ty, found)));
        }
        let mut slots = [0; 2];
        let count = value.to_slots(store, &mut slots);
        for (at, value) in (frame.base + slot..).zip(&slots[..count]) {
            self.execution.set_slot(at, *value);
        }
        Ok(())
    }

    /// The watch that the instruction writes to which the call stands before.
    pub(super) fn hit_here(&self, store: &StoreInner, frame: &Frame, until: &Until) -> Option<Hit> {
        if until.watches.is_empty() || self.is_over() {
            return None;
        }
        hit_by(self, store, frame, until)
    }

    /// Ends the call where it is, and gives its stack back to the store.
    pub fn abandon(self, mut store: impl AsContextMut) {
        let store = store.as_context_mut().0;
        self.func.0.index(&store.inner);
        self.execution.finish(&mut store.inner);
    }
}

impl core::fmt::Debug for Stepper {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Stepper")
            .field("func", &self.func)
            .finish_non_exhaustive()
    }
}

/// Refuses a store whose code cannot stop.
pub(super) fn debugged(store: &StoreInner) -> Result<(), Error> {
    if store.engine.debugging() {
        return Ok(());
    }
    Err(Error::new("the engine does not debug: see Config::debug"))
}
