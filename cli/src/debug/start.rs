//! `wasmote debug`: makes a session of a program, and gives it to a front end.

use std::{
    fs,
    io::{self, IsTerminal},
    path::Path,
    process::ExitCode,
};

use wasmote::debug::Snapshot;
use wasmote_std_host::Capture;
use wasmote_wasi::Host;

use super::{
    dap, gdb, line,
    session::{Kept, Options, Session},
    source::SourceFiles,
    tui,
};
use crate::{
    args::{DebugArgs, DebuggerArgs},
    error::Failure,
    load::reason,
    pause,
    program::{self, Program, Setup, Task},
    wasi::Streams,
};

/// What a program may print: more cannot be looked at.
const OUTPUT: usize = 64 << 20;

/// Something to debug with.
pub trait FrontEnd {
    /// What comes of it.
    type Output;

    /// Whether it shows modules in the text format as they are in their files.
    const SHOWS_TEXT: bool = false;

    /// Debugs. The program's call has been entered.
    ///
    /// # Errors
    /// What ends the command.
    fn run<T: 'static>(self, session: Session<'_, T>) -> Result<Self::Output, Failure>;
}

/// `wasmote debug`.
pub fn debug(args: &DebugArgs) -> Result<ExitCode, Failure> {
    let file = args.program.file();
    match &args.debugger.gdb {
        Some(address) => gdb::serve(address, args),
        None if args.dap => dap::serve(),
        None => with(args, UsersChoice::of(&args.debugger, &file)),
    }
}

/// Loads a program, enters its call, and hands it to a front end.
pub fn with<F: FrontEnd>(args: &DebugArgs, front_end: F) -> Result<F::Output, Failure> {
    let kept = keeping();
    let input = match &args.stdin {
        Some(path) => read(path)?,
        None => Vec::new(),
    };
    let from = pause::read_from(args.from.as_deref())?;
    let setup = Setup {
        debug: true,
        // (A snapshot is of the module without.)
        lines: F::SHOWS_TEXT && args.from.is_none(),
        streams: Streams::Kept {
            input: input.into(),
            output: kept.output.clone(),
            errors: kept.errors.clone(),
        },
    };
    let debug = Debug {
        args,
        from,
        kept,
        front_end,
    };
    program::with(&args.program, &setup, debug)
}

/// For what a program prints.
pub fn keeping() -> Kept {
    Kept {
        output: Capture::new(OUTPUT),
        errors: Capture::new(OUTPUT),
    }
}

/// How the arguments want a session to be.
pub fn options(args: &DebuggerArgs, kept: Kept) -> Options {
    Options {
        files: SourceFiles::new(args.source_maps.clone()),
        budget: usize::try_from(args.snapshot_budget.0).unwrap_or(usize::MAX),
        kept,
    }
}

/// Reads a file that was named on the command line.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|e| Failure::new(format!("{}: {}", path.display(), reason(&e))))
}

struct Debug<'a, F> {
    args: &'a DebugArgs,
    /// A state to begin with, and where it was read.
    from: Option<(&'a Path, Snapshot)>,
    kept: Kept,
    front_end: F,
}

impl<F: FrontEnd> Task for Debug<'_, F> {
    type Output = F::Output;

    fn run<H: Host + 'static>(self, mut program: Program<H>) -> Result<F::Output, Failure> {
        let args = self.args;
        let options = options(&args.debugger, self.kept);
        let module = program.module.clone();
        let session = match &self.from {
            Some((path, snapshot)) => {
                let fuel = args.program.fuel;
                let (instance, stepper) = pause::restore(&mut program, snapshot, path, fuel)?;
                Session::at(program.store, &module, instance, stepper, options)
            }
            None => {
                // (What fails before is no call that could be stepped through.)
                let entry = program.begin(&args.program)??;
                Session::start(program.store, &module, &entry, options)
            }
        };
        self.front_end.run(session.map_err(Failure::new)?)
    }
}

/// What the arguments ask for: commands, or the screen.
pub struct UsersChoice<'a> {
    args: &'a DebuggerArgs,
    file: &'a Path,
}

impl<'a> UsersChoice<'a> {
    /// Of a program or a recording in a file.
    pub fn of(args: &'a DebuggerArgs, file: &'a Path) -> UsersChoice<'a> {
        UsersChoice { args, file }
    }
}

impl FrontEnd for UsersChoice<'_> {
    type Output = ExitCode;

    fn run<T: 'static>(self, mut session: Session<'_, T>) -> Result<ExitCode, Failure> {
        let args = self.args;
        let mut commands = Vec::new();
        if let Some(path) = &args.script {
            let text = String::from_utf8_lossy(&read(path)?).into_owned();
            commands.extend(text.lines().map(str::to_owned));
        }
        commands.extend(args.commands.iter().cloned());
        if args.script.is_some() || !args.commands.is_empty() {
            return line::script(&mut session, &commands);
        }
        let on_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        if !args.plain && on_terminal {
            return tui::run(session, self.file.display().to_string());
        }
        let prompt = if on_terminal { "> " } else { "" };
        line::read(&mut session, io::stdin().lock(), prompt)
    }
}
