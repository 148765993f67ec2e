//! A call in both directions of time.
//!
//! Host functions are recorded as they are called for the first time, and snapshots are taken on the way. Going back is
//! restoring the nearest snapshot before, and running from there with what was recorded; host functions notice nothing
//! of it: they are at the latest step that was ever reached, the end of the timeline.

use alloc::{boxed::Box, vec::Vec};

use super::{
    Snapshot, Stepper, Stop, Until, Watch,
    stepper::{Breakpoint, debugged},
    tape::Tape,
};
use crate::{
    error::Error,
    func::Func,
    store::{AsContextMut, Store},
    sync::Shared,
    value::Val,
};

/// How a timeline keeps its snapshots.
#[derive(Clone, Copy, Debug)]
pub struct TimelineOptions {
    /// Bytes that snapshots may take. When they are more, every other one is dropped and they are taken half as often.
    pub budget: usize,
    /// Steps between snapshots, at first; more, if the state is large.
    pub interval: u64,
}

impl Default for TimelineOptions {
    fn default() -> TimelineOptions {
        TimelineOptions {
            budget: if usize::BITS > 32 {
                512 << 20
            } else {
                16 << 10
            },
            interval: 1 << 20,
        }
    }
}

/// What a call is to stop at, besides its end and traps.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// Instructions to stop before.
    pub breakpoints: Vec<Breakpoint>,
    /// Places that are written to, or read.
    pub watches: Vec<Watch>,
}

/// A snapshot, and the next event of the tape.
struct Mark {
    snapshot: Snapshot,
    event: usize,
    /// Values were changed here by hand: what comes later cannot be had from what came before.
    edited: bool,
}

/// A call of a store of a debugged engine, which can go back.
///
/// Its store must not be used for anything else that changes it.
///
/// # Panics
/// All methods panic when used with a store that is not the call's own.
pub struct Timeline {
    stepper: Stepper,
    marks: Vec<Mark>,
    options: TimelineOptions,
    interval: u64,
    /// Bytes of the snapshots, at most.
    bytes: usize,
    /// The last step that was reached, and whether the call ended there.
    end: u64,
    ended: bool,
}

impl Timeline {
    /// Calls a function up to its first instruction, as [`Stepper::start`].
    ///
    /// If the store replays a [`Recording`](super::Recording), the call does so, too; otherwise its host functions are recorded from here
    /// on, for the timeline itself.
    ///
    /// # Errors
    /// As for `start`, and the function is the host's, or the store's state cannot be saved; the store records to
    /// somewhere else.
    pub fn start<T>(
        store: &mut Store<T>,
        func: Func,
        args: &[Val],
        options: TimelineOptions,
    ) -> Result<Timeline, Error> {
        debugged(&store.inner)?;
        match &store.inner.tape {
            None => store.inner.tape = Some(Box::new(Tape::recording(None))),
            Some(tape) if tape.is_elsewhere() => {
                return Err(Error::new("the store is recorded to somewhere else"));
            }
            Some(_) => {}
        }
        let stepper = Stepper::start(&mut *store, func, args)?;
        Timeline::of(store, stepper, options)
    }

    /// Goes on from a stopped call, such as one that was restored from a snapshot.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn of<T>(
        store: &mut Store<T>,
        stepper: Stepper,
        options: TimelineOptions,
    ) -> Result<Timeline, Error> {
        if store.inner.tape.is_none() {
            store.inner.tape = Some(Box::new(Tape::recording(None)));
        }
        let mut timeline = Timeline {
            stepper,
            marks: Vec::new(),
            options,
            interval: options.interval.max(1),
            bytes: 0,
            end: store.steps(),
            ended: false,
        };
        if timeline.stepper.is_over() {
            return Err(match timeline.stepper.error() {
                Some(error) => Error::new(alloc::format!("{error}")),
                None => Error::new("the call has ended before its first instruction"),
            });
        }
        timeline.mark(store, false)?;
        Ok(timeline)
    }

    /// The call where it is now.
    pub fn stepper(&self) -> &Stepper {
        &self.stepper
    }

    /// The first step.
    pub fn first(&self) -> u64 {
        self.marks[0].snapshot.steps()
    }

    /// The last step that was ever reached.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Whether the call has returned or failed at the [end](Self::end).
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Bytes that the snapshots take, each page counted once, and how many they are.
    pub fn snapshots(&self) -> (usize, usize) {
        let mut pages = Vec::new();
        let mut bytes = 0;
        for mark in &self.marks {
            bytes += mark.snapshot.pages(&mut pages);
        }
        pages.sort_unstable();
        pages.dedup();
        let shared: usize = pages.iter().map(|(_, bytes)| bytes).sum();
        (bytes + shared, self.marks.len())
    }

    /// The steps that there are snapshots of, ascending.
    pub fn snapshot_steps(&self) -> impl Iterator<Item = u64> {
        self.marks.iter().map(|mark| mark.snapshot.steps())
    }

    /// Goes to a step, or as near as the call gets.
    pub fn go_to<T>(&mut self, store: &mut Store<T>, step: u64) -> Result<Stop, Error> {
        let step = step.max(self.first());
        let now = store.steps();
        let at = self.mark_before(step.saturating_add(1));
        // (A later snapshot is nearer than running there, even forwards.)
        if step < now || self.marks[at].snapshot.steps() > now {
            self.restore(store, at)?;
        }
        self.forward(store, &Until::steps(step))
    }

    /// One instruction.
    pub fn step<T>(&mut self, store: &mut Store<T>) -> Result<Stop, Error> {
        let next = store.steps() + 1;
        self.forward(store, &Until::steps(next))
    }

    /// One instruction back. At the first step it stays there.
    pub fn step_back<T>(&mut self, store: &mut Store<T>) -> Result<Stop, Error> {
        // (In any frame. What a host function has called passes in one.)
        let until = until(&Conditions::default(), Some(u32::MAX));
        match self.backward(store, &until)? {
            Stop::Frame => Ok(Stop::Step),
            stop => Ok(stop),
        }
    }

    /// One instruction of this frame: over what it calls.
    pub fn step_over<T>(
        &mut self,
        store: &mut Store<T>,
        conditions: &Conditions,
    ) -> Result<Stop, Error> {
        let frame = self.stepper.frame(&store.inner).map(|frame| frame.base);
        self.forward(store, &until(conditions, frame))
    }

    /// The same back.
    pub fn step_over_back<T>(
        &mut self,
        store: &mut Store<T>,
        conditions: &Conditions,
    ) -> Result<Stop, Error> {
        match self.base(store, 0) {
            Some(frame) => self.backward(store, &until(conditions, Some(frame))),
            None => self.step_back(store),
        }
    }

    /// Until this frame has returned.
    pub fn step_out<T>(
        &mut self,
        store: &mut Store<T>,
        conditions: &Conditions,
    ) -> Result<Stop, Error> {
        let caller = self.base(store, 1);
        self.forward(store, &until(conditions, caller))
    }

    /// Back to the call of this frame's function.
    pub fn step_out_back<T>(
        &mut self,
        store: &mut Store<T>,
        conditions: &Conditions,
    ) -> Result<Stop, Error> {
        let caller = self.base(store, 1);
        self.backward(store, &until(conditions, caller))
    }

    /// Until something to stop at.
    pub fn resume<T>(
        &mut self,
        store: &mut Store<T>,
        conditions: &Conditions,
    ) -> Result<Stop, Error> {
        self.forward(store, &until(conditions, None))
    }

    /// The same back. Where nothing is found, to the first step: [`Stop::Step`].
    pub fn resume_back<T>(
        &mut self,
        store: &mut Store<T>,
        conditions: &Conditions,
    ) -> Result<Stop, Error> {
        self.backward(store, &until(conditions, None))
    }

    /// Runs forwards; `until` is as for [`Stepper::run`].
    ///
    /// # Errors
    /// A snapshot cannot be taken.
    pub fn forward<T>(&mut self, store: &mut Store<T>, until: &Until) -> Result<Stop, Error> {
        loop {
            let now = store.steps();
            // Over what was changed by hand there is no running, only going behind it.
            let edited = self.marks.iter().position(|mark| {
                mark.edited && mark.snapshot.steps() > now && !self.stepper.is_over()
            });
            let next_mark = match edited {
                Some(at) => self.marks[at].snapshot.steps(),
                None => self.next_mark(now),
            };
            let goal = until.steps.unwrap_or(u64::MAX).min(next_mark);
            let part = Until {
                steps: Some(goal),
                ..until.clone()
            };
            let stop = self.stepper.run(&mut *store, &part);
            let now = store.steps();
            if now > self.end || self.stepper.is_over() {
                self.end = self.end.max(now);
                self.ended |= self.stepper.is_over() && now == self.end;
            }
            let on_the_way = matches!(stop, Stop::Step);
            match edited {
                Some(at) if now >= next_mark => self.restore(store, at)?,
                None if now >= next_mark
                    && !self.stepper.is_over()
                    && !matches!(stop, Stop::Paused) =>
                {
                    self.mark(store, false)?;
                }
                _ => {}
            }
            if !on_the_way || until.steps.is_some_and(|steps| now >= steps) {
                return Ok(stop);
            }
        }
    }

    /// Runs back to the last place before now where `until` would have stopped. `until.steps` is where it gives up
    /// (at the snapshot before it): long searches can be made in parts. Without it, they end at the first step.
    ///
    /// # Errors
    /// As for [`forward`](Self::forward).
    pub fn backward<T>(&mut self, store: &mut Store<T>, until: &Until) -> Result<Stop, Error> {
        let plain =
            until.breakpoints.is_empty() && until.within.is_empty() && until.watches.is_empty();
        let lowest = until.steps.unwrap_or(0).max(self.first());
        let mut limit = store.steps();
        if plain && until.frame.is_none() {
            return self.go_to(store, lowest);
        }
        // Usually it is the instruction before.
        if plain && limit > lowest {
            self.go_to(store, limit - 1)?;
            let here = self.stepper.frame(&store.inner);
            let before = store.steps() < limit;
            let found = |frame| here.is_some_and(|here| before && here.base <= frame);
            if until.frame.is_some_and(found) {
                return Ok(Stop::Frame);
            }
        }
        while limit > lowest {
            let at = self.mark_before(limit);
            self.restore(store, at)?;
            let found = match until.frame {
                Some(frame) if plain => {
                    let noted = self.stepper.run_noting(store, frame, limit);
                    noted.map(|step| (step, Stop::Frame))
                }
                _ => self.last_stop(store, until, limit),
            };
            if let Some((step, stop)) = found {
                self.go_to(store, step)?;
                return Ok(stop);
            }
            limit = self.marks[at].snapshot.steps();
        }
        self.go_to(store, limit)
    }

    /// The last stop before a step, from here on.
    fn last_stop<T>(
        &mut self,
        store: &mut Store<T>,
        until: &Until,
        limit: u64,
    ) -> Option<(u64, Stop)> {
        let until = Until {
            steps: Some(limit),
            before_writes: true,
            ..until.clone()
        };
        let mut found = None;
        // The instruction that it stands before may be one.
        let here = self.stepper.frame(&store.inner);
        if let Some(here) = &here {
            let hit = || self.stepper.hit_here(&store.inner, here, &until);
            let stop = until.stops_in(here).or_else(|| hit().map(Stop::Watch));
            found = stop.map(|stop| (store.steps(), stop));
        }
        while store.steps() < limit {
            let stop = self.stepper.run(&mut *store, &until);
            let at = match &stop {
                Stop::Watch(hit) => hit.step,
                _ => store.steps(),
            };
            match stop {
                Stop::Breakpoint(_) | Stop::Within(_) | Stop::Frame | Stop::Watch(_)
                    if at < limit =>
                {
                    found = Some((at, stop));
                }
                _ => break,
            }
        }
        found
    }

    /// Changes the call or its store by hand: memories, globals, locals. The future is forgotten, and what the host
    /// functions did in it cannot be undone: so this is possible only at the end of the timeline.
    ///
    /// # Errors
    /// It is not at its end; what `edit` fails with; the state cannot be saved.
    pub fn edit<T, R>(
        &mut self,
        store: &mut Store<T>,
        edit: impl FnOnce(&mut Store<T>, &mut Stepper) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if store.steps() != self.end || self.stepper.is_over() {
            return Err(Error::new(
                "values can be changed at the last step only: what has happened, has happened",
            ));
        }
        let done = edit(store, &mut self.stepper)?;
        self.marks.retain(|mark| mark.snapshot.steps() < self.end);
        self.mark(store, true)?;
        Ok(done)
    }

    /// Where the frame begins that is so many further out than the innermost.
    fn base<T>(&self, store: &Store<T>, out: usize) -> Option<u32> {
        let frames = self.stepper.frames_in(&store.inner);
        frames.get(out).map(|frame| frame.base)
    }

    /// The number of the last snapshot before a step.
    fn mark_before(&self, step: u64) -> usize {
        let behind = self
            .marks
            .partition_point(|mark| mark.snapshot.steps() < step);
        behind.saturating_sub(1)
    }

    /// Where the next snapshot is to be taken.
    fn next_mark(&self, now: u64) -> u64 {
        match self.marks.last() {
            Some(last) if last.snapshot.steps() + self.interval > now => {
                last.snapshot.steps() + self.interval
            }
            _ => now + self.interval,
        }
    }

    fn restore<T>(&mut self, store: &mut Store<T>, at: usize) -> Result<(), Error> {
        let mark = &self.marks[at];
        let known = Shared::clone(&self.stepper.known);
        let stepper = mark.snapshot.restore_with(store, known)?;
        core::mem::replace(&mut self.stepper, stepper).abandon(&mut *store);
        if let Some(tape) = store.inner.tape.as_deref_mut() {
            tape.rewind(mark.event);
        }
        Ok(())
    }

    /// Takes a snapshot here, and drops some if they are too large.
    fn mark<T>(&mut self, store: &mut Store<T>, edited: bool) -> Result<(), Error> {
        let before = self.marks.last().map(|mark| &mark.snapshot);
        let snapshot = Snapshot::after(&store.inner, &self.stepper, before)?;
        // Copying the state should take less time than what runs between.
        self.interval = self.interval.max(snapshot.state_bytes() as u64 / 8);
        self.bytes += snapshot.new_bytes;
        let event = store.inner.tape.as_deref().map_or(0, Tape::position);
        self.marks.push(Mark {
            snapshot,
            event,
            edited,
        });
        while self.bytes > self.options.budget && self.marks.len() > 2 {
            self.interval = self.interval.saturating_mul(2);
            let (last, mut at) = (self.marks.len() - 1, 0);
            self.marks.retain(|mark| {
                at += 1;
                at % 2 == 1 || mark.edited || at > last
            });
            self.bytes = self.snapshots().0;
            if self.marks.len() > last {
                break;
            }
        }
        Ok(())
    }

    /// Ends the call where it is.
    pub fn abandon(self, mut store: impl AsContextMut) {
        let store = store.as_context_mut().0;
        store.inner.tape = None;
        self.stepper.abandon(store);
    }
}

/// The stops of conditions, and of frames up to one.
fn until(conditions: &Conditions, frame: Option<u32>) -> Until {
    Until {
        frame,
        breakpoints: conditions.breakpoints.clone(),
        watches: conditions.watches.clone(),
        ..Until::default()
    }
}

impl core::fmt::Debug for Timeline {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Timeline")
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
