//! Functions in two columns, WebAssembly left and bytecode right; and what is in an image.

use std::io::{self, Write};

use wasmote::{ExplainLine, ImageInfo, Module};

use super::title;
use crate::{args::ExplainArgs, error::Failure, output};

/// The left column; longer instructions push only their own line.
const WIDTH: usize = 40;

/// Prints functions; of an image first what it is, unless one function is wanted.
pub fn print_all(
    out: &mut impl Write,
    module: &Module,
    wanted: &[u32],
    args: &ExplainArgs,
    image: Option<&ImageInfo>,
) -> Result<(), Failure> {
    let summary = image.filter(|_| args.func.is_none());
    if let Some(info) = summary {
        output::check(summarize(out, module, info))?;
    }
    for (n, &index) in wanted.iter().enumerate() {
        let lines = match args.compact {
            true => module.explain_compact(index)?,
            false => module.explain(index)?,
        };
        if n > 0 || summary.is_some() {
            output::check(writeln!(out))?;
        }
        output::check(print(out, &title(module, index), &lines, image))?;
    }
    Ok(())
}

/// An image's version, what its code does, and the sizes of its parts.
fn summarize(out: &mut impl Write, module: &Module, info: &ImageInfo) -> io::Result<()> {
    match module.name() {
        Some(name) => write!(out, "image {name}")?,
        None => write!(out, "image")?,
    }
    write!(
        out,
        " of version {}, {} functions",
        info.version, info.functions
    )?;
    let does = [
        (info.fuel, "charges fuel"),
        (info.interruptible, "can be interrupted"),
    ];
    for (_, what) in does.iter().filter(|(does, _)| *does) {
        write!(out, ", {what}")?;
    }
    if !info.features.is_empty() {
        write!(out, ", needs {}", info.features.join(", "))?;
    }
    writeln!(out)?;
    for (part, size) in &info.parts {
        writeln!(out, "{size:>10}  {part}")?;
    }
    let total: u64 = info.parts.iter().map(|(_, size)| u64::from(*size)).sum();
    writeln!(out, "{total:>10}  bytes")?;
    writeln!(
        out,
        "An image has no WebAssembly: this is its code{}.",
        match info.offsets {
            true => ", with offsets in the module it was made of",
            false => "",
        }
    )
}

fn print(
    out: &mut impl Write,
    title: &str,
    lines: &[ExplainLine],
    image: Option<&ImageInfo>,
) -> io::Result<()> {
    writeln!(out, "{title}")?;
    for line in lines {
        let wasm = line.wasm.as_deref().unwrap_or_default();
        let indent = 2 * line.depth as usize;
        let left = format!("{:indent$}{wasm}", "");
        match (&line.wasm, &line.code) {
            (Some(_), Some(code)) => writeln!(out, "{:#8x}  {left:WIDTH$}  {code}", line.offset)?,
            (Some(_), None) => writeln!(out, "{:#8x}  {left}", line.offset)?,
            (None, Some(code)) if image.is_some_and(|image| image.offsets) => {
                writeln!(out, "{:#8x}  {code}", line.offset)?
            }
            (None, Some(code)) if image.is_some() => writeln!(out, "{code}")?,
            (None, Some(code)) => writeln!(out, "{:8}  {:WIDTH$}  {code}", "", "")?,
            (None, None) => {}
        }
    }
    Ok(())
}
