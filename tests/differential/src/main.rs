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
use observe::{Runtime, steps};

const USAGE: &str = "usage: wasmote-differential [--count N] [--seed S] [--out DIR]";

/// Native stack: wasmtime runs the guest's frames on it.
const STACK: usize = 64 << 20;

struct Args {
    count: u64,
    seed: u64,
    out: PathBuf,
}

fn args() -> Option<Args> {
    let mut args = Args {
        count: 2000,
        seed: 1,
        out: std::env::temp_dir(),
    };
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
    let worker = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || campaign(&args));
    let failed = worker
        .expect("a thread can be started")
        .join()
        .expect("a difference is no panic");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs all the modules; returns how many were treated differently.
fn campaign(args: &Args) -> u64 {
    let reference = on_wasmtime::Wasmtime::new();
    let runtimes: [Box<dyn Runtime>; 4] = [
        Box::new(on_wasmi::Wasmi::new()),
        Box::new(on_wasmote::Wasmote::new("wasmote", false, false)),
        Box::new(on_wasmote::Wasmote::new("wasmote with fuel", false, true)),
        Box::new(on_wasmote::Wasmote::new("wasmote eager", true, false)),
    ];
    let started = Instant::now();
    let (mut failed, mut calls, mut traps, mut cut, mut peers) = (0, 0, 0, 0, 0);
    for n in 0..args.count {
        let seed = args.seed + n;
        let case = generate::case(seed);
        let tally = compare(&reference, &runtimes, &case);
        calls += tally.calls;
        traps += tally.traps;
        cut += tally.cut;
        if let Some(difference) = tally.between_peers {
            peers += 1;
            println!("seed {seed}: not counted, wasmi is not with wasmtime: {difference}");
        }
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
            eprintln!(
                "{} of {} modules, {:.0?}",
                n + 1,
                args.count,
                started.elapsed()
            );
        }
    }
    println!(
        "{calls} calls compared, {traps} of them trapped alike, {cut} ended by a stack overflow"
    );
    println!("in {peers} modules wasmi and wasmtime differ");
    println!("{} passed, {failed} failed", args.count - failed);
    failed
}

#[derive(Default)]
struct Tally {
    calls: u64,
    traps: u64,
    cut: u64,
    /// wasmote and wasmtime.
    difference: Option<String>,
    /// wasmi and wasmtime: a bug of one of them, of which wasmote's agreement with wasmtime tells more.
    between_peers: Option<String>,
}

/// Runs a module everywhere, until something differs.
fn compare(reference: &dyn Runtime, others: &[Box<dyn Runtime>], case: &Case) -> Tally {
    let mut tally = Tally::default();
    let load = |runtime: &dyn Runtime| {
        runtime
            .load(&case.module)
            .map_err(|e| format!("{} does not load it: {e}", runtime.name()))
    };
    let loaded = load(reference).and_then(|first| {
        let others: Result<Vec<_>, _> = others
            .iter()
            .filter(|runtime| runtime.tested() || !case.latest)
            .map(|runtime| Ok::<_, String>((runtime, load(&**runtime)?)))
            .collect();
        Ok((first, others?))
    });
    let (first, sessions) = match loaded {
        Ok(loaded) => loaded,
        Err(e) => {
            tally.difference = Some(e);
            return tally;
        }
    };
    for (func, ty) in first.functions() {
        if ty.contains(&observe::Type::NonNull) {
            continue;
        }
        let plans: [_; 2] = std::array::from_fn(|round| case.arguments(&func, round, &ty));
        let expected = steps(&*first, &func, &plans);
        for (runtime, session) in &sessions {
            let got = steps(&**session, &func, &plans);
            let Some(n) =
                (0..expected.len().max(got.len())).find(|&n| expected.get(n) != got.get(n))
            else {
                continue;
            };
            // Stack overflow is where runtimes may differ: frames are not equally large.
            if [expected.get(n), got.get(n)]
                .iter()
                .flatten()
                .any(|step| step.overflowed())
            {
                tally.cut += 1;
                continue;
            }
            let what = if n == 0 {
                "instantiation".into()
            } else {
                format!("call {n} of {func:?}")
            };
            let difference = format!(
                "{what}, arguments {:?}\n  {}: {:?}\n  {}: {:?}",
                plans.get(n.wrapping_sub(1)),
                reference.name(),
                expected.get(n),
                runtime.name(),
                got.get(n)
            );
            if runtime.tested() {
                tally.difference = Some(difference);
                return tally;
            }
            tally.between_peers.get_or_insert(difference);
        }
        tally.calls += expected.len().saturating_sub(1) as u64;
        tally.traps += expected
            .iter()
            .skip(1)
            .filter(|step| step.trapped())
            .count() as u64;
    }
    tally
}
