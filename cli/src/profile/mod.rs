//! `wasmote profile`: how often a program executes what.

mod counts;
mod json;
mod stacks;
mod tables;

use std::{process::ExitCode, rc::Rc};

use wasmote::{
    Error, TrapCode,
    debug::{Profile, Stepper, Stop, Until},
};
use wasmote_wasi::Host;

use crate::{
    args::{By, ProfileArgs},
    debug::{code::Code, flame::Picture, source::Source},
    error::Failure,
    interrupt,
    program::{self, Program, Setup, Task},
    report::{self, Progress, Report, grouped},
    run,
};
use counts::Counts;

/// Steps after which interrupts and progress are looked at.
const STRIDE: u64 = 1 << 24;

/// Runs the program; its exit status is ours.
pub fn profile(args: &ProfileArgs) -> Result<ExitCode, Failure> {
    let setup = Setup {
        debug: true,
        ..Setup::default()
    };
    program::with(&args.program, &setup, args)
}

impl Task for &ProfileArgs {
    type Output = ExitCode;

    fn run<H: Host + 'static>(self, mut program: Program<H>) -> Result<ExitCode, Failure> {
        let module = program.module.clone();
        let malformed = |error: &dyn std::fmt::Display| {
            Failure::new(format!("{}: {error}", program.file.display()))
        };
        let code = Rc::new(Code::new(module.bytes()).map_err(|error| malformed(&error))?);
        let source = Source::new(code.clone()).map_err(|error| malformed(&error))?;
        if self.by.contains(&By::Line) && !source.is_there() {
            return Err(malformed(
                &"has no debug information (DWARF), which tells lines",
            ));
        }
        let mut report = Report::new(self.output.as_deref())?;
        interrupt::note();
        Profile::start(&mut program.store)?;
        let ended = execute(&mut program, self)?;
        let Some(profile) = Profile::take(&mut program.store) else {
            return ended;
        };
        let counts = Counts::new(&profile, &program.store, &module, &source);
        let written = match self.json {
            true => json::write(&mut report, &counts),
            false => tables::write(&mut report, &counts, &self.by, self.top),
        };
        report.check(written)?;
        report.flush()?;
        self.draw(&profile, &counts)?;
        ended
    }
}

impl ProfileArgs {
    /// Writes flame graphs.
    fn draw(&self, profile: &Profile, counts: &Counts) -> Result<(), Failure> {
        if let Some(path) = &self.folded {
            report::write(path, &stacks::folded(profile, counts))?;
        }
        if self.svg.is_none() && self.html.is_none() {
            return Ok(());
        }
        let flames = stacks::flames(profile, counts);
        let file = self.program.file();
        let picture = Picture {
            title: file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            ..Picture::default()
        };
        if let Some(path) = &self.svg {
            report::write(path, &flames.svg(&picture))?;
        }
        if let Some(path) = &self.html {
            report::write(path, &flames.html(&picture))?;
        }
        Ok(())
    }
}

/// Runs the program to its end, or to Ctrl-C. The inner result is how the process ends.
fn execute<H: Host + 'static>(
    program: &mut Program<H>,
    args: &ProfileArgs,
) -> Result<Result<ExitCode, Failure>, Failure> {
    let entry = match program.begin(&args.program)? {
        Ok(entry) => entry,
        Err(error) => return Ok(run::status(Err(error))),
    };
    let store = &mut program.store;
    let mut stepper = match Stepper::start(&mut *store, entry.func, &entry.arguments) {
        Ok(stepper) => stepper,
        Err(error) => return Ok(run::status(Err(error))),
    };
    let mut progress = Progress::new(true);
    let paused = loop {
        if interrupt::noted() {
            progress.end();
            return Ok(Ok(ExitCode::from(interrupt::INTERRUPTED)));
        }
        progress.at(|| format!("{} instructions", grouped(store.steps())));
        let goal = store.steps().saturating_add(STRIDE);
        match stepper.run(&mut *store, &Until::steps(goal)) {
            Stop::Done | Stop::Failed => break false,
            Stop::Paused => break true,
            _ => {}
        }
    };
    progress.end();
    if paused {
        return Ok(run::status(Err(Error::from(TrapCode::OutOfFuel))));
    }
    if stepper.error().is_none() && entry.invoked {
        run::show(stepper.results())?;
    }
    Ok(run::status(stepper.into_error().map_or(Ok(()), Err)))
}
