//! The command `wasmote`.

mod args;
mod compile;
mod debug;
mod error;
mod explain;
mod interrupt;
mod invoke;
mod limits;
mod load;
mod output;
mod pause;
mod profile;
mod program;
mod ranges;
mod record;
mod replay;
mod report;
mod resume;
mod run;
mod size;
mod trace;
mod wasi;
mod wast;
mod whole;

use std::process::ExitCode;

use args::Command;

fn main() -> ExitCode {
    if let Err(failure) = interrupt::install() {
        return failure.report();
    }
    let result = match args::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Debug(args) => debug::start::debug(&args),
        Command::Resume(args) => resume::resume(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Trace(args) => trace::trace(&args),
        Command::Profile(args) => profile::profile(&args),
        Command::Compile(args) => compile::compile(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Wast(args) => wast::wast(&args),
        Command::Completions { shell } => args::completions(shell),
    };
    result.unwrap_or_else(|failure| failure.report())
}
