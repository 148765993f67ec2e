//! `wasmote trace`: what a program executes, an instruction a line.

mod event;
mod json;
mod select;
mod text;
mod walk;

use std::{process::ExitCode, rc::Rc};

use wasmote::{
    Error, TrapCode,
    debug::{Stepper, Stop},
};
use wasmote_wasi::Host;

use crate::{
    args::TraceArgs,
    debug::code::Code,
    error::Failure,
    interrupt,
    program::{self, Program, Setup, Task},
    report::{Progress, Report, grouped},
    run,
};
use event::{End, Format};
use select::Selection;
use walk::Walk;

/// Runs the program; its exit status is ours, unless the trace ends before it.
pub fn trace(args: &TraceArgs) -> Result<ExitCode, Failure> {
    let setup = Setup {
        debug: true,
        ..Setup::default()
    };
    program::with(&args.program, &setup, args)
}

impl Task for &TraceArgs {
    type Output = ExitCode;

    fn run<H: Host + 'static>(self, mut program: Program<H>) -> Result<ExitCode, Failure> {
        let module = program.module.clone();
        let code = Code::new(module.bytes())
            .map_err(|error| Failure::new(format!("{}: {error}", program.file.display())))?;
        let code = Rc::new(code);
        let mut selection = Selection::new(self, &code, &module)?;
        let mut report = Report::new(self.output.as_deref())?;
        let format: Box<dyn Format> = match self.json {
            true => Box::<json::Json>::default(),
            false => Box::<text::Text>::default(),
        };
        interrupt::note();
        let entry = match program.begin(&self.program)? {
            Ok(entry) => entry,
            Err(error) => return run::status(Err(error)),
        };
        let store = &mut program.store;
        let mut stepper = Stepper::start(&mut *store, entry.func, &entry.arguments)?;
        if let Some(frame) = stepper.innermost(&*store) {
            selection.find_memory(store, &frame)?;
        }
        let mut progress = Progress::new(!report.is_shared());
        let mut walk = Walk::new(selection, code, format);
        let end = loop {
            progress.at(|| {
                format!(
                    "{} instructions, {} shown",
                    grouped(store.steps()),
                    grouped(walk.shown())
                )
            });
            let Some(goal) = walk.look(store, &stepper, &mut report)? else {
                break End::Stopped;
            };
            if interrupt::noted() {
                break End::Stopped;
            }
            match stepper.run(&mut *store, goal) {
                Stop::Done => break End::Returned,
                Stop::Failed => {
                    break match stepper.error().map(Error::i32_exit_status) {
                        Some(Some(status)) => End::Exited(status),
                        _ => End::Failed(first_line(stepper.error())),
                    };
                }
                Stop::Paused => break End::Failed(first_line(Some(&TrapCode::OutOfFuel.into()))),
                _ => {}
            }
        };
        progress.end();
        walk.end(store, &end, &mut report)?;
        report.flush()?;
        match end {
            End::Returned => {
                if entry.invoked {
                    run::show(stepper.results())?;
                }
                Ok(ExitCode::SUCCESS)
            }
            End::Stopped if interrupt::noted() => Ok(ExitCode::from(interrupt::INTERRUPTED)),
            End::Stopped => Ok(ExitCode::SUCCESS),
            End::Exited(_) | End::Failed(_) => run::status(Err(stepper
                .into_error()
                .unwrap_or_else(|| TrapCode::OutOfFuel.into()))),
        }
    }
}

/// What an error says before its backtrace.
fn first_line(error: Option<&Error>) -> String {
    let text = error.map(Error::to_string).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}
