//! What calls cost.

use crate::{
    runtimes::calls::{CALLERS, Callee},
    stats::median,
    table::Table,
};
use std::time::Instant;

/// Calls in a loop.
const CALLS: i32 = 2_000_000;
/// Loops, of which the middle one counts.
const ROUNDS: usize = 7;

const KINDS: [(&str, Callee); 4] = [
    ("call", Callee::Direct),
    ("call_indirect", Callee::Indirect),
    ("call of another instance", Callee::Instance),
    ("call of the host", Callee::Host),
];

pub fn section() -> String {
    eprintln!("[calls]");
    let mut table = Table::new(
        ["ns"]
            .into_iter()
            .chain(CALLERS.iter().map(|(name, _)| *name)),
    );
    let alone = measure(Callee::None);
    for (name, callee) in KINDS {
        let times = measure(callee)
            .into_iter()
            .zip(&alone)
            .map(|(time, alone)| match (time, alone) {
                (Ok(time), Ok(alone)) => format!("{:.1}", (time - alone) * 1e9),
                _ => "none".to_owned(),
            });
        let cells: Vec<_> = [name.to_owned()].into_iter().chain(times).collect();
        table.row(cells);
    }
    format!(
        "Nanoseconds for a call and its return, of a function `(i32) -> i32` that adds 1, from a loop; the time of the \
         loop with the addition but no call is subtracted.\n\n{table}"
    )
}

/// Seconds for one round of the loop on each runtime. They take turns.
fn measure(callee: Callee) -> Vec<Result<f64, String>> {
    let mut loops: Vec<_> = CALLERS.iter().map(|(_, load)| load(callee)).collect();
    let mut times = vec![Vec::new(); loops.len()];
    for _ in 0..ROUNDS {
        for (program, times) in loops.iter_mut().zip(&mut times) {
            let Ok(run) = program else { continue };
            let start = Instant::now();
            let result = run(CALLS);
            times.push(start.elapsed().as_secs_f64() / f64::from(CALLS));
            if result != Ok(i64::from(CALLS)) {
                *program = Err(result.err().unwrap_or_else(|| "a wrong result".to_owned()));
            }
        }
    }
    loops
        .into_iter()
        .zip(times)
        .map(|(program, times)| program.map(|_| median(times)))
        .collect()
}
