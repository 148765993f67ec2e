//! `wasmote explain`: functions of a module, WebAssembly left, bytecode right; or what is in an image.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use wasmote::{Config, Engine, ExplainLine, ImageInfo, Module};

use crate::{args::ExplainArgs, error::Failure, load::Input, output};

/// The left column; longer instructions push only their own line.
const WIDTH: usize = 40;

/// Prints one function or all; of an image first what it is.
pub fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let file = &args.file;
    let input = Input::of(file)?;
    let info = input.image(file)?;
    let mut config = Config::new();
    if let Some(info) = &info {
        config.consume_fuel(info.fuel);
        config.interruptible(info.interruptible);
    }
    let module = input.module(&Engine::new(&config), file)?;
    let wanted = match &args.func {
        Some(name) => vec![find(&module, name)?],
        None => module.defined_funcs().collect(),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let summary = info.as_ref().filter(|_| args.func.is_none());
    if let Some(info) = summary {
        output::check(summarize(&mut out, &module, info))?;
    }
    for (n, &index) in wanted.iter().enumerate() {
        let lines = match args.compact {
            true => module.explain_compact(index)?,
            false => module.explain(index)?,
        };
        let more = n > 0 || summary.is_some();
        output::check(print(&mut out, &module, index, &lines, more, info.as_ref()))?;
    }
    Ok(ExitCode::SUCCESS)
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

/// A function by its index, its name in the name section, or the name it is exported by.
fn find(module: &Module, wanted: &str) -> Result<u32, Failure> {
    let defined = module.defined_funcs();
    let found = wanted.parse().ok().or_else(|| module.find_func(wanted));
    match found {
        Some(index) if index < defined.start => Err(Failure::new(format!(
            "function `{wanted}` is imported: it has no code"
        ))),
        Some(index) if index < defined.end => Ok(index),
        _ => Err(Failure::new(format!(
            "no function `{wanted}` in the module"
        ))),
    }
}

fn print(
    out: &mut impl Write,
    module: &Module,
    index: u32,
    lines: &[ExplainLine],
    more: bool,
    image: Option<&ImageInfo>,
) -> io::Result<()> {
    if more {
        writeln!(out)?;
    }
    match module.func_name(index) {
        Some(name) => writeln!(out, "func {index} ${name}")?,
        None => writeln!(out, "func {index}")?,
    }
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
    // Errors come when the text goes out, not when it is collected.
    out.flush()
}
