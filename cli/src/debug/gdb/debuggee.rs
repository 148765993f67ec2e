//! The program that is debugged: where it stops, in both directions of time.

use std::path::PathBuf;

use gdbstub::{
    common::Signal,
    stub::SingleThreadStopReason,
    target::ext::{base::reverse_exec::ReplayLogPosition, breakpoints::WatchKind},
};
use wasmote::{
    Error, Instance, Memory, Module, Store, TrapCode, Val,
    debug::{Breakpoint, Conditions, Frame, Hit, Stop, Timeline, TimelineOptions, Until, Watch},
};

use crate::{
    debug::address::{CODE, Place},
    program::Entry,
};

/// Steps between looks at the connection.
const SLICE: u64 = 2_000_000;

/// A program on its timeline.
pub struct Debuggee<T: 'static> {
    pub(super) store: Store<T>,
    pub(super) timeline: Timeline,
    pub(super) module: Module,
    pub(super) instance: Instance,
    /// The file that the module is from.
    pub(super) file: PathBuf,
    breakpoints: Vec<u32>,
    watches: Vec<(Place, u64)>,
    /// What it is to do now.
    order: Order,
    /// What it does with the next order to go on, instead: from the step where that was said.
    pub(super) planned: Option<(u64, Travel)>,
    /// Words for the client about the last stop.
    pub(super) message: Option<String>,
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
        Ok(Debuggee {
            store,
            timeline,
            module,
            instance: entry.instance,
            file,
            breakpoints: Vec::new(),
            watches: Vec::new(),
            order: Order::Continue,
            planned: None,
            message: None,
        })
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
    pub(super) fn add_watch(&mut self, address: u64, len: u64) -> bool {
        match Place::at(address) {
            Some(place @ Place::Memory { index, .. }) if self.memory(index).is_some() => {
                self.watches.push((place, len));
                true
            }
            _ => false,
        }
    }

    pub(super) fn remove_watch(&mut self, address: u64, len: u64) -> bool {
        let mut watches = self.watches.iter();
        let found = watches.position(|(place, l)| (place.address(), *l) == (address, len));
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
            Order::Travel(travel) => return self.travel(travel).map(Some),
            // (Before it travels, it need not move.)
            Order::Step if self.planned.is_some() && self.timeline.stepper().is_over() => {
                return Ok(Some(signal(Signal::SIGTRAP)));
            }
            // A program that has failed was looked at: now it is gone.
            Order::Step | Order::Continue if self.timeline.stepper().is_over() => {
                return Ok(Some(self.end()));
            }
            Order::Step => match self.timeline.step(&mut self.store)? {
                Stop::Step => return Ok(Some(signal(Signal::SIGTRAP))),
                stop => stop,
            },
            Order::Continue => {
                let conditions = self.conditions();
                let until = Until {
                    breakpoints: conditions.breakpoints,
                    watches: conditions.watches,
                    ..Until::steps(self.store.steps() + SLICE)
                };
                match self.timeline.forward(&mut self.store, &until)? {
                    Stop::Step => return Ok(None),
                    stop => stop,
                }
            }
        };
        Ok(Some(self.reason(stop)))
    }

    fn travel(&mut self, travel: Travel) -> Result<SingleThreadStopReason<u64>, Error> {
        let store = &mut self.store;
        let stop = match travel {
            Travel::Step => {
                let before = store.steps();
                let stop = self.timeline.step_back(store)?;
                if store.steps() < before {
                    return Ok(signal(Signal::SIGTRAP));
                }
                stop
            }
            Travel::To(step) => {
                let stop = self.timeline.go_to(store, step)?;
                if let Stop::Step = stop {
                    return Ok(signal(Signal::SIGTRAP));
                }
                stop
            }
            Travel::Continue => {
                let conditions = self.conditions();
                self.timeline.resume_back(&mut self.store, &conditions)?
            }
            Travel::Writer { start, len } => {
                let memory = self.memory(0);
                let memory = memory.ok_or_else(|| Error::new("the module has no memory"))?;
                let conditions = Conditions {
                    watches: vec![Watch::Memory { memory, start, len }],
                    ..Conditions::default()
                };
                match self.timeline.resume_back(&mut self.store, &conditions)? {
                    Stop::Watch(_) => {
                        let step = self.store.steps();
                        self.message = Some(format!("step {step} writes there\n"));
                        return Ok(signal(Signal::SIGTRAP));
                    }
                    stop => stop,
                }
            }
        };
        if let Stop::Step = stop {
            self.message = Some("this is the first step\n".into());
            return Ok(SingleThreadStopReason::ReplayLog {
                tid: None,
                pos: ReplayLogPosition::Begin,
            });
        }
        Ok(self.reason(stop))
    }

    fn conditions(&self) -> Conditions {
        let breakpoints = self.breakpoints.iter().map(|offset| Breakpoint {
            module: self.module.clone(),
            offset: *offset,
        });
        // (In the order of `self.watches`: a hit tells the number.)
        let watches = self.watches.iter().filter_map(|(place, len)| {
            let Place::Memory { index, offset } = *place else {
                return None;
            };
            Some(Watch::Memory {
                memory: self.memory(index)?,
                start: offset.into(),
                len: *len,
            })
        });
        Conditions {
            breakpoints: breakpoints.collect(),
            watches: watches.collect(),
        }
    }

    fn reason(&mut self, stop: Stop) -> SingleThreadStopReason<u64> {
        match stop {
            Stop::Breakpoint(_) => SingleThreadStopReason::SwBreak(()),
            Stop::Watch(Hit { watch, .. }) => SingleThreadStopReason::Watch {
                tid: (),
                kind: WatchKind::Write,
                addr: self.watches[watch].0.address(),
            },
            Stop::Done => self.end(),
            Stop::Failed => match self.outcome() {
                Err(error) if error.i32_exit_status().is_none() => {
                    let words = error.to_string();
                    let words = words.lines().next().unwrap_or_default();
                    self.message = Some(format!("{words}\n"));
                    // (LLDB would pass other signals on to the program, which it cannot backwards.)
                    signal(Signal::SIGTRAP)
                }
                _ => self.end(),
            },
            Stop::Paused => {
                self.message = Some("the fuel is used up\n".into());
                signal(Signal::SIGTRAP)
            }
            _ => signal(Signal::SIGTRAP),
        }
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
