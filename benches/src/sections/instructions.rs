//! How many instructions of the CPU a run takes, counted by valgrind: exact where times are not.

use crate::{runtimes::RUNTIMES, table::Table, workloads::WORKLOADS};
use std::{
    env,
    process::{Command, Stdio},
};

/// What is counted, with an argument that suits a simulated CPU.
const COUNTED: [(&str, i32); 5] = [
    ("mark", 30),
    ("vm", 1),
    ("json", 1),
    ("deflate", 1),
    ("lua", 1),
];
/// The runtimes counted.
const ON: [&str; 3] = ["wasmote", "wasmi", "sf-nano"];

pub fn section() -> Result<String, String> {
    let mut heading = vec!["million instructions".to_owned(), "wasm".to_owned()];
    heading.extend(ON.iter().map(|name| (*name).to_owned()));
    heading.extend(ON.iter().map(|name| format!("{name}, per wasm")));
    let mut table = Table::new(heading);
    for (name, argument) in COUNTED {
        eprintln!("[instructions] {name}");
        let units = fuel(name, argument)?;
        let counts: Vec<_> = ON
            .iter()
            .map(|runtime| run(runtime, name, argument))
            .collect();
        let cell = |count: &Result<f64, String>, per: f64| {
            count
                .as_ref()
                .map_or("none".to_owned(), |n| format!("{:.2}", n / per))
        };
        let mut cells = vec![format!("{name}({argument})"), format!("{:.2}", units / 1e6)];
        cells.extend(counts.iter().map(|count| cell(count, 1e6)));
        cells.extend(counts.iter().map(|count| cell(count, units)));
        if counts.iter().all(Result::is_err) {
            return Err(counts.into_iter().find_map(Result::err).unwrap_or_default());
        }
        table.row(cells);
    }
    Ok(format!(
        "Instructions of the CPU for one run, as `valgrind --tool=callgrind` counts them, after another that translated \
         the functions; `wasm` are the instructions of WebAssembly, as wasmote's fuel counts them.\n\n{table}"
    ))
}

/// Instructions of the second of two runs: those of a process with both, less those of a process with one.
fn run(runtime: &str, workload: &str, argument: i32) -> Result<f64, String> {
    let count = |runs: &str| -> Result<f64, String> {
        let executable = env::current_exe().map_err(|e| e.to_string())?;
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(executable)
            .args([
                "run-workload",
                runtime,
                workload,
                &argument.to_string(),
                runs,
            ])
            .stdout(Stdio::null())
            .output()
            .map_err(|e| format!("valgrind: {e}"))?;
        let text = String::from_utf8_lossy(&output.stderr);
        let collected = text
            .lines()
            .find_map(|line| line.split_once("Collected : "));
        let count = collected.and_then(|(_, count)| count.trim().parse().ok());
        count.ok_or_else(|| text.lines().last().unwrap_or("no count").to_owned())
    };
    Ok(count("2")? - count("1")?)
}

/// The child's part: a workload, `runs` times.
pub fn child(runtime: &str, workload: &str, argument: i32, runs: u32) -> Result<(), String> {
    let runtime = RUNTIMES
        .iter()
        .find(|known| known.name == runtime)
        .ok_or("no such runtime")?;
    let mut program = (runtime.load)(&wasm(workload)?)?;
    for _ in 0..runs {
        program(argument)?;
    }
    Ok(())
}

fn wasm(workload: &str) -> Result<Vec<u8>, String> {
    let workload = WORKLOADS.iter().find(|known| known.name == workload);
    Ok(workload.ok_or("no such workload")?.wasm())
}

/// The fuel that the second run uses: about one unit for each instruction.
fn fuel(workload: &str, argument: i32) -> Result<f64, String> {
    use wasmote::{Config, Engine, Instance, Module, Store};
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let mut store = Store::new(&engine, ());
    let say = |e: wasmote::Error| e.to_string();
    let module = Module::new(&engine, wasm(workload)?).map_err(say)?;
    store.set_fuel(u64::MAX).map_err(say)?;
    let instance = Instance::new(&mut store, &module, &[]).map_err(say)?;
    let run = instance
        .get_typed_func::<i32, i64>(&store, "run")
        .map_err(say)?;
    run.call(&mut store, argument).map_err(say)?;
    store.set_fuel(u64::MAX).map_err(say)?;
    run.call(&mut store, argument).map_err(say)?;
    Ok((u64::MAX - store.get_fuel().map_err(say)?) as f64)
}
