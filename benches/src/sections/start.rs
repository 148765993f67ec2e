//! How long a program takes to start: from its bytes to its first call of the host, which stops it there.

use crate::{
    guests,
    runtimes::start::{STARTS, Start},
    stats::median,
    table::Table,
};
use std::{fmt::Write, time::Instant};

/// Starts of the small module, which takes microseconds.
const SMALL_ROUNDS: usize = 501;
/// Starts of the large module, which takes up to seconds.
const LARGE_ROUNDS: usize = 3;

pub fn section() -> String {
    let mut table = Table::new(
        ["start"]
            .into_iter()
            .chain(STARTS.iter().map(|(name, _)| *name)),
    );
    let hello = guests::hello();
    eprintln!("[start] hello");
    let times = measure(&hello, SMALL_ROUNDS);
    table.row(cells(
        format!("hello ({} bytes), µs", hello.len()),
        &times,
        |time| format!("{:.1}", time * 1e6),
    ));
    let mut text = String::new();
    if let Some(large) = guests::large() {
        eprintln!("[start] clang");
        let megabytes = large.len() as f64 / 1e6;
        let times = measure(&large, LARGE_ROUNDS);
        table.row(cells(
            format!("clang ({megabytes:.1} MB), ms"),
            &times,
            |time| format!("{:.1}", time * 1e3),
        ));
        table.row(cells("clang, MB/s".to_owned(), &times, |time| {
            format!("{:.1}", megabytes / time)
        }));
        for ((name, _), time) in STARTS.iter().zip(&times) {
            if let Err(why) = time {
                writeln!(text, "\nclang on {name}: {why}").expect("a string");
            }
        }
    } else {
        text.push_str("\nclang: not fetched (`--fetch` fetches it).\n");
    }
    format!(
        "From the bytes of a module to its first call of the host: parsing, validation, instantiation, and translation \
         of what runs until then (lazy) or of everything (eager), on one thread. `clang` is LLVM's compiler and linker \
         in one module of the npm package `@yowasp/clang`.\n\n{table}{text}"
    )
}

fn cells(name: String, times: &[Result<f64, String>], show: impl Fn(f64) -> String) -> Vec<String> {
    let times = times.iter().map(|time| {
        time.as_ref()
            .map_or_else(|_| "none".to_owned(), |time| show(*time))
    });
    [name].into_iter().chain(times).collect()
}

/// The median of each way to start, in seconds. They take turns.
fn measure(wasm: &[u8], rounds: usize) -> Vec<Result<f64, String>> {
    let mut times = vec![Ok(Vec::new()); STARTS.len()];
    for _ in 0..rounds {
        for ((_, start), times) in STARTS.iter().zip(&mut times) {
            match (time(*start, wasm), &mut *times) {
                (Ok(time), Ok(times)) => times.push(time),
                (Err(why), _) => *times = Err(why),
                (Ok(_), Err(_)) => {}
            }
        }
    }
    times.into_iter().map(|times| times.map(median)).collect()
}

fn time(start: Start, wasm: &[u8]) -> Result<f64, String> {
    let begin = Instant::now();
    let mut stopped = None;
    start(wasm, &mut || stopped = Some(begin.elapsed()))?;
    stopped
        .map(|time| time.as_secs_f64())
        .ok_or_else(|| "never called the host".to_owned())
}
