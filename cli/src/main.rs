//! The command `wasmote`.

mod args;
mod error;
mod explain;
mod invoke;
mod limits;
mod load;
mod output;
mod run;
mod size;
mod wasi;
mod wast;

use std::process::ExitCode;

use args::Command;

fn main() -> ExitCode {
    let result = match args::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Wast(args) => wast::wast(&args),
        Command::Completions { shell } => args::completions(shell),
    };
    result.unwrap_or_else(|failure| failure.report())
}
