//! Differential testing: generated modules run on wasmote, wasmi and wasmtime.
//!
//! `wasmote-differential [--count N] [--seed S] [--out DIR]` generates the modules of seeds S to S+N-1.
//! Each exported function of each is called twice in a fresh instance; results, traps, memories, globals
//! and tables must be the same everywhere. A module that is treated differently is written to DIR.

mod generate;
mod observe;
mod on_wasmi;
mod on_wasmote;
mod on_wasmtime;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use generate::Case;
use observe::{Runtime, Session};

const USAGE: &str = "usage: wasmote-differential [--count N] [--seed S] [--out DIR]";

/// Native stack: wasmtime runs the guest's frames on it.
const STACK: usize = 64 << 20;

struct Args {
    count: u64,
    seed: u64,
    out: PathBuf,
}

fn args() -> Option<Args> {
    let mut args = Args { count: 2000, seed: 1, out: std::env::temp_dir() };
    let mut words = std::env::args().skip(1);
    while let Some(option) = words.next() {
        let value = words.next()?;
        match option.as_str() {
            "--count" => args.count = value.parse().ok()?,
            "--seed" => args.seed = value.parse().ok()?,
            "--out" => args.out = value.into(),
            _ => return None,
        }
    }
    Some(args)
}

fn main() -> ExitCode {
    let Some(args) = args() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || campaign(&args));
    let failed = worker.expect("a thread can be started").join().expect("a difference is no panic");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs all the modules; returns how many were treated differently.
fn campaign(args: &Args) -> u64 {
    let runtimes: [Box<dyn Runtime>; 5] = [
        Box::new(on_wasmtime::Wasmtime::new()),
        Box::new(on_wasmi::Wasmi::new()),
        Box::new(on_wasmote::Wasmote::new("wasmote", false, false)),
        Box::new(on_wasmote::Wasmote::new("wasmote with fuel", false, true)),
        Box::new(on_wasmote::Wasmote::new("wasmote eager", true, false)),
    ];
    let started = Instant::now();
    let (mut failed, mut calls, mut traps, mut cut) = (0, 0, 0, 0);
    for n in 0..args.count {
        let seed = args.seed + n;
        let case = generate::case(seed);
        let tally = compare(&runtimes, &case);
        calls += tally.calls;
        traps += tally.traps;
        cut += tally.cut;
        if let Some(difference) = tally.difference {
            failed += 1;
            let path = args.out.join(format!("wasmote-difference-{seed}.wasm"));
            println!("seed {seed}: {difference}");
            match std::fs::write(&path, &case.module) {
                Ok(()) => println!("  module: {}", path.display()),
                Err(e) => println!("  {} cannot be written: {e}", path.display()),
            }
        }
        if (n + 1) % 200 == 0 {
            eprintln!("{} of {} modules, {:.0?}", n + 1, args.count, started.elapsed());
        }
    }
    println!("{calls} calls compared, {traps} of them trapped alike, {cut} ended by a stack overflow");
    println!("{} passed, {failed} failed", args.count - failed);
    failed
}

#[derive(Default)]
struct Tally {
    calls: u64,
    traps: u64,
    cut: u64,
    difference: Option<String>,
}

fn compare(runtimes: &[Box<dyn Runtime>], case: &Case) -> Tally {
    let mut tally = Tally::default();
    let mut sessions: Vec<(&str, Box<dyn Session>)> = Vec::new();
    for runtime in runtimes {
        match runtime.load(&case.module) {
            Ok(session) => sessions.push((runtime.name(), session)),
            Err(e) => {
                tally.difference = Some(format!("{} does not load it: {e}", runtime.name()));
                return tally;
            }
        }
    }
    for (func, ty) in sessions[0].1.functions() {
        let plans: [_; 2] = std::array::from_fn(|round| case.arguments(&func, round, &ty));
        let mut observed = sessions.iter_mut().map(|(name, session)| (*name, session.call(&func, &plans)));
        let (first_name, first) = observed.next().expect("there are runtimes");
        for (name, other) in observed {
            for (n, (a, b)) in first.iter().zip(&other).enumerate() {
                // Stack overflow is where runtimes may differ: frames are not equally large.
                if a.overflowed() || b.overflowed() {
                    tally.cut += 1;
                    break;
                }
                if a != b {
                    let what = if n == 0 { "instantiation".into() } else { format!("call {n} of {func}") };
                    let args = plans.get(n.wrapping_sub(1));
                    tally.difference = Some(format!("{what} {args:?}\n  {first_name}: {a:?}\n  {name}: {b:?}"));
                    return tally;
                }
            }
        }
        tally.calls += first.len().saturating_sub(1) as u64;
        tally.traps += first.iter().skip(1).filter(|step| step.trapped()).count() as u64;
    }
    tally
}
