//! `wasmote run`: a WASI program, or one exported function.

use std::process::ExitCode;

use wasmote::{Error, Val, debug::Stepper};
use wasmote_wasi::Host;

use crate::{
    args::RunArgs,
    debug::core_of,
    error::Failure,
    invoke, output, pause,
    program::{self, Program, Setup, Task},
    record::{Info, Log},
};

/// Runs the program; its exit status is ours.
pub fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let setup = Setup {
        debug: args.pause.snapshot.is_some(),
        ..Setup::default()
    };
    program::with(&args.program, &setup, args)
}

impl Task for &RunArgs {
    type Output = ExitCode;

    fn run<H: Host + 'static>(self, mut program: Program<H>) -> Result<ExitCode, Failure> {
        let log = match &self.record {
            Some(path) => {
                let info = Info::of(&self.program, program.module.bytes());
                Some(Log::start(path, &info, &mut program.store)?)
            }
            None => None,
        };
        let result = self.execute(&mut program);
        // (What was recorded of a program that failed is what its recording is for.)
        log.map_or(Ok(()), Log::finish)?;
        result
    }
}

impl RunArgs {
    fn execute<H: Host + 'static>(&self, program: &mut Program<H>) -> Result<ExitCode, Failure> {
        let entry = match program.begin(&self.program)? {
            Ok(entry) => entry,
            Err(error) => return status(Err(error)),
        };
        if self.pause.snapshot.is_some() {
            let stepper = Stepper::start(&mut program.store, entry.func, &entry.arguments)?;
            let core = self.core_on_trap.as_deref();
            return pause::go_on(&self.pause, core, program, (entry.instance, stepper));
        }
        let store = &mut program.store;
        let mut results = vec![Val::I32(0); entry.func.ty(&*store).results().len()];
        let result = entry.func.call(&mut *store, &entry.arguments, &mut results);
        if result.is_ok() && entry.invoked {
            show(&results)?;
        }
        if let (Some(to), Err(error)) = (&self.core_on_trap, &result)
            && let Some(trap) = error.trap()
        {
            core_of::trap(to, &program.file, store, entry.instance, trap)?;
        }
        status(result)
    }
}

/// Prints the results of an invoked function, a line each.
pub fn show(results: &[Val]) -> Result<(), Failure> {
    results
        .iter()
        .try_for_each(|value| output::line(invoke::show(value)))
}

/// The exit status that a program's end is.
pub fn status(result: Result<(), Error>) -> Result<ExitCode, Failure> {
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(e) => match e.i32_exit_status() {
            // What the system keeps of a status.
            Some(status) => Ok(ExitCode::from(status as u8)),
            None => Err(e.into()),
        },
    }
}
