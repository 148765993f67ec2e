//! Measures wasmote beside other runtimes of WebAssembly: `cargo run --release -p wasmote-benches`, `--help` for more.

mod args;
mod chart;
mod guests;
mod handlers;
mod report;
mod runtimes;
mod sections;
mod stats;
mod table;
mod versions;
mod workloads;

use args::{Args, Command};
use clap::Parser;
use sections::{calls, debugging, execution, instructions, memory, objects, sizes, start};
use std::{process::ExitCode, thread};

/// Some runtimes recurse on the native stack where guests do.
const STACK_BYTES: usize = 256 << 20;

fn main() -> ExitCode {
    let args = Args::parse();
    let thread = thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || run(args));
    match thread.expect("a thread").join().expect("no panic") {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), String> {
    if args.fetch && guests::large().is_none() {
        guests::fetch()?;
    }
    let text = match &args.command {
        None if args.selects() => {
            let (runtimes, rounds) = (args.runtimes(), args.rounds as usize);
            let rows = execution::measure_all(&args.workloads(), &runtimes, rounds);
            execution::section(&rows, &runtimes, rounds)
        }
        None => return report::write(&args).map_err(|e| e.to_string()),
        Some(Command::Start) => start::section(),
        Some(Command::Memory) => memory::section(),
        Some(Command::Sizes) => sizes::section()?,
        Some(Command::Calls) => calls::section(),
        Some(Command::Objects) => objects::section()?,
        Some(Command::Debugging) => debugging::section()?,
        Some(Command::Instructions) => instructions::section()?,
        Some(Command::PeakMemory { runtime, module }) => return memory::child(runtime, module),
        Some(Command::RunWorkload {
            runtime,
            workload,
            argument,
            runs,
        }) => {
            return instructions::child(runtime, workload, *argument, *runs);
        }
    };
    println!("{}", text.trim_end());
    Ok(())
}
