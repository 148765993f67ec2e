//! Going from line to line of the source. In functions without lines, a line is an instruction.

use std::{rc::Rc, sync::Arc};

use wasmote::debug::{Stop, Until};

use super::{
    Direction, Event, Result, Session,
    motion::{Reached, Rest},
    words,
};

/// Where a statement begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    pub offset: u32,
    file: Arc<str>,
    line: u32,
    /// How many functions it is in that were inlined into one another.
    depth: usize,
}

/// The line of the innermost frame.
#[derive(Clone)]
pub(super) struct Here {
    func: u32,
    base: u32,
    caller: Option<u32>,
    file: Arc<str>,
    line: u32,
    depth: usize,
}

impl Here {
    fn is_line_of(&self, statement: &Statement) -> bool {
        self.line == statement.line && self.file == statement.file
    }

    /// Whether a statement of the function is of another line; if steps go over calls, not of an inlined function's.
    fn is_left_at(&self, statement: &Statement, over: bool) -> bool {
        !(self.is_line_of(statement) || over && statement.depth > self.depth)
    }
}

/// Steps to look at first for where a line began.
const WINDOW: u64 = 1 << 12;

impl<T: 'static> Session<'_, T> {
    /// To another line, also in a function that is called.
    ///
    /// # Errors
    /// As all motions.
    pub fn step_line(&mut self, direction: Direction) -> Result<&Event> {
        match direction {
            Direction::Forward => self.line_forward(false),
            Direction::Back => self.line_back(false),
        }
    }

    /// To another line of this function or its callers.
    pub fn next_line(&mut self, direction: Direction) -> Result<&Event> {
        match direction {
            Direction::Forward => self.line_forward(true),
            Direction::Back => self.line_back(true),
        }
    }

    fn here(&self) -> Option<Here> {
        let frames = self.timeline.stepper().frames(&self.store);
        let frame = frames.first()?;
        let (file, line) = match self.source.location(frame.offset) {
            Some(location) => (location.file, location.line),
            None => {
                // Instructions that the compiler gives no line belong to what was before them.
                let statements = self.statements(frame.func);
                let behind = statements.partition_point(|s| s.offset <= frame.offset);
                let last = &statements[behind.checked_sub(1)?];
                (last.file.clone(), last.line)
            }
        };
        Some(Here {
            func: frame.func,
            base: frame.base,
            caller: frames.get(1).map(|caller| caller.base),
            file,
            line,
            depth: self.source.frames(frame.offset).len(),
        })
    }

    /// Where statements of a function begin, and its first instruction.
    fn statements(&self, func: u32) -> Rc<[Statement]> {
        if let Some(known) = self.statements.borrow().get(&func) {
            return known.clone();
        }
        let mut places = self.source.statements(func);
        if let Some(body) = self.code.body(func)
            && places.iter().all(|place| place.offset != body.start)
            && let Some(location) = self.source.location(body.start)
        {
            let offset = body.start;
            places.insert(0, crate::debug::source::Place { offset, location });
        }
        let statements = places.into_iter().map(|place| Statement {
            offset: place.offset,
            file: place.location.file,
            line: place.location.line,
            depth: self.source.frames(place.offset).len(),
        });
        let statements: Rc<[Statement]> = statements.collect();
        self.statements
            .borrow_mut()
            .insert(func, statements.clone());
        statements
    }

    /// Where functions with lines begin, behind what sets up their variables.
    fn entries(&self) -> &[u32] {
        self.entries.get_or_init(|| {
            let entries = self.code.defined().filter_map(|f| self.source.entry(f));
            let with_lines = |at: &u32| self.source.location(*at).is_some();
            entries.filter(with_lines).collect()
        })
    }

    fn line_forward(&mut self, over: bool) -> Result<&Event> {
        let Some(here) = self.here() else {
            return match over {
                true => self.next_instruction(Direction::Forward),
                false => self.step_instruction(Direction::Forward),
            };
        };
        self.run_to_line(here, over)
    }

    /// To another line than one, over calls or not; the program stands in that, or has left it.
    fn run_to_line(&mut self, here: Here, over: bool) -> Result<&Event> {
        self.rest = Some(Rest::Line(here.clone(), over));
        let mut until = self.until(here.caller);
        let own = until.breakpoints.len();
        let statements = self.statements(here.func);
        let others = statements
            .iter()
            .filter(|other| here.is_left_at(other, over));
        let others: Vec<u32> = others.map(|statement| statement.offset).collect();
        until.breakpoints.extend(self.breakpoints(&others));
        if !over {
            until.breakpoints.extend(self.breakpoints(self.entries()));
        }
        loop {
            let reached = self.run(Direction::Forward, until.clone())?;
            if let Reached::Stop(Stop::Breakpoint(n)) = reached
                && n >= own
                && over
                && self.innermost().is_some_and(|frame| frame.base > here.base)
            {
                // The same function, called again by itself.
                continue;
            }
            return self.arrive(reached);
        }
    }

    fn line_back(&mut self, over: bool) -> Result<&Event> {
        let Some(here) = self.here() else {
            return match over {
                true => self.next_instruction(Direction::Back),
                false => self.step_instruction(Direction::Back),
            };
        };
        if !over {
            self.step_instruction(Direction::Back)?;
            if let Event::Start = self.event {
                return Ok(&self.event);
            }
            let inside = self.innermost().is_some_and(|frame| frame.base > here.base);
            if !(inside && self.here().is_none()) {
                return self.end_line_back(Reached::Stop(Stop::Frame), over);
            }
            // A function without lines.
        }
        self.run_back_to_line(here, over)
    }

    /// To the line before one, to its last instruction and from there to its first.
    fn run_back_to_line(&mut self, here: Here, over: bool) -> Result<&Event> {
        self.rest = Some(Rest::LineBack(here.clone(), over));
        let reached = self.run(Direction::Back, self.until(Some(here.base)))?;
        self.end_line_back(reached, over)
    }

    /// The rest of [`Rest::Line`].
    pub(super) fn go_on_to_line(&mut self, here: Here, over: bool) -> Result<&Event> {
        if let Some(frame) = self.innermost()
            && (!over || frame.base <= here.base)
        {
            let statements = self.statements(here.func);
            let mut others = statements
                .iter()
                .filter(|other| here.is_left_at(other, over));
            let entered = !over && self.entries().contains(&frame.offset);
            let left = here.caller.is_some_and(|caller| frame.base <= caller);
            let in_other = frame.func == here.func && others.any(|s| s.offset == frame.offset);
            if entered || left || in_other {
                return self.arrive(Reached::Stop(Stop::Step));
            }
        }
        self.run_to_line(here, over)
    }

    /// The rest of [`Rest::LineBack`].
    pub(super) fn go_on_back_to_line(&mut self, here: Here, over: bool) -> Result<&Event> {
        let inside = self.innermost().is_some_and(|frame| frame.base > here.base);
        match inside {
            true => self.run_back_to_line(here, over),
            false => self.end_line_back(Reached::Stop(Stop::Frame), over),
        }
    }

    fn end_line_back(&mut self, reached: Reached, over: bool) -> Result<&Event> {
        if let Reached::Stop(Stop::Frame) = reached {
            self.rest = None;
            self.go_to_start_of_line(over)?;
        }
        self.arrive(reached)
    }

    /// Back to the first instruction of the line that is being executed, in one go, up to here.
    fn go_to_start_of_line(&mut self, over: bool) -> Result<()> {
        let Some(here) = self.here() else {
            return Ok(());
        };
        let statements = self.statements(here.func);
        let offsets: Vec<u32> = statements.iter().map(|s| s.offset).collect();
        let goal = self.step();
        let until = Until {
            frame: here.caller,
            breakpoints: self.breakpoints(&offsets),
            ..Until::steps(goal)
        };
        let mut window = WINDOW;
        loop {
            let first = self.timeline.first();
            let from = goal.saturating_sub(window).max(first);
            self.timeline.go_to(&mut self.store, from).map_err(words)?;
            // Whether something else was seen before it.
            let mut whole = from == first;
            let mut start = None;
            loop {
                let frame = self.innermost();
                let at = frame.as_ref().filter(|frame| frame.base == here.base);
                let at = at.filter(|frame| frame.func == here.func);
                let at = at.and_then(|at| statements.iter().find(|s| s.offset == at.offset));
                match at {
                    Some(statement) if here.is_line_of(statement) => {
                        start = start.or(Some(self.step()));
                    }
                    Some(statement) if over && statement.depth > here.depth => {}
                    Some(_) => (whole, start) = (true, None),
                    None => {
                        let outside = |base| here.caller.is_some_and(|caller| base <= caller);
                        if frame.is_some_and(|frame| outside(frame.base)) {
                            (whole, start) = (true, None);
                        }
                    }
                }
                if self.step() >= goal {
                    break;
                }
                let stop = self.timeline.forward(&mut self.store, &until);
                stop.map_err(words)?;
            }
            if whole {
                let start = start.unwrap_or(goal);
                self.timeline.go_to(&mut self.store, start).map_err(words)?;
                return Ok(());
            }
            if !(self.watcher)(from) {
                return Ok(());
            }
            window = window.saturating_mul(8);
        }
    }
}
