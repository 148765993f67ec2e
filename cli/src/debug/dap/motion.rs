//! Motions in time, and why they end.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    adapter::{Adapter, Phase, THREAD},
    breakpoints::Origin,
    message::Answer,
};
use crate::{
    debug::{
        report::Report,
        session::{Direction, Event, Session},
    },
    error::TRAPPED,
};

/// The exit status of a program that cannot go on.
const STUCK: i32 = 1;

/// What the program is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    /// To another line; over calls or not.
    Line(Direction, bool),
    /// To another instruction; over calls or not.
    Instruction(Direction, bool),
    /// Out of a function.
    Finish(Direction),
    /// To the next point.
    Resume(Direction),
    /// On with the last one, which went there.
    GoOn(Direction),
}

/// The arguments of steps.
#[derive(Deserialize)]
pub struct StepArguments {
    granularity: Option<String>,
}

impl Motion {
    /// From the beginning.
    pub const START: Motion = Motion::Resume(Direction::Forward);

    /// What a request asks for.
    ///
    /// # Errors
    /// There is no such granularity.
    pub fn of(command: &str, arguments: StepArguments) -> Result<Motion, String> {
        let by_instruction = match arguments.granularity.as_deref() {
            None | Some("statement" | "line") => false,
            Some("instruction") => true,
            Some(other) => return Err(format!("there is no granularity `{other}`")),
        };
        let step = |direction, over| match by_instruction {
            true => Motion::Instruction(direction, over),
            false => Motion::Line(direction, over),
        };
        Ok(match command {
            "next" => step(Direction::Forward, true),
            "stepIn" => step(Direction::Forward, false),
            "stepBack" => step(Direction::Back, true),
            "stepOut" => Motion::Finish(Direction::Forward),
            "reverseContinue" => Motion::Resume(Direction::Back),
            _ => Motion::Resume(Direction::Forward),
        })
    }

    /// Does it.
    fn run<T: 'static>(self, session: &mut Session<'_, T>) -> Result<Event, String> {
        let event = match self {
            Motion::Line(direction, true) => session.next_line(direction),
            Motion::Line(direction, false) => session.step_line(direction),
            Motion::Instruction(direction, true) => session.next_instruction(direction),
            Motion::Instruction(direction, false) => session.step_instruction(direction),
            Motion::Finish(direction) => session.finish(direction),
            Motion::Resume(direction) => session.resume(direction),
            Motion::GoOn(_) => session.go_on(),
        };
        event.cloned()
    }

    fn direction(self) -> Direction {
        match self {
            Motion::Line(direction, _)
            | Motion::Instruction(direction, _)
            | Motion::Finish(direction)
            | Motion::Resume(direction)
            | Motion::GoOn(direction) => direction,
        }
    }
}

impl<T: 'static> Adapter<'_, '_, T> {
    /// Has the program move, as soon as the client has its answer.
    ///
    /// # Errors
    /// It is not stopped.
    pub(super) fn set_in_motion(&mut self, motion: Motion) -> Result<(), String> {
        self.needs_stop()?;
        self.phase = Phase::Running;
        self.motion = Some(motion);
        Ok(())
    }

    /// Moves, until something is to be told.
    pub(super) fn move_on(&mut self) {
        let Some(motion) = self.motion.take() else {
            return;
        };
        if self.no_debug {
            self.session.delete_all();
        }
        let direction = motion.direction();
        // (Nothing is printed on the way back.)
        self.interruptible.set(direction == Direction::Forward);
        let moved = motion.run(&mut self.session);
        self.interruptible.set(false);
        self.tell_output();
        match moved {
            Ok(Event::Interrupted) if self.session.can_go_on() => {
                self.motion = Some(Motion::GoOn(direction));
            }
            Ok(event) => self.met(&event, direction),
            Err(why) => {
                self.link.client.print("stderr", &format!("error: {why}\n"));
                self.stop("pause", json!({}));
            }
        }
    }

    /// Stops, unless breakpoints were met that do not.
    fn met(&mut self, event: &Event, direction: Direction) {
        let goes_on = match event {
            Event::Breakpoint(number) => {
                // (The event has one of those that are there. One that stops once is gone already.)
                let mut points = self.session.points().iter();
                let once = points.all(|point| point.number != *number);
                let numbers = self.stopping_here();
                if once || !numbers.is_empty() {
                    let once = once.then_some(*number);
                    let numbers: Vec<u32> = once.into_iter().chain(numbers).collect();
                    return self.stop_at_breakpoints(&numbers);
                }
                true
            }
            Event::Written(written) => written.point.is_some_and(|number| !self.stops(number)),
            _ => false,
        };
        match goes_on && self.session.can_go_on() {
            true => self.motion = Some(Motion::GoOn(direction)),
            false => self.arrive(),
        }
    }

    /// Tells where the program has arrived.
    pub(super) fn arrive(&mut self) {
        self.tell_output();
        let event = self.session.event().clone();
        let again = event.is_end() && self.end_told;
        self.end_told = event.is_end();
        match event {
            Event::Start => self.stop("entry", json!({"description": "At the first step"})),
            Event::Step => self.stop("step", json!({})),
            Event::Interrupted => self.stop("pause", json!({})),
            Event::Breakpoint(number) => self.stop_at_breakpoints(&[number]),
            Event::Written(written) => {
                let text = self.session.event_text();
                let mut body = json!({"description": text, "text": text});
                if let Some(number) = written.point {
                    body["hitBreakpointIds"] = json!([number]);
                }
                self.stop("data breakpoint", body);
            }
            Event::Failed(_) | Event::Stuck(_) if self.stops_at_traps && !again => {
                let text = self.session.event_text();
                self.stop("exception", json!({"description": text, "text": text}));
            }
            Event::Returned(_) | Event::Exited(_) if self.stops_at_exit && !again => {
                let text = self.session.event_text();
                self.stop("exit", json!({"description": text, "text": text}));
            }
            event => self.exited(&event, again),
        }
        self.tell_breakpoints();
    }

    /// Tells of breakpoints that were met.
    pub(super) fn stop_at_breakpoints(&mut self, numbers: &[u32]) {
        self.end_told = false;
        let first = numbers
            .first()
            .and_then(|number| self.breakpoints.origin(*number));
        let reason = match first {
            Some(Origin::Function) => "function breakpoint",
            Some(Origin::Instruction) => "instruction breakpoint",
            _ => "breakpoint",
        };
        self.stop(reason, json!({"hitBreakpointIds": numbers}));
        self.tell_breakpoints();
    }

    /// Tells that the program has stopped.
    pub(super) fn stop(&mut self, reason: &str, mut body: Value) {
        self.phase = Phase::Stopped;
        (self.motion, self.pause) = (None, false);
        self.forget_handles();
        body["reason"] = reason.into();
        body["threadId"] = THREAD.into();
        body["allThreadsStopped"] = true.into();
        self.link.client.event("stopped", body);
    }

    /// Stops, as the client wants, where an interruption has left the program.
    pub(super) fn stop_for_pause(&mut self) {
        self.tell_output();
        self.stop("pause", json!({}));
    }

    /// Tells how the program has ended.
    fn exited(&mut self, event: &Event, known: bool) {
        let text = self.session.event_text();
        let (category, status) = match event {
            Event::Exited(status) => ("console", *status),
            Event::Failed(_) => ("stderr", TRAPPED.into()),
            Event::Stuck(_) => ("stderr", STUCK),
            _ => ("console", 0),
        };
        if !known {
            self.link.client.print(category, &format!("{text}\n"));
        }
        self.phase = Phase::Over;
        (self.motion, self.pause) = (None, false);
        self.forget_handles();
        self.link
            .client
            .event("exited", json!({"exitCode": status}));
        self.link.client.event("terminated", Value::Null);
    }

    /// Values were changed by hand.
    pub(super) fn tell_changes(&mut self) {
        if self.link.info.supports_invalidated_event {
            let areas = json!({"areas": ["variables"]});
            self.link.client.event("invalidated", areas);
        }
    }

    /// What went wrong.
    pub(super) fn exception_info(&self) -> Answer {
        self.needs_stop()?;
        let (id, message) = match self.session.event() {
            Event::Failed(message) => ("trap", message.clone()),
            Event::Stuck(_) => ("stuck", self.session.event_text()),
            _ => return Err("nothing has gone wrong here".to_owned()),
        };
        Ok(json!({
            "exceptionId": id,
            "description": message,
            "breakMode": "always",
            "details": {
                "message": message,
                "typeName": id,
                "stackTrace": self.session.backtrace(),
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_motions() {
        let of = |command: &str, granularity: Option<&str>| {
            let granularity = granularity.map(str::to_owned);
            Motion::of(command, StepArguments { granularity })
        };
        let (forward, back) = (Direction::Forward, Direction::Back);
        for (command, granularity, motion) in [
            ("continue", None, Motion::Resume(forward)),
            ("reverseContinue", None, Motion::Resume(back)),
            ("next", Some("line"), Motion::Line(forward, true)),
            (
                "next",
                Some("instruction"),
                Motion::Instruction(forward, true),
            ),
            ("stepIn", Some("statement"), Motion::Line(forward, false)),
            ("stepBack", None, Motion::Line(back, true)),
            (
                "stepBack",
                Some("instruction"),
                Motion::Instruction(back, true),
            ),
            ("stepOut", Some("instruction"), Motion::Finish(forward)),
        ] {
            assert_eq!(of(command, granularity), Ok(motion));
        }
        assert!(of("next", Some("week")).is_err());
    }
}
