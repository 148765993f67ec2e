//! Going from step to step.

use wasmote::{
    SuspendReason, Val,
    debug::{Breakpoint, Conditions, Frame, Hit, Stop, Until, Watch, Watched},
};

use super::{Result, Session, lines::Here, words};

/// Which way time goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// As it does.
    Forward,
    /// To earlier steps.
    Back,
}

/// Why the program stands where it does.
#[derive(Clone, Debug)]
pub enum Event {
    /// It is at its first instruction: nothing is before that.
    Start,
    /// The motion was this long.
    Step,
    /// At the breakpoint of this number.
    Breakpoint(u32),
    /// A watched place was written to, or read: forwards, behind the instruction that did it; backwards, before it.
    Written(Written),
    /// It has returned.
    Returned(Vec<Val>),
    /// It has exited with a status.
    Exited(i32),
    /// It has trapped, or failed in another way.
    Failed(String),
    /// It waits for something that nobody gives, such as fuel.
    Stuck(String),
    /// The user has interrupted the motion.
    Interrupted,
}

impl Event {
    /// Whether there is nothing further on.
    pub fn is_end(&self) -> bool {
        matches!(
            self,
            Event::Returned(_) | Event::Exited(_) | Event::Failed(_) | Event::Stuck(_)
        )
    }
}

/// A write to a watched place, or the reading of one.
#[derive(Clone, Debug)]
pub struct Written {
    /// The watchpoint's number; none if it was only asked who wrote.
    pub point: Option<u32>,
    /// The instruction that did it is the one of this step.
    pub step: u64,
    /// Whether it read.
    pub reads: bool,
    /// Its offset in the module.
    pub offset: u32,
    /// Where, if it was memory.
    pub address: Option<u64>,
    /// What was there, and what it wrote.
    pub old: Watched,
    pub new: Watched,
}

/// What is left to do of a motion that has stopped before its goal.
pub(super) enum Rest {
    /// To a frame that begins at a slot or below it; without one, to the next point.
    Frame(Direction, Option<u32>),
    /// To another line, over calls or not.
    Line(Here, bool),
    /// To the line before.
    LineBack(Here, bool),
}

/// Steps between reports of long motions, unless the program calls the system, which may take long.
const SLICE: u64 = 4 << 20;

/// How a motion inside of the session ended.
pub(super) enum Reached {
    /// As a timeline does. Breakpoints have the numbers of those in the `Until`.
    Stop(Stop),
    /// At the first step, going back.
    First,
    Interrupted,
}

impl<T: 'static> Session<'_, T> {
    /// One instruction, into what it calls.
    ///
    /// # Errors
    /// All motions: the state of the program cannot be saved or restored.
    pub fn step_instruction(&mut self, direction: Direction) -> Result<&Event> {
        self.rest = None;
        let reached = match direction {
            Direction::Forward => self.run(direction, Until::steps(self.step() + 1))?,
            Direction::Back if self.step() <= self.timeline.first() => Reached::First,
            Direction::Back => {
                let stop = self.timeline.step_back(&mut self.store);
                Reached::Stop(stop.map_err(words)?)
            }
        };
        self.arrive(reached)
    }

    /// One instruction, over what it calls.
    pub fn next_instruction(&mut self, direction: Direction) -> Result<&Event> {
        let Some(own) = self.innermost() else {
            // It has returned: nothing is further on, and what is before was in some frame.
            return self.step_instruction(direction);
        };
        self.run_to_frame(direction, Some(own.base))
    }

    /// Out of the innermost frame: until it has returned, or back to its call.
    pub fn finish(&mut self, direction: Direction) -> Result<&Event> {
        let frames = self.timeline.stepper().frames(&self.store);
        let caller = frames.get(1).map(|frame| frame.base);
        self.run_to_frame(direction, caller)
    }

    /// To the next point.
    pub fn resume(&mut self, direction: Direction) -> Result<&Event> {
        self.run_to_frame(direction, None)
    }

    /// Whether the last motion has not come where it was to go, and can be gone on with.
    pub fn can_go_on(&self) -> bool {
        self.rest.is_some()
    }

    /// Goes on with the last motion, which was interrupted, or has met a point on its way.
    ///
    /// # Errors
    /// Also if it was one of those that are not gone on with: by one instruction, and to places.
    pub fn go_on(&mut self) -> Result<&Event> {
        match self.rest.take() {
            Some(Rest::Frame(direction, frame)) => {
                let here = self.innermost().map(|frame| frame.base);
                if here.is_some_and(|here| frame.is_some_and(|lowest| here <= lowest)) {
                    return self.arrive(Reached::Stop(Stop::Frame));
                }
                self.run_to_frame(direction, frame)
            }
            Some(Rest::Line(here, over)) => self.go_on_to_line(here, over),
            Some(Rest::LineBack(here, over)) => self.go_on_back_to_line(here, over),
            None => Err("it is not known where to go on to".to_owned()),
        }
    }

    /// To a frame that begins at a slot or below it, if any, or a point before that.
    fn run_to_frame(&mut self, direction: Direction, frame: Option<u32>) -> Result<&Event> {
        self.rest = Some(Rest::Frame(direction, frame));
        let until = self.until(frame);
        let reached = self.run(direction, until)?;
        self.arrive(reached)
    }

    /// To instructions at some offsets, or a point before them.
    pub fn run_to(&mut self, direction: Direction, offsets: &[u32]) -> Result<&Event> {
        self.rest = None;
        let mut until = self.until(None);
        until.breakpoints.extend(self.breakpoints(offsets));
        let reached = self.run(direction, until)?;
        self.arrive(reached)
    }

    /// To a step, past all points.
    pub fn go_to(&mut self, step: u64) -> Result<&Event> {
        self.rest = None;
        let reached = match step <= self.step() || step <= self.timeline.end() {
            true => {
                let stop = self.timeline.go_to(&mut self.store, step);
                Reached::Stop(stop.map_err(words)?)
            }
            false => self.run(Direction::Forward, Until::steps(step))?,
        };
        self.arrive(reached)
    }

    /// Back to the instruction that wrote a place last.
    ///
    /// # Errors
    /// Also if none did, as far as the timeline goes; then it stays where it is.
    pub fn who_wrote(&mut self, watch: Watch) -> Result<&Event> {
        self.rest = None;
        let now = self.step();
        let until = Until {
            watches: vec![watch.clone()],
            ..Until::default()
        };
        let reached = self.run(Direction::Back, until)?;
        if let Reached::First = reached {
            self.timeline.go_to(&mut self.store, now).map_err(words)?;
            return Err("no instruction of the program has written there before".to_owned());
        }
        self.arrive_with(reached, &[(None, watch)])
    }

    /// Where all points stop, and a frame.
    pub(super) fn until(&self, frame: Option<u32>) -> Until {
        let Conditions {
            breakpoints,
            watches,
        } = self.points.conditions(&self.module);
        Until {
            frame,
            breakpoints,
            watches,
            ..Until::default()
        }
    }

    pub(super) fn breakpoints(&self, offsets: &[u32]) -> Vec<Breakpoint> {
        let at = |offset: &u32| Breakpoint {
            module: self.module.clone(),
            offset: *offset,
        };
        offsets.iter().map(at).collect()
    }

    /// The innermost frame of the machine.
    pub(super) fn innermost(&self) -> Option<Frame> {
        self.timeline.stepper().innermost(&self.store)
    }

    /// Runs in slices, noting what is printed.
    pub(super) fn run(&mut self, direction: Direction, until: Until) -> Result<Reached> {
        match direction {
            Direction::Forward => self.run_forward(until),
            Direction::Back => {
                let points = until.breakpoints.len() + until.watches.len();
                match until.frame {
                    Some(_) if points > 0 => self.run_back_both(until),
                    _ => self.run_back(until),
                }
            }
        }
    }

    fn run_forward(&mut self, until: Until) -> Result<Reached> {
        loop {
            let now = self.step();
            let ended = self.timeline.has_ended() && now >= self.timeline.end();
            // What is behind us was noted when it came.
            let known = now < self.timeline.end() || ended;
            let goal = now.saturating_add(SLICE);
            let goal = match known {
                true if !ended => goal.min(self.timeline.end()),
                _ => goal,
            };
            let goal = goal.min(until.steps.unwrap_or(u64::MAX));
            let part = Until {
                steps: Some(goal),
                host_calls: !known,
                ..until.clone()
            };
            let stop = self.timeline.forward(&mut self.store, &part);
            let stop = stop.map_err(words)?;
            // (Only host functions print: behind each there is a stop.)
            self.output.note(self.step());
            let at_goal = until.steps.is_some_and(|steps| self.step() >= steps);
            match stop {
                Stop::HostCall if at_goal => return Ok(Reached::Stop(Stop::Step)),
                Stop::HostCall => {}
                Stop::Step if !at_goal => {}
                stop => return Ok(Reached::Stop(stop)),
            }
            if !self.reports() {
                return Ok(Reached::Interrupted);
            }
        }
    }

    /// Frames and points are searched for one after the other: a search for both would stop at each instruction of the
    /// frame.
    fn run_back_both(&mut self, until: Until) -> Result<Reached> {
        let now = self.step();
        let reached = self.run_back(Until {
            frame: until.frame,
            ..Until::default()
        })?;
        let lowest = self.step();
        if let Reached::Interrupted = reached {
            return Ok(reached);
        }
        self.timeline.go_to(&mut self.store, now).map_err(words)?;
        let between = Until {
            frame: None,
            steps: Some(lowest),
            ..until
        };
        let stop = self.timeline.backward(&mut self.store, &between);
        match stop.map_err(words)? {
            stop @ (Stop::Breakpoint(_) | Stop::Watch(_)) if self.step() >= lowest => {
                Ok(Reached::Stop(stop))
            }
            _ => {
                let gone = self.timeline.go_to(&mut self.store, lowest);
                gone.map_err(words)?;
                Ok(reached)
            }
        }
    }

    fn run_back(&mut self, until: Until) -> Result<Reached> {
        loop {
            let first = self.timeline.first();
            if self.step() <= first {
                return Ok(Reached::First);
            }
            let part = Until {
                steps: Some(self.step().saturating_sub(SLICE).max(first)),
                ..until.clone()
            };
            let stop = self.timeline.backward(&mut self.store, &part);
            match stop.map_err(words)? {
                Stop::Step if self.step() > first => {
                    if !self.reports() {
                        return Ok(Reached::Interrupted);
                    }
                }
                Stop::Step => return Ok(Reached::First),
                stop => return Ok(Reached::Stop(stop)),
            }
        }
    }

    /// Tells where a long motion is; whether it may go on.
    fn reports(&mut self) -> bool {
        let step = self.step();
        (self.watcher)(step)
    }

    /// Makes an event of where a motion with all points has ended.
    pub(super) fn arrive(&mut self, reached: Reached) -> Result<&Event> {
        let watches = self.points.watches();
        self.arrive_with(reached, &watches)
    }

    fn arrive_with(
        &mut self,
        reached: Reached,
        watches: &[(Option<u32>, Watch)],
    ) -> Result<&Event> {
        self.selected = 0;
        self.event = match reached {
            Reached::Interrupted => Event::Interrupted,
            Reached::First => Event::Start,
            Reached::Stop(stop) => match stop {
                Stop::Breakpoint(n) => match self.points.breakpoint_number(n) {
                    Some(number) => {
                        self.points.count(number);
                        Event::Breakpoint(number)
                    }
                    None => Event::Step,
                },
                Stop::Watch(hit) => {
                    let (number, watch) = watches[hit.watch].clone();
                    if let Some(number) = number {
                        self.points.count(number);
                    }
                    self.written(number, hit, watch)?
                }
                Stop::Done => Event::Returned(self.timeline.stepper().results().to_vec()),
                Stop::Failed => self.failed(),
                Stop::Paused => self.stuck(),
                _ => Event::Step,
            },
        };
        Ok(&self.event)
    }

    /// Tells a write from both sides of its instruction, and comes back.
    fn written(&mut self, point: Option<u32>, hit: Hit, watch: Watch) -> Result<Event> {
        let now = self.step();
        let mut written = Written {
            point,
            step: hit.step,
            reads: matches!(watch, Watch::Reads { .. }),
            offset: 0,
            address: match &watch {
                Watch::Memory { start, .. } | Watch::Reads { start, .. } => Some(*start),
                _ => None,
            },
            old: hit.old,
            new: hit.new,
        };
        self.timeline
            .go_to(&mut self.store, hit.step)
            .map_err(words)?;
        written.offset = self.innermost().map_or(0, |frame| frame.offset);
        if now <= hit.step {
            let until = Until {
                watches: vec![watch],
                ..Until::steps(hit.step + 2)
            };
            let stop = self.timeline.forward(&mut self.store, &until);
            if let Stop::Watch(hit) = stop.map_err(words)? {
                written.new = hit.new;
            }
        }
        self.timeline.go_to(&mut self.store, now).map_err(words)?;
        Ok(Event::Written(written))
    }

    fn failed(&self) -> Event {
        match self.timeline.stepper().error() {
            Some(error) => match error.i32_exit_status() {
                Some(status) => Event::Exited(status),
                None => {
                    // The backtrace is for who asks for it.
                    let text = error.to_string();
                    Event::Failed(text.lines().next().unwrap_or_default().to_owned())
                }
            },
            None => Event::Step,
        }
    }

    fn stuck(&self) -> Event {
        Event::Stuck(match self.timeline.stepper().paused(&self.store) {
            Some(SuspendReason::OutOfFuel) => "out of fuel".to_owned(),
            Some(SuspendReason::Host { error, .. }) => error.to_string(),
            _ => "interrupted".to_owned(),
        })
    }
}
