//! Expressions, and the commands of the debugger in the client's console.
//!
//! In the console, what is no name of a variable is a command if it can be one; behind a backquote it is one always.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    adapter::{Adapter, Phase},
    message::Answer,
};
use crate::debug::{
    commands::{self, COMMANDS, Command, Reply},
    session::Place,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluate {
    expression: String,
    frame_id: Option<i64>,
    context: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetExpression {
    expression: String,
    value: String,
    frame_id: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completions {
    text: String,
    column: u32,
    frame_id: Option<i64>,
}

/// What is to be told when a command was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// Values may be others now.
    Changed,
    /// The program is elsewhere.
    Moved,
    /// The user wants to leave.
    Quit,
}

impl<T: 'static> Adapter<'_, '_, T> {
    pub(super) fn evaluate(&mut self, arguments: Evaluate) -> Answer {
        if self.phase == Phase::Over {
            self.needs_stop()?;
        }
        let text = arguments.expression.trim();
        if self.phase != Phase::Running {
            self.look_at(arguments.frame_id)?;
        }
        if arguments.context.as_deref() == Some("repl") {
            if let Some(command) = text.strip_prefix('`') {
                return self.command(command.trim());
            }
            if self.command_of(text).is_some() {
                return self.command(text);
            }
        }
        self.needs_stop()?;
        let place = self.session.place(text)?;
        self.described_place(&place, text.to_owned(), "result")
    }

    /// The command that a text means.
    fn command_of(&self, text: &str) -> Option<&'static Command> {
        let name = text.split(char::is_whitespace).next()?;
        let command = commands::find(name).ok()?;
        let variable = || matches!(self.session.place(text), Ok(Place::Variable(..)));
        // (`n` is a variable if there is one, and `next` otherwise.)
        (name != text || !variable()).then_some(command)
    }

    fn command(&mut self, text: &str) -> Answer {
        let name = text.split(char::is_whitespace).next().unwrap_or_default();
        if self.phase == Phase::Running && commands::find(name)?.moves() {
            return Err("the program is running: pause it first".to_owned());
        }
        let reply = commands::execute(&mut self.session, text)?;
        let (text, after) = match reply {
            Reply::Text(text) => (text, After::Changed),
            Reply::Moved(text) => (text, After::Moved),
            Reply::Quit => (String::new(), After::Quit),
        };
        self.after = Some(after);
        Ok(json!({"result": text.trim_end(), "variablesReference": 0}))
    }

    /// Tells what a command has changed, when it was answered.
    pub(super) fn after_command(&mut self) {
        match self.after.take() {
            None => {}
            Some(After::Moved) => self.arrive(),
            Some(After::Changed) => {
                self.tell_breakpoints();
                if self.phase == Phase::Stopped {
                    self.tell_changes();
                }
            }
            Some(After::Quit) => self.end(),
        }
    }

    pub(super) fn set_expression(&mut self, arguments: SetExpression) -> Answer {
        self.needs_stop()?;
        self.look_at(arguments.frame_id)?;
        let path = arguments.expression.trim();
        let place = self.session.place(path)?;
        self.session.set(&place, arguments.value.trim())?;
        let place = self.session.place(path)?;
        self.tell_changes();
        self.described_place(&place, path.to_owned(), "value")
    }

    /// What the last word of a line in the console may become.
    pub(super) fn completions(&mut self, arguments: Completions) -> Answer {
        self.look_at(arguments.frame_id)?;
        let column = self.link.info.our_column(arguments.column) as usize;
        let before: String = arguments
            .text
            .chars()
            .take(column.saturating_sub(1))
            .collect();
        let within = |c: &char| c.is_alphanumeric() || ['_', '$', '-'].contains(c);
        let word = before.char_indices().rev().take_while(|(_, c)| within(c));
        let start = word.last().map_or(before.len(), |(at, _)| at);
        let word = before.get(start..).unwrap_or_default();
        let first = before[..start].trim().is_empty();
        let commands = COMMANDS
            .iter()
            .filter(|_| first)
            .map(|command| command.names[0]);
        let variables = self.session.variables(false).unwrap_or_default();
        let variables = variables.iter().map(|variable| variable.name.as_str());
        let found: Vec<Value> = commands
            .chain(variables)
            .filter(|name| name.starts_with(word))
            .map(|name| json!({"label": name, "length": word.chars().count()}))
            .collect();
        Ok(json!({"targets": found}))
    }
}
