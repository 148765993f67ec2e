//! The command `wasmote`.

mod args;
mod compile;
#[allow(
    dead_code,
    unused_imports,
    reason = "the commands that use it come next"
)]
mod debug;
mod error;
mod explain;
mod invoke;
mod limits;
mod load;
mod output;
#[allow(dead_code, reason = "the commands that use it come next")]
mod program;
mod record;
mod replay;
mod run;
mod size;
mod wasi;
mod wast;

use std::{
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
};

use args::Command;
use error::Failure;

/// The exit status after Ctrl-C, as shells tell it.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    // At once, wherever the program is: waiting for input too. Nothing of ours is buffered.
    let always = Arc::new(AtomicBool::new(true));
    if let Err(e) = signal_hook::flag::register_conditional_shutdown(
        signal_hook::consts::SIGINT,
        INTERRUPTED,
        always,
    ) {
        return Failure::new(format!("cannot handle Ctrl-C: {e}")).report();
    }
    let result = match args::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Debug(args) => debug::start::debug(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Compile(args) => compile::compile(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Wast(args) => wast::wast(&args),
        Command::Completions { shell } => args::completions(shell),
    };
    result.unwrap_or_else(|failure| failure.report())
}
