//! What was measured, and where: packages, the commit, the CPU, the day.

use std::{fs, process::Command};

/// A package's version in the workspace's lock file.
pub fn of(package: &str) -> String {
    let lock = include_str!("../../Cargo.lock");
    let entry = format!("name = \"{package}\"\nversion = \"");
    let start = lock.find(&entry).map(|at| at + entry.len());
    start.map_or_else(String::new, |start| {
        lock[start..].chars().take_while(|c| *c != '"').collect()
    })
}

/// The commit that is checked out, with a mark if files differ from it.
pub fn commit() -> Option<String> {
    output("git", &["describe", "--always", "--dirty", "--exclude=*"])
}

/// The compiler that runs now: the one that built this, unless it was updated since.
pub fn rustc() -> Option<String> {
    output("rustc", &["--version"])
}

/// Today, as the system tells it.
pub fn today() -> Option<String> {
    output("date", &["-u", "+%Y-%m-%d"])
}

/// The model name of the first CPU.
pub fn cpu() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
