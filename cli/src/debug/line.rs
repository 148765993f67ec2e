//! The debugger without a screen: commands in, text out.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use super::{
    commands::{self, Reply},
    report,
    session::Session,
};
use crate::{error::Failure, load::reason, output};

/// Prints what comes of commands, and what the program prints meanwhile.
struct Lines {
    /// Chunks of the program's output that were shown.
    shown: usize,
}

impl Lines {
    /// Does a command; whether there may be more. What a command cannot do is the inner error.
    fn execute<T: 'static>(
        &mut self,
        session: &mut Session<'_, T>,
        command: &str,
    ) -> Result<Result<bool, String>, Failure> {
        let reply = commands::execute(session, command);
        let printed = &session.all_output()[self.shown..];
        self.shown += printed.len();
        print(&report::printed(printed))?;
        match reply {
            Ok(Reply::Text(text) | Reply::Moved(text)) => print(&text).map(|()| Ok(true)),
            Ok(Reply::Quit) => Ok(Ok(false)),
            Err(error) => Ok(Err(error)),
        }
    }
}

/// Does commands up to the first that fails, which is shown with its error.
pub fn script<T: 'static>(
    session: &mut Session<'_, T>,
    commands: &[String],
) -> Result<ExitCode, Failure> {
    let mut lines = Lines { shown: 0 };
    for command in commands.iter().map(|line| uncommented(line)) {
        match lines.execute(session, command)? {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(Failure::new(format!("{command}: {error}"))),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Does the commands that come from a reader, each of which is asked for with a prompt; those that fail print why.
pub fn read<T: 'static>(
    session: &mut Session<'_, T>,
    input: impl BufRead,
    prompt: &str,
) -> Result<ExitCode, Failure> {
    let mut lines = Lines { shown: 0 };
    let mut input = input.lines();
    loop {
        print(prompt)?;
        let Some(line) = input.next() else {
            // (What comes next begins a line.)
            print(if prompt.is_empty() { "" } else { "\n" })?;
            break;
        };
        let line = line.map_err(|e| Failure::new(format!("standard input: {}", reason(&e))))?;
        match lines.execute(session, uncommented(&line))? {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => print(&format!("error: {error}\n"))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A line without its comment.
fn uncommented(line: &str) -> &str {
    let line = line.trim();
    match line.starts_with('#') {
        true => "",
        false => line,
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    output::check(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}
