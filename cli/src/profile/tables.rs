//! Profiles for people.

use std::io::{self, Write};

use super::counts::Counts;
use crate::{args::By, report::grouped};

/// The tables that are wanted, with at most `top` rows each.
pub fn write(out: &mut impl Write, counts: &Counts, by: &[By], top: usize) -> io::Result<()> {
    writeln!(out, "{} instructions", grouped(counts.instructions))?;
    if counts.is_cut {
        writeln!(
            out,
            "(Calls were nested too deeply, or in too many ways: flame graphs have not all of them.)"
        )?;
    }
    for by in by {
        writeln!(out)?;
        match by {
            By::Function => functions(out, counts, top)?,
            By::Line => lines(out, counts, top)?,
            By::Opcode => opcodes(out, counts, top)?,
        }
    }
    Ok(())
}

fn functions(out: &mut impl Write, counts: &Counts, top: usize) -> io::Result<()> {
    let head = ["self", "%", "total", "%", "calls"];
    let rows = counts.functions.iter().take(top).map(|func| {
        let numbers = vec![
            grouped(func.own),
            share(func.own, counts),
            grouped(func.total),
            share(func.total, counts),
            grouped(func.calls),
        ];
        (numbers, func.name.clone())
    });
    table(out, &head, "function", rows, counts.functions.len())
}

fn lines(out: &mut impl Write, counts: &Counts, top: usize) -> io::Result<()> {
    let lines = counts.lines.as_deref().unwrap_or_default();
    let rows = lines.iter().take(top).map(|(line, count)| {
        let place = match line {
            Some(line) => format!("{}:{}", line.file, line.line),
            None => "no line".into(),
        };
        (vec![grouped(*count), share(*count, counts)], place)
    });
    table(out, &["count", "%"], "line", rows, lines.len())
}

fn opcodes(out: &mut impl Write, counts: &Counts, top: usize) -> io::Result<()> {
    let rows = counts
        .opcodes
        .iter()
        .take(top)
        .map(|(name, count)| (vec![grouped(*count), share(*count, counts)], name.clone()));
    table(out, &["count", "%"], "opcode", rows, counts.opcodes.len())
}

fn share(count: u64, counts: &Counts) -> String {
    format!(
        "{:.1}",
        100.0 * count as f64 / counts.instructions.max(1) as f64
    )
}

/// Numbers to the right, names to the left. `all` is how many rows there are, shown or not.
fn table(
    out: &mut impl Write,
    head: &[&str],
    last: &str,
    rows: impl Iterator<Item = (Vec<String>, String)>,
    all: usize,
) -> io::Result<()> {
    let rows: Vec<_> = rows.collect();
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(column, head)| {
            let rows = rows.iter().map(|(numbers, _)| numbers[column].len());
            rows.chain([head.len()]).max().unwrap_or(0)
        })
        .collect();
    let row = |numbers: &mut dyn Iterator<Item = &str>, last: &str| {
        let numbers = numbers.zip(&widths);
        let cells: String = numbers
            .map(|(number, width)| format!("{number:>width$}  "))
            .collect();
        format!("{cells}{last}")
    };
    writeln!(out, "{}", row(&mut head.iter().copied(), last))?;
    for (numbers, last) in &rows {
        writeln!(
            out,
            "{}",
            row(&mut numbers.iter().map(String::as_str), last)
        )?;
    }
    if all > rows.len() {
        writeln!(out, "… and {} more", grouped((all - rows.len()) as u64))?;
    }
    Ok(())
}
