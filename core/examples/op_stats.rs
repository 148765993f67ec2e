//! Prints which ops a program executes, and which follow each other.
//!
//! `WASMOTE_DISPATCH=loop cargo run --profile fast -p wasmote --features stats --example op_stats -- FILE N…`
//! runs the export `run(N)` of a module without imports; several files are added up, one N for each.

use std::{collections::HashMap, env, fs, process::ExitCode};

use wasmote::{Engine, Instance, Module, Store, stats};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.is_empty() || !arguments.len().is_multiple_of(2) {
        eprintln!("usage: op_stats FILE N [FILE N...]");
        return ExitCode::from(2);
    }
    let mut shares: [HashMap<String, f64>; 3] = Default::default();
    let programs = arguments.len() / 2;
    for pair in arguments.chunks(2) {
        stats::reset();
        let bytes = fs::read(&pair[0]).expect("a file");
        let engine = Engine::default();
        let module = Module::new(&engine, bytes).expect("a valid module");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
        let run = instance
            .get_typed_func::<i32, i64>(&store, "run")
            .expect("the export `run`");
        run.call(&mut store, pair[1].parse().expect("a number"))
            .expect("no trap");
        let ops: u64 = stats::sequences(&module, 1)
            .iter()
            .map(|(_, count)| count)
            .sum();
        for (i, shares) in shares.iter_mut().enumerate() {
            for (name, count) in stats::sequences(&module, i + 1) {
                *shares.entry(name).or_default() += count as f64 / ops as f64 / programs as f64;
            }
        }
    }
    for (i, shares) in shares.into_iter().enumerate() {
        let mut shares: Vec<_> = shares.into_iter().collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        println!(
            "-- runs of {}, percent of executed ops (each program weighs the same)",
            i + 1
        );
        for (name, share) in shares.iter().take(150) {
            println!("{:6.2}  {name}", share * 100.0);
        }
    }
    ExitCode::SUCCESS
}
