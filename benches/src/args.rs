//! The command line.

use crate::{
    runtimes::{RUNTIMES, Runtime},
    workloads::{WORKLOADS, Workload},
};
use clap::{Parser, Subcommand, builder::PossibleValuesParser};

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p wasmote-benches                          everything: RESULTS.md and results.svg
  cargo run --release -p wasmote-benches -- json lua              two workloads, printed only
  cargo run --release -p wasmote-benches -- --peers wasmi,sf-nano --rounds 3
  cargo run --release -p wasmote-benches -- sizes                 one section, printed only";

/// Measures wasmote beside other runtimes of WebAssembly.
///
/// Without a selection, writes benches/RESULTS.md and benches/results.svg; with one, only prints.
#[derive(Parser)]
#[command(name = "wasmote-benches", after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Args {
    /// Workloads to run, instead of all
    #[arg(value_name = "WORKLOAD", value_parser = PossibleValuesParser::new(WORKLOADS.iter().map(|w| w.name)))]
    pub names: Vec<String>,
    /// Rounds in which each runtime takes its turn; slow runtimes take part in two
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Runtimes to compare with, instead of all
    #[arg(long, value_name = "PEER,…", value_delimiter = ',', value_parser = peers())]
    pub peers: Vec<String>,
    /// Fetch the large module (27 MB, with npm) first, if it is not there
    #[arg(long, global = true)]
    pub fetch: bool,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// One section, printed only.
#[derive(Subcommand)]
pub enum Command {
    /// Time from a module's bytes to its first call of the host
    Start,
    /// Peak memory of processes
    Memory,
    /// Machine code of the handlers
    Sizes,
    /// What calls cost
    Calls,
    /// What objects cost
    Objects,
    /// What debugging costs
    Debugging,
    /// Instructions of the CPU, counted by valgrind
    Instructions,
    /// What `memory` runs in processes of their own
    #[command(hide = true)]
    PeakMemory { runtime: String, module: String },
    /// What `instructions` runs under valgrind
    #[command(hide = true)]
    RunWorkload {
        runtime: String,
        workload: String,
        argument: i32,
        runs: u32,
    },
}

fn peers() -> PossibleValuesParser {
    PossibleValuesParser::new(RUNTIMES[1..].iter().map(|runtime| runtime.name))
}

impl Args {
    /// Whether only a part is asked for.
    pub fn selects(&self) -> bool {
        !self.names.is_empty() || !self.peers.is_empty()
    }

    pub fn workloads(&self) -> Vec<&'static Workload> {
        let chosen = |workload: &&Workload| {
            self.names.is_empty() || self.names.iter().any(|name| name == workload.name)
        };
        WORKLOADS.iter().filter(chosen).collect()
    }

    /// wasmote, then the peers.
    pub fn runtimes(&self) -> Vec<&'static Runtime> {
        let chosen = |runtime: &&Runtime| {
            self.peers.is_empty() || self.peers.iter().any(|name| name == runtime.name)
        };
        let peers = RUNTIMES[1..].iter().filter(chosen);
        [&RUNTIMES[0]].into_iter().chain(peers).collect()
    }
}
