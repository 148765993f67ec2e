//! `wasmote resume`: a paused program, to its end.

use std::process::ExitCode;

use wasmote::debug::Snapshot;
use wasmote_wasi::Host;

use crate::{
    args::ResumeArgs,
    error::Failure,
    pause,
    program::{self, Program, Setup, Task},
};

/// Goes on with a program; its exit status is ours.
pub fn resume(args: &ResumeArgs) -> Result<ExitCode, Failure> {
    let snapshot = pause::read(&args.from)?;
    let setup = Setup {
        debug: true,
        ..Setup::default()
    };
    program::with(&args.program, &setup, Resume { args, snapshot })
}

struct Resume<'a> {
    args: &'a ResumeArgs,
    snapshot: Snapshot,
}

impl Task for Resume<'_> {
    type Output = ExitCode;

    fn run<H: Host + 'static>(self, mut program: Program<H>) -> Result<ExitCode, Failure> {
        let args = self.args;
        let call = pause::restore(&mut program, &self.snapshot, &args.from, args.program.fuel)?;
        drop(self.snapshot);
        pause::go_on(
            &args.pause,
            args.core_on_trap.as_deref(),
            &mut program,
            call,
        )
    }
}
