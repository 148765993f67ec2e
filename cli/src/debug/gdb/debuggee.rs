//! The program that is debugged: where it stops, in both directions of time.

use std::path::PathBuf;

use gdbstub::{
    common::Signal,
    stub::SingleThreadStopReason,
    target::ext::{base::reverse_exec::ReplayLogPosition, breakpoints::WatchKind},
};
use wasmote::{
    Error, Instance, Memory, Module, Store, TrapCode, Val,
    debug::{Breakpoint, Frame, Hit, Stepper, Stop, Timeline, TimelineOptions, Until, Watch},
};

use crate::{
    debug::address::{CODE, Place},
    program::Entry,
};

/// Steps between looks at the connection.
const SLICE: u64 = 2_000_000;

/// Bytes of a memory to stop at.
#[derive(PartialEq, Eq)]
struct Watchpoint {
    place: Place,
    len: u64,
    kind: WatchKind,
}

/// A program on its timeline.
pub struct Debuggee<T: 'static> {
    pub(super) store: Store<T>,
    pub(super) timeline: Timeline,
    pub(super) module: Module,
    pub(super) instance: Instance,
    /// The file that the module is from.
    pub(super) file: PathBuf,
    breakpoints: Vec<u32>,
    watches: Vec<Watchpoint>,
    /// What it is to do now.
    order: Order,
    /// What it does with the next order to go on, instead: from the step where that was said.
    pub(super) planned: Option<(u64, Travel)>,
    /// Words for the client about the last stop.
    pub(super) message: Option<String>,
    /// The client knows that it stands at the end: going on from there is over.
    at_end: bool,
}

/// What the client wants it to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Step,
    Continue,
    Travel(Travel),
}

/// Moves in time but onwards.
#[derive(Clone, Copy, Debug)]
pub(super) enum Travel {
    Step,
    Continue,
    To(u64),
    /// Back to the last write to some bytes of the first memory.
    Writer {
        start: u64,
        len: u64,
    },
}

impl<T: 'static> Debuggee<T> {
    /// Calls what a program begins with, up to the first instruction.
    pub fn start(
        mut store: Store<T>,
        module: Module,
        file: PathBuf,
        entry: &Entry,
    ) -> Result<Debuggee<T>, Error> {
        let options = TimelineOptions::default();
        let timeline = Timeline::start(&mut store, entry.func, &entry.arguments, options)?;
        Ok(Debuggee::of(store, module, file, entry.instance, timeline))
    }

    /// Goes on where a call stands.
    pub fn at(
        mut store: Store<T>,
        module: Module,
        file: PathBuf,
        (instance, stepper): (Instance, Stepper),
    ) -> Result<Debuggee<T>, Error> {
        let timeline = Timeline::of(&mut store, stepper, TimelineOptions::default())?;
        Ok(Debuggee::of(store, module, file, instance, timeline))
    }

    fn of(
        store: Store<T>,
        module: Module,
        file: PathBuf,
        instance: Instance,
        timeline: Timeline,
    ) -> Debuggee<T> {
        Debuggee {
            store,
            timeline,
            module,
            instance,
            file,
            breakpoints: Vec::new(),
            watches: Vec::new(),
            order: Order::Continue,
            planned: None,
            message: None,
            at_end: false,
        }
    }

    /// Its results, if it has returned, or what it failed with.
    pub fn outcome(&self) -> Result<&[Val], &Error> {
        let stepper = self.timeline.stepper();
        match stepper.error() {
            Some(error) => Err(error),
            None => Ok(stepper.results()),
        }
    }

    pub fn steps(&self) -> u64 {
        self.store.steps()
    }

    /// Its frames, from the innermost out.
    pub fn frames(&self) -> Vec<Frame> {
        self.timeline.stepper().frames(&self.store)
    }

    /// Where it is.
    pub fn pc(&self) -> u64 {
        let frames = self.frames();
        let offset = frames.first().map_or(0, |frame| frame.offset);
        CODE | u64::from(offset)
    }

    pub fn memory(&self, index: u32) -> Option<Memory> {
        self.instance.memory_at(&self.store, index)
    }

    /// Adds a breakpoint, or gives false where no code is.
    pub(super) fn add_breakpoint(&mut self, address: u64) -> bool {
        let code = self.module.bytes().len();
        match Place::at(address) {
            Some(Place::Code { offset }) if (offset as usize) < code => {
                self.breakpoints.push(offset);
                true
            }
            _ => false,
        }
    }

    pub(super) fn remove_breakpoint(&mut self, address: u64) -> bool {
        let mut breakpoints = self.breakpoints.iter();
        let found = breakpoints.position(|offset| CODE | u64::from(*offset) == address);
        found.map(|at| self.breakpoints.remove(at)).is_some()
    }

    /// Watches bytes, or gives false where no memory is.
    pub(super) fn add_watch(&mut self, address: u64, len: u64, kind: WatchKind) -> bool {
        match Place::at(address) {
            Some(place @ Place::Memory { index, .. }) if self.memory(index).is_some() => {
                self.watches.push(Watchpoint { place, len, kind });
                true
            }
            _ => false,
        }
    }

    pub(super) fn remove_watch(&mut self, address: u64, len: u64, kind: WatchKind) -> bool {
        let mut watches = self.watches.iter();
        let found =
            watches.position(|w| (w.place.address(), w.len, w.kind) == (address, len, kind));
        found.map(|at| self.watches.remove(at)).is_some()
    }

    /// Takes an order. A travel that was planned replaces the order to go on.
    pub(super) fn order(&mut self, order: Order) -> Result<(), Error> {
        self.message = None;
        self.order = match (order, self.planned) {
            (Order::Continue, Some((from, travel))) => {
                self.planned = None;
                // LLDB steps off a breakpoint before it goes on.
                self.timeline.go_to(&mut self.store, from)?;
                Order::Travel(travel)
            }
            _ => order,
        };
        Ok(())
    }

    /// Does a part of what was ordered; gives why it stopped, if it has.
    pub fn work(&mut self) -> Result<Option<SingleThreadStopReason<u64>>, Error> {
        let stop = match self.order {
            Order::Travel(travel) => {
                self.at_end = false;
                return self.travel(travel);
            }
            // (Before it travels, it need not move.)
            Order::Step if self.planned.is_some() && self.timeline.stepper().is_over() => {
                return Ok(Some(signal(Signal::SIGTRAP)));
            }
            // A program that is over was looked at: now it is gone.
            Order::Step | Order::Continue if self.timeline.stepper().is_over() => {
                return Ok(Some(self.end()));
            }
            Order::Step => match self.timeline.step(&mut self.store)? {
                Stop::Step => return Ok(Some(signal(Signal::SIGTRAP))),
                stop => stop,
            },
            Order::Continue => {
                let until = Until {
                    steps: Some(self.store.steps() + SLICE),
                    ..self.stops()
                };
                match self.timeline.forward(&mut self.store, &until)? {
                    Stop::Step => return Ok(None),
                    stop => stop,
                }
            }
        };
        self.reason(stop).map(Some)
    }

    fn travel(&mut self, travel: Travel) -> Result<Option<SingleThreadStopReason<u64>>, Error> {
        let trapped = || Ok(Some(signal(Signal::SIGTRAP)));
        let stop = match travel {
            Travel::Step => {
                let before = self.steps();
                let stop = self.timeline.step_back(&mut self.store)?;
                if self.steps() < before {
                    return trapped();
                }
                stop
            }
            Travel::To(step) => {
                // (Steps that were reached before are near a snapshot.)
                let known = step <= self.steps().max(self.timeline.end());
                let goal = match known {
                    true => step,
                    false => step.min(self.steps().max(self.timeline.end()) + SLICE),
                };
                match self.timeline.go_to(&mut self.store, goal)? {
                    Stop::Step if goal < step => return Ok(None),
                    Stop::Step => return trapped(),
                    stop => stop,
                }
            }
            Travel::Continue => match self.back(self.stops())? {
                Some(stop) => stop,
                None => return Ok(None),
            },
            Travel::Writer { start, len } => {
                let memory = self.memory(0);
                let memory = memory.ok_or_else(|| Error::new("the module has no memory"))?;
                let writes = Until {
                    watches: vec![Watch::Memory { memory, start, len }],
                    ..Until::default()
                };
                match self.back(writes)? {
                    None => return Ok(None),
                    Some(Stop::Watch(_)) => {
                        let step = self.steps();
                        self.message = Some(format!("step {step} writes there\n"));
                        return trapped();
                    }
                    Some(stop) => stop,
                }
            }
        };
        if let Stop::Step = stop {
            self.message = Some("this is the first step\n".into());
            return Ok(Some(SingleThreadStopReason::ReplayLog {
                tid: None,
                pos: ReplayLogPosition::Begin,
            }));
        }
        self.reason(stop).map(Some)
    }

    /// A part of the way back, until something to stop at or the first step ([`Stop::Step`]); none if it goes on.
    fn back(&mut self, until: Until) -> Result<Option<Stop>, Error> {
        let first = self.timeline.first();
        let until = Until {
            steps: Some(self.steps().saturating_sub(SLICE).max(first)),
            ..until
        };
        let stop = self.timeline.backward(&mut self.store, &until)?;
        let goes_on = matches!(stop, Stop::Step) && self.steps() > first;
        Ok((!goes_on).then_some(stop))
    }

    /// Where breakpoints and watchpoints stop.
    fn stops(&self) -> Until {
        let breakpoints = self.breakpoints.iter().map(|offset| Breakpoint {
            module: self.module.clone(),
            offset: *offset,
        });
        Until {
            breakpoints: breakpoints.collect(),
            watches: self.watched().map(|(_, watch)| watch).collect(),
            ..Until::default()
        }
    }

    /// What watchpoints watch; some watch more than one thing.
    fn watched(&self) -> impl Iterator<Item = (&Watchpoint, Watch)> {
        self.watches.iter().flat_map(|point| {
            let (index, start) = match point.place {
                Place::Memory { index, offset } => (index, u64::from(offset)),
                Place::Code { .. } => (u32::MAX, 0),
            };
            let memory = self.memory(index);
            let len = point.len;
            let writes = memory.map(|memory| Watch::Memory { memory, start, len });
            let reads = memory.map(|memory| Watch::Reads { memory, start, len });
            let (writes, reads) = match point.kind {
                WatchKind::Write => (writes, None),
                WatchKind::Read => (None, reads),
                WatchKind::ReadWrite => (writes, reads),
            };
            [writes, reads]
                .into_iter()
                .flatten()
                .map(move |watch| (point, watch))
        })
    }

    fn reason(&mut self, stop: Stop) -> Result<SingleThreadStopReason<u64>, Error> {
        Ok(match stop {
            Stop::Breakpoint(_) => SingleThreadStopReason::SwBreak(()),
            Stop::Watch(Hit { watch, .. }) => match self.watched().nth(watch) {
                Some((point, _)) => SingleThreadStopReason::Watch {
                    tid: (),
                    kind: point.kind,
                    addr: point.place.address(),
                },
                None => signal(Signal::SIGTRAP),
            },
            Stop::Done | Stop::Failed if self.at_end => self.end(),
            // From the end there is a way back.
            Stop::Done | Stop::Failed => {
                self.at_end = true;
                let words = match self.outcome() {
                    Ok(_) => "it returns: going on ends it".to_owned(),
                    Err(error) => match error.i32_exit_status() {
                        Some(status) => format!("it exits with status {status}: going on ends it"),
                        None => {
                            let text = error.to_string();
                            text.lines().next().unwrap_or_default().to_owned()
                        }
                    },
                };
                self.message = Some(words + "\n");
                if self.frames().is_empty() {
                    // Where there still is something to look at.
                    self.timeline.step_back(&mut self.store)?;
                }
                // (LLDB would pass other signals on to the program, which it cannot backwards.)
                signal(Signal::SIGTRAP)
            }
            Stop::Paused => {
                self.message = Some("the fuel is used up\n".into());
                signal(Signal::SIGTRAP)
            }
            _ => signal(Signal::SIGTRAP),
        })
    }

    /// What is told of a program that is over.
    fn end(&self) -> SingleThreadStopReason<u64> {
        match self.outcome() {
            Ok(_) => SingleThreadStopReason::Exited(0),
            Err(error) => match error.i32_exit_status() {
                // What the system keeps of a status.
                Some(status) => SingleThreadStopReason::Exited(status as u8),
                None => SingleThreadStopReason::Terminated(fault(error)),
            },
        }
    }

    /// Runs to the end, with nobody looking.
    pub fn run_to_end(&mut self) -> Result<(), Error> {
        while !self.timeline.stepper().is_over() {
            if let Stop::Paused = self.timeline.forward(&mut self.store, &Until::end())? {
                return Err(TrapCode::OutOfFuel.into());
            }
        }
        Ok(())
    }
}

pub(super) fn signal(signal: Signal) -> SingleThreadStopReason<u64> {
    SingleThreadStopReason::SignalWithThread { tid: (), signal }
}

/// What a system would send to a process for it.
fn fault(error: &Error) -> Signal {
    match error.trap_code() {
        Some(TrapCode::Unreachable) => Signal::SIGILL,
        Some(
            TrapCode::IntegerDivisionByZero
            | TrapCode::IntegerOverflow
            | TrapCode::BadConversionToInteger,
        ) => Signal::SIGFPE,
        Some(TrapCode::OutOfFuel) => Signal::SIGXCPU,
        Some(_) => Signal::SIGSEGV,
        None => Signal::SIGABRT,
    }
}
