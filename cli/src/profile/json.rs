//! Profiles for programs. `wasmote profile --help` tells the fields.

use std::io::{self, Write};

use super::counts::Counts;
use crate::report::quoted;

/// An object with all counts, a row a line.
pub fn write(out: &mut impl Write, counts: &Counts) -> io::Result<()> {
    writeln!(out, "{{\"instructions\":{},", counts.instructions)?;
    let functions = counts.functions.iter().map(|func| {
        format!(
            "{{\"name\":{},\"func\":{},\"calls\":{},\"self\":{},\"total\":{}}}",
            quoted(&func.name),
            func.func.map_or("null".into(), |func| func.to_string()),
            func.calls,
            func.own,
            func.total,
        )
    });
    list(out, "functions", functions)?;
    writeln!(out, ",")?;
    if let Some(lines) = &counts.lines {
        let lines = lines.iter().map(|(line, count)| match line {
            Some(line) => format!(
                "{{\"file\":{},\"line\":{},\"count\":{count}}}",
                quoted(&line.file),
                line.line
            ),
            None => format!("{{\"file\":null,\"line\":null,\"count\":{count}}}"),
        });
        list(out, "lines", lines)?;
        writeln!(out, ",")?;
    }
    let opcodes = counts.opcodes.iter();
    let opcodes =
        opcodes.map(|(name, count)| format!("{{\"name\":{},\"count\":{count}}}", quoted(name)));
    list(out, "opcodes", opcodes)?;
    writeln!(out, "}}")
}

fn list(out: &mut impl Write, name: &str, rows: impl Iterator<Item = String>) -> io::Result<()> {
    write!(out, "\"{name}\":[")?;
    for (n, row) in rows.enumerate() {
        write!(out, "{}\n{row}", if n > 0 { "," } else { "" })?;
    }
    write!(out, "]")
}
