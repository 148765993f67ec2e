//! The state of the screen: a session, and what was seen before.

use std::rc::Rc;

use wasmote::ExplainLine;

use super::{keys::Action, seen::Seen};
use crate::debug::{
    commands::{self, Reply},
    report::Report,
    session::{Event, Kind, Session},
};

/// The screen's session and state.
pub struct App<'m, T: 'static> {
    pub session: Session<'m, T>,
    /// The file's name, for the title.
    pub title: String,
    /// What is shown of where it stands.
    pub seen: Seen,
    /// What the last command said, and whether that is an error.
    pub message: (String, bool),
    /// The command that is being typed.
    pub asked: Option<String>,
    /// Commands that were typed, and which of them is shown.
    pub history: Vec<String>,
    at_history: usize,
    pub help: bool,
    /// WebAssembly, though there is source.
    pub wasm: bool,
    /// The first address that is shown of memory; none follows what changes.
    pub memory: Option<u64>,
    /// Steps at which a breakpoint or watchpoint was met.
    pub met: Vec<u64>,
    /// Bytecode by function.
    code: Option<(u32, Rc<[ExplainLine]>)>,
}

impl<'m, T: 'static> App<'m, T> {
    /// Looks at a session.
    pub fn new(session: Session<'m, T>, title: String) -> App<'m, T> {
        let seen = Seen::of(&session, None);
        App {
            session,
            title,
            seen,
            message: ("? shows the keys, : takes commands".to_owned(), false),
            asked: None,
            history: Vec::new(),
            at_history: 0,
            help: false,
            wasm: false,
            memory: None,
            met: Vec::new(),
            code: None,
        }
    }

    /// Does what a key means; whether to go on.
    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Command(text) => return self.command(text),
            Action::Scrub(percent) => {
                let timeline = self.session.timeline();
                let length = timeline.end() - timeline.first();
                let by = (length / 100).max(1) * u64::from(percent.unsigned_abs());
                let now = self.session.step();
                let to = match percent < 0 {
                    true => now.saturating_sub(by),
                    false => now.saturating_add(by).min(timeline.end()),
                };
                self.go_to(to);
            }
            Action::ToggleBreak => self.toggle_break(),
            Action::ToggleText => self.wasm = !self.wasm,
            Action::Memory(rows) => {
                let by = rows.unsigned_abs().into();
                let by = by_rows(by);
                let now = self.memory.unwrap_or(self.seen.memory);
                self.memory = Some(match rows < 0 {
                    true => now.saturating_sub(by),
                    false => now.saturating_add(by).min(self.last_row()),
                });
            }
            Action::Ask => {
                self.asked = Some(String::new());
                self.at_history = self.history.len();
            }
            Action::Help => self.help = !self.help,
            Action::Quit => return false,
        }
        true
    }

    /// Goes to a step.
    pub fn go_to(&mut self, step: u64) {
        let gone = self.session.go_to(step).map(drop);
        self.arrived(gone.map(|()| String::new()));
    }

    /// Does a command; whether to go on.
    pub fn command(&mut self, text: &str) -> bool {
        self.message = (String::new(), false);
        let (name, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        if name == "x" {
            // Here it moves the pane; so many bytes are shown besides.
            let (what, length) = commands::address_and_length(rest);
            match self.session.address(what) {
                Ok(address) => self.memory = Some(address & !0xf),
                Err(error) => self.message = (error, true),
            }
            if length.is_none() || self.message.1 {
                return true;
            }
        }
        match commands::execute(&mut self.session, text) {
            Ok(Reply::Quit) => return false,
            Ok(Reply::Text(text)) => self.arrived(Ok(text)),
            // (The panes show it.)
            Ok(Reply::Moved(_)) => self.arrived(Ok(String::new())),
            Err(error) => self.arrived(Err(error)),
        }
        true
    }

    /// Looks at where a command has led.
    fn arrived(&mut self, told: Result<String, String>) {
        let event = self.session.event_text();
        let step = self.session.step();
        if let Event::Breakpoint(_) | Event::Written(_) = self.session.event()
            && let Err(at) = self.met.binary_search(&step)
        {
            self.met.insert(at, step);
        }
        if self.seen.step != step {
            self.seen = Seen::of(&self.session, Some(&self.seen));
            if let Event::Written(written) = self.session.event()
                && let Some(address) = written.address
            {
                self.memory = None;
                self.seen.memory = address & !0xf;
            }
        } else {
            self.seen.look_again(&self.session);
        }
        self.message = match told {
            Ok(text) if text.is_empty() => (event, false),
            Ok(text) => (text, false),
            Err(error) => (error, true),
        };
    }

    fn toggle_break(&mut self) {
        let Ok(view) = self.session.frame() else {
            return;
        };
        let text = match &view.location {
            Some(at) if !self.wasm => format!("{}:{}", at.file, at.line),
            _ => format!("{:#x}", view.frame.offset),
        };
        let offsets = match self.session.places(&text) {
            Ok(offsets) => offsets,
            Err(error) => {
                self.message = (error, true);
                return;
            }
        };
        let mut points = self.session.points().iter();
        let same = |kind: &Kind| matches!(kind, Kind::Break(known) if *known == offsets);
        let number = points.find(|point| same(&point.kind)).map(|p| p.number);
        let told = match number {
            Some(number) => {
                let deleted = self.session.delete(number);
                deleted.map(|()| format!("breakpoint {number} is gone"))
            }
            None => {
                let number = self.session.break_at(&text, offsets).number;
                Ok(self.session.describe_point(number))
            }
        };
        self.arrived(told);
    }

    /// A typed command was entered, or another one is wanted.
    pub fn enter(&mut self) -> bool {
        let text = self.asked.take().unwrap_or_default();
        if text.trim().is_empty() {
            return true;
        }
        self.history.push(text.clone());
        self.command(&text)
    }

    /// Shows a command that was typed before.
    pub fn recall(&mut self, by: isize) {
        let at = self.at_history.saturating_add_signed(by);
        self.at_history = at.min(self.history.len());
        let text = self.history.get(self.at_history);
        self.asked = Some(text.cloned().unwrap_or_default());
    }

    /// The bytecode of the selected frame's function.
    pub fn bytecode(&mut self) -> Option<Rc<[ExplainLine]>> {
        let func = self.seen.view.as_ref()?.frame.func;
        if self.code.as_ref().is_none_or(|(known, _)| *known != func) {
            let lines = self.session.bytecode(func, false).ok()?;
            self.code = Some((func, lines.into()));
        }
        self.code.as_ref().map(|(_, lines)| lines.clone())
    }

    /// The address of the last row of memory.
    fn last_row(&self) -> u64 {
        let size = self
            .session
            .memory(0)
            .map(|memory| memory.data_size(self.session.store()));
        (size.unwrap_or(0) as u64).saturating_sub(1) & !0xf
    }
}

fn by_rows(rows: u64) -> u64 {
    rows * crate::debug::report::ROW as u64
}
