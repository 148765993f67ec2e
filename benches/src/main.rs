//! Runs the bench guests on wasmote, wasmi and Silverfir-nano's interpreter, and prints how they compare.
//!
//! `cargo run --release -p wasmote-benches [-- [--rounds N] [NAME…]]`. The runtimes take turns within each
//! round, so that whatever else the machine does meets all of them; the table shows medians.

mod runtimes;

use std::{env, fs, path::Path, process::ExitCode, time::Instant};

use runtimes::{Program, RUNTIMES};

/// What is run: a module of `tests/guests/bench`, and the argument of its function `run`.
const WORKLOADS: [(&str, i32); 8] = [
    ("mark", 2500),
    ("fib", 30),
    ("sieve", 3),
    ("matmul", 6),
    ("nbody", 60_000),
    ("sha256", 30),
    ("sort", 4),
    ("vm", 8),
];

const USAGE: &str = "usage: wasmote-benches [--rounds N] [NAME...]";

fn main() -> ExitCode {
    let mut rounds = 7;
    let mut names = Vec::new();
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        if word != "--rounds" {
            names.push(word);
        } else if let Some(n) = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0) {
            rounds = n;
        } else {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    if let Some(unknown) = names
        .iter()
        .find(|name| WORKLOADS.iter().all(|(known, _)| known != name))
    {
        eprintln!("no workload `{unknown}`\n{USAGE}");
        return ExitCode::from(2);
    }
    let chosen = WORKLOADS
        .iter()
        .filter(|(name, _)| names.is_empty() || names.iter().any(|n| n == name));
    table(chosen, rounds);
    ExitCode::SUCCESS
}

/// Measures and prints a row for each workload, then the geometric means of the ratios.
fn table<'w>(workloads: impl Iterator<Item = &'w (&'w str, i32)>, rounds: usize) {
    println!(
        "median of {rounds} rounds, milliseconds; ratios: how many times faster wasmote is (below 1: slower)\n"
    );
    print!("{:<10}", "");
    for (name, _) in &RUNTIMES {
        print!("{name:>12}");
    }
    for (name, _) in &RUNTIMES[1..] {
        print!("{:>14}", format!("vs {name}"));
    }
    println!();
    let mut logs = vec![Vec::new(); RUNTIMES.len() - 1];
    for (name, argument) in workloads {
        let medians = measure(name, *argument, rounds);
        print!("{name:<10}");
        for time in &medians {
            print!("{:>12.1}", time * 1e3);
        }
        for (peer, time) in medians[1..].iter().enumerate() {
            let ratio = time / medians[0];
            logs[peer].push(ratio.ln());
            print!("{ratio:>14.2}");
        }
        println!();
    }
    print!(
        "{:<10}{:>width$}",
        "geomean",
        "",
        width = 12 * RUNTIMES.len()
    );
    for logs in &logs {
        print!(
            "{:>14.2}",
            (logs.iter().sum::<f64>() / logs.len() as f64).exp()
        );
    }
    println!();
}

/// The median time of each runtime, in seconds.
fn measure(name: &str, argument: i32, rounds: usize) -> Vec<f64> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/guests/bench/{name}.wasm"));
    let wasm = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut programs: Vec<Program> = RUNTIMES.iter().map(|(_, load)| load(&wasm)).collect();
    // Lazy translation happens here, and the results must be the same.
    // (One call each: programs may keep state.)
    let results: Vec<_> = programs.iter_mut().map(|program| program(1)).collect();
    for (result, (runtime, _)) in results.iter().zip(&RUNTIMES) {
        assert_eq!(*result, results[0], "{name} on {runtime}");
    }
    let mut times = vec![Vec::new(); RUNTIMES.len()];
    for _ in 0..rounds {
        for (program, times) in programs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            std::hint::black_box(program(argument));
            times.push(start.elapsed().as_secs_f64());
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 {
        times[middle]
    } else {
        (times[middle - 1] + times[middle]) / 2.0
    }
}
