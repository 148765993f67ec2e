//! A session and its client: which request is for whom, and when.

use std::{
    cell::Cell,
    path::PathBuf,
    rc::Rc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    End, Link,
    breakpoints::Breakpoints,
    console::After,
    handles::Handles,
    launch::Launch,
    message::{Answer, Request},
    motion::Motion,
    requests::Incoming,
    text::Text,
    variables::Container,
};
use crate::debug::session::{Session, Stream};

/// The number of the only thread.
pub const THREAD: i64 = 1;

/// How long a program runs before its output is told.
const OFTEN: Duration = Duration::from_millis(50);

/// How the program is, as the client knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It waits for breakpoints to be set.
    Configuring,
    /// It can be looked at.
    Stopped,
    /// It runs. (While a request is served, it does not.)
    Running,
    /// It is over, and cannot be gone back from.
    Over,
}

/// A session with a client.
pub struct Adapter<'a, 'm, T: 'static> {
    pub(super) link: &'a mut Link,
    pub(super) session: Session<'m, T>,
    pub(super) phase: Phase,
    stop_on_entry: bool,
    pub(super) no_debug: bool,
    /// What it does next.
    pub(super) motion: Option<Motion>,
    /// Whether requests may interrupt it.
    pub(super) interruptible: Rc<Cell<bool>>,
    /// Whether the client wants it to stop.
    pub(super) pause: bool,
    /// Whether the client has been told that it is at its end.
    pub(super) end_told: bool,
    pub(super) stops_at_traps: bool,
    pub(super) stops_at_exit: bool,
    pub(super) breakpoints: Breakpoints,
    /// By their numbers in the session.
    pub(super) frames: Handles<usize>,
    pub(super) containers: Handles<Container>,
    /// What a command of the console has done.
    pub(super) after: Option<After>,
    /// The file of the module.
    pub(super) title: PathBuf,
    /// Chunks of the output that were told, and what is left of them.
    told: usize,
    texts: [Text; 2],
    disconnected: bool,
}

impl<'a, 'm, T: 'static> Adapter<'a, 'm, T> {
    /// Of a program before its first instruction.
    pub fn new(link: &'a mut Link, mut session: Session<'m, T>, launch: &Launch) -> Self {
        let interruptible = Rc::new(Cell::new(false));
        let (waiting, often) = (link.requests.waiting(), interruptible.clone());
        let mut last = Instant::now();
        session.watch_progress(move |_| {
            if often.get() && last.elapsed() > OFTEN {
                last = Instant::now();
                return false;
            }
            !(waiting.urgent() || often.get() && waiting.any())
        });
        Adapter {
            link,
            session,
            phase: Phase::Configuring,
            stop_on_entry: launch.stop_on_entry && !launch.no_debug,
            no_debug: launch.no_debug,
            motion: None,
            interruptible,
            pause: false,
            end_told: false,
            stops_at_traps: !launch.no_debug,
            stops_at_exit: false,
            breakpoints: Breakpoints::default(),
            frames: Handles::default(),
            containers: Handles::default(),
            after: None,
            title: launch.args.program.file(),
            told: 0,
            texts: Default::default(),
            disconnected: false,
        }
    }

    /// Serves the client until it has enough.
    pub fn serve(mut self) -> End {
        self.link.client.event("initialized", Value::Null);
        self.tell_missing_files();
        let module = self.module();
        self.link
            .client
            .event("module", json!({"reason": "new", "module": module}));
        loop {
            if self.disconnected || self.link.client.is_gone() {
                return End::Disconnected;
            }
            let incoming = match self.motion {
                None => Some(self.link.requests.next()),
                Some(_) => self.link.requests.next_if_any(),
            };
            match incoming {
                Some(Incoming::Request(request)) => self.take(&request),
                Some(Incoming::Bad(message)) => self.link.client.reject(message),
                Some(Incoming::End(end)) => return End::Stream(end),
                None if self.pause => self.stop_for_pause(),
                None => self.move_on(),
            }
        }
    }

    fn take(&mut self, request: &Request) {
        let answer = self.answer(request);
        let done = answer.is_ok();
        self.link.client.respond(request, answer);
        if !done {
            return;
        }
        match request.command.as_str() {
            "configurationDone" => self.begin(),
            "terminate" => self.end(),
            "disconnect" => self.disconnected = true,
            "evaluate" => self.after_command(),
            _ => {}
        }
    }

    fn answer(&mut self, request: &Request) -> Answer {
        match request.command.as_str() {
            "configurationDone" | "terminate" | "disconnect" => Ok(Value::Null),
            "initialize" | "launch" | "attach" => Err("a program is being debugged".to_owned()),

            "setBreakpoints" => self.set_breakpoints(request.arguments()?),
            "setFunctionBreakpoints" => self.set_function_breakpoints(request.arguments()?),
            "setInstructionBreakpoints" => self.set_instruction_breakpoints(request.arguments()?),
            "setDataBreakpoints" => self.set_data_breakpoints(request.arguments()?),
            "setExceptionBreakpoints" => self.set_exception_breakpoints(request.arguments()?),
            "dataBreakpointInfo" => self.data_breakpoint_info(request.arguments()?),
            "breakpointLocations" => self.breakpoint_locations(request.arguments()?),

            "continue" | "next" | "stepIn" | "stepOut" | "stepBack" | "reverseContinue" => {
                let motion = Motion::of(&request.command, request.arguments()?)?;
                self.set_in_motion(motion)?;
                Ok(json!({"allThreadsContinued": true}))
            }
            "pause" => {
                self.pause = self.phase == Phase::Running;
                Ok(Value::Null)
            }

            "threads" => Ok(json!({"threads": [{"id": THREAD, "name": "main"}]})),
            "stackTrace" => self.stack_trace(request.arguments()?),
            "scopes" => self.scopes(request.arguments()?),
            "variables" => self.variables(request.arguments()?),
            "setVariable" => self.set_variable(request.arguments()?),
            "setExpression" => self.set_expression(request.arguments()?),
            "evaluate" => self.evaluate(request.arguments()?),
            "completions" => self.completions(request.arguments()?),
            "exceptionInfo" => self.exception_info(),

            "source" => self.source_text(request.arguments()?),
            "loadedSources" => Ok(self.loaded_sources()),
            "modules" => Ok(json!({"modules": [self.module()], "totalModules": 1})),
            "readMemory" => self.read_memory(request.arguments()?),
            "writeMemory" => self.write_memory(request.arguments()?),
            "disassemble" => self.disassemble(request.arguments()?),
            other => Err(format!("the request `{other}` is not supported")),
        }
    }

    /// Refuses what cannot be known while the program runs.
    ///
    /// # Errors
    /// In words of the protocol.
    pub(super) fn needs_stop(&self) -> Result<(), String> {
        match self.phase {
            Phase::Running => Err("notStopped".to_owned()),
            Phase::Over => Err("the program is over".to_owned()),
            Phase::Configuring | Phase::Stopped => Ok(()),
        }
    }

    /// What happens when all breakpoints are set.
    fn begin(&mut self) {
        if self.phase != Phase::Configuring {
            return;
        }
        if self.stop_on_entry {
            return self.stop("entry", json!({}));
        }
        // (Going on would go past it.)
        let numbers = self.stopping_here();
        if !numbers.is_empty() {
            return self.stop_at_breakpoints(&numbers);
        }
        self.phase = Phase::Running;
        self.motion = Some(Motion::START);
    }

    /// Ends the program where it is.
    pub(super) fn end(&mut self) {
        self.motion = None;
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            self.link.client.event("terminated", Value::Null);
        }
    }

    /// Tells what the program has printed since.
    pub(super) fn tell_output(&mut self) {
        let chunks = self.session.all_output();
        let new = &chunks[self.told.min(chunks.len())..];
        self.told = chunks.len();
        for chunk in new {
            let text = self.texts[chunk.stream as usize].add(&chunk.bytes);
            let category = match chunk.stream {
                Stream::Output => "stdout",
                Stream::Errors => "stderr",
            };
            self.link.client.print(category, &text);
        }
    }
}
