//! Times workloads. The runtimes take turns within each round, so that whatever else the machine does meets all
//! of them, and each result is compared with the first runtime's.

use crate::{
    runtimes::{Program, Runtime},
    stats::{geomean, median},
    table::Table,
    workloads::{Origin, Workload},
};
use std::{fmt::Write, time::Instant};

/// The rounds that slow runtimes take part in.
const SLOW_ROUNDS: usize = 2;

/// One workload on all runtimes.
pub struct Row {
    pub workload: &'static Workload,
    pub wasm_bytes: usize,
    /// The median of each runtime in seconds, or why there is none.
    pub times: Vec<Result<f64, String>>,
}

impl Row {
    /// How many times as long as the first runtime the one at `index` takes.
    pub fn ratio(&self, index: usize) -> Option<f64> {
        let [own, peer] = [&self.times[0], &self.times[index]].map(|time| time.as_ref().ok());
        Some(peer? / own?)
    }
}

/// The geometric mean of a runtime's ratios.
pub fn mean_ratio(rows: &[Row], index: usize) -> Option<f64> {
    geomean(rows.iter().filter_map(|row| row.ratio(index)))
}

/// All workloads, with progress on stderr.
pub fn measure_all(
    workloads: &[&'static Workload],
    runtimes: &[&Runtime],
    rounds: usize,
) -> Vec<Row> {
    let measure = |(index, workload): (usize, &&'static Workload)| {
        eprintln!("[{}/{}] {}", index + 1, workloads.len(), workload.name);
        measure(workload, runtimes, rounds)
    };
    workloads.iter().enumerate().map(measure).collect()
}

/// Runs `rounds` rounds of `workload`.
fn measure(workload: &'static Workload, runtimes: &[&Runtime], rounds: usize) -> Row {
    let wasm = workload.wasm();
    let mut runs: Vec<_> = runtimes
        .iter()
        .map(|runtime| Run::load(runtime, &wasm))
        .collect();
    // Lazy translation happens here.
    turn(&mut runs, 1, |_| true);
    for run in &mut runs {
        run.times.clear();
    }
    for round in 0..rounds {
        turn(&mut runs, workload.argument, |runtime| {
            !runtime.slow || round < SLOW_ROUNDS
        });
    }
    let times = runs
        .into_iter()
        .map(|run| run.program.map(|_| median(run.times)))
        .collect();
    Row {
        workload,
        wasm_bytes: wasm.len(),
        times,
    }
}

/// A module on a runtime, and the times it took.
struct Run<'r> {
    runtime: &'r Runtime,
    program: Result<Program, String>,
    times: Vec<f64>,
}

impl<'r> Run<'r> {
    fn load(runtime: &'r Runtime, wasm: &[u8]) -> Run<'r> {
        Run {
            runtime,
            program: (runtime.load)(wasm),
            times: Vec::new(),
        }
    }
}

/// One call on each runtime that takes part. Programs may keep state: what is compared is the same call of each.
fn turn(runs: &mut [Run], argument: i32, takes_part: impl Fn(&Runtime) -> bool) {
    let mut expected = None;
    for run in runs.iter_mut().filter(|run| takes_part(run.runtime)) {
        let Ok(program) = &mut run.program else {
            continue;
        };
        let start = Instant::now();
        let result = std::hint::black_box(program(argument));
        run.times.push(start.elapsed().as_secs_f64());
        match result {
            Ok(value) if value == *expected.get_or_insert(value) => {}
            Ok(_) => run.program = Err("a result that differs from the first runtime's".to_owned()),
            Err(why) => run.program = Err(why),
        }
    }
}

/// The table, its means and its footnotes.
pub fn section(rows: &[Row], runtimes: &[&Runtime], rounds: usize) -> String {
    let mut notes = String::new();
    let heading = ["workload", "KiB", "wasmote, ms"].into_iter();
    let mut table = Table::new(heading.chain(runtimes[1..].iter().map(|runtime| runtime.name)));
    for row in rows {
        let own = row.times[0]
            .as_ref()
            .map(|time| format!("{:.1}", time * 1e3));
        let mut cells = vec![
            row.workload.name.to_owned(),
            format!("{:.1}", row.wasm_bytes as f64 / 1024.0),
        ];
        let peers = (1..runtimes.len()).map(|index| match (&row.times[index], row.ratio(index)) {
            (Err(why), _) => Err(why),
            (Ok(_), ratio) => {
                Ok(ratio.map_or_else(|| "?".to_owned(), |ratio| format!("{ratio:.2}")))
            }
        });
        for (cell, runtime) in [own].into_iter().chain(peers).zip(runtimes) {
            cells.push(cell.unwrap_or_else(|why| {
                let number = notes.lines().count() + 1;
                writeln!(
                    notes,
                    "{number}. {} on {}: {why}",
                    row.workload.name, runtime.name
                )
                .expect("a string");
                format!("none [{number}]")
            }));
        }
        table.row(cells);
    }
    type Group = (&'static str, fn(&Row) -> bool);
    let groups: [Group; 4] = [
        ("**all**", |_| true),
        ("**libraries**", |row| {
            matches!(row.workload.origin, Origin::Library(_))
        }),
        ("**kernels**", |row| {
            matches!(row.workload.origin, Origin::C | Origin::Rust)
        }),
        ("**vectors**", |row| row.workload.origin == Origin::Vectors),
    ];
    for (name, belongs) in groups {
        let mean = |index| {
            geomean(
                rows.iter()
                    .filter(|row| belongs(row))
                    .filter_map(|row| row.ratio(index)),
            )
        };
        let means = (1..runtimes.len())
            .map(|index| mean(index).map_or(String::new(), |mean| format!("{mean:.2}")));
        table.row(
            [name.to_owned(), String::new(), String::new()]
                .into_iter()
                .chain(means),
        );
    }
    format!(
        "Median of {rounds} rounds. wasmote's time in milliseconds; for each peer, how many times as long it takes \
         (below 1: it is faster), with geometric means below.\n\n{table}\n{notes}"
    )
}

/// What the workloads are.
pub fn what(rows: &[Row]) -> String {
    let mut table = Table::new(["workload", "from", "what it does"]);
    for row in rows {
        let from = match row.workload.origin {
            Origin::C => "C",
            Origin::Vectors => "C, SIMD",
            Origin::Rust => "Rust",
            Origin::Library(package) => package,
        };
        table.row([row.workload.name, from, row.workload.what]);
    }
    format!("\n{table}")
}
