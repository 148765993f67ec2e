//! How much memory runtimes need: the peak resident size of a process that runs one module on one of them.

use crate::{
    guests,
    runtimes::{RUNTIMES, start::STARTS},
    table::Table,
    workloads::WORKLOADS,
};
use std::{env, fs, process::Command};

/// Workloads that are measured beside the start of programs.
const RUN: [&str; 2] = ["json", "lua"];
/// The process that reads the module only.
const NOTHING: &str = "nothing";

pub fn section() -> String {
    let starts: Vec<_> = STARTS.iter().map(|(name, _)| *name).collect();
    let runtimes: Vec<_> = RUNTIMES.iter().map(|runtime| runtime.name).collect();
    let modules: &[&str] = if guests::large().is_some() {
        &["hello", "clang"]
    } else {
        &["hello"]
    };
    let note = if modules.len() == 1 {
        "\nclang: not fetched (`--fetch` fetches it).\n"
    } else {
        ""
    };
    format!(
        "Peak resident size in MB (10⁶ bytes) of a fresh process; `{NOTHING}` only reads the module. Programs that are \
         started and stopped at their first call of the host:\n\n{}{note}\nWorkloads that are run:\n\n{}",
        table(modules, &starts),
        table(&RUN, &runtimes)
    )
}

fn table(modules: &[&str], runtimes: &[&str]) -> Table {
    let columns: Vec<_> = [NOTHING].iter().chain(runtimes).copied().collect();
    let mut table = Table::new(["module"].iter().chain(&columns).copied());
    for module in modules {
        eprintln!("[memory] {module}");
        let peaks = columns.iter().map(|runtime| {
            let peak = in_child(runtime, module);
            peak.map_or_else(
                || "none".to_owned(),
                |peak| format!("{:.1}", peak as f64 / 1e6),
            )
        });
        let cells: Vec<_> = [(*module).to_owned()].into_iter().chain(peaks).collect();
        table.row(cells);
    }
    table
}

/// The peak of a child that runs `module` on `runtime`: this executable with its hidden subcommand.
fn in_child(runtime: &str, module: &str) -> Option<u64> {
    let executable = env::current_exe().ok()?;
    let output = Command::new(executable)
        .args(["peak-memory", runtime, module])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().parse().ok())?
}

/// The child's part: runs, and prints the peak in bytes.
pub fn child(runtime: &str, module: &str) -> Result<(), String> {
    let workload = WORKLOADS.iter().find(|workload| workload.name == module);
    let wasm = match (module, workload) {
        ("hello", _) => guests::hello(),
        ("clang", _) => guests::large().ok_or("not fetched")?,
        (_, Some(workload)) => workload.wasm(),
        (_, None) => return Err(format!("no module {module}")),
    };
    if runtime != NOTHING {
        match workload {
            Some(workload) => {
                let runtime = RUNTIMES
                    .iter()
                    .find(|known| known.name == runtime)
                    .ok_or("no such runtime")?;
                (runtime.load)(&wasm)?(workload.argument)?;
            }
            None => {
                let (_, start) = STARTS
                    .iter()
                    .find(|(known, _)| *known == runtime)
                    .ok_or("no such runtime")?;
                start(&wasm, &mut || ())?;
            }
        }
    }
    let status = fs::read_to_string("/proc/self/status").map_err(|e| e.to_string())?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    let kilobytes: u64 = peak.and_then(|peak| peak.parse().ok()).ok_or("no VmHWM")?;
    println!("{}", kilobytes * 1024);
    Ok(())
}
