//! `wasmote explain`: functions of a module, WebAssembly left, bytecode right.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use wasmote::{Engine, ExplainLine, Module};

use crate::{args::ExplainArgs, error::Failure, load};

/// The left column is at least this wide, and longer instructions push only their own line.
const WIDTH: usize = 44;

/// Prints one function or all.
pub fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let module = load::module(&Engine::default(), &args.file)?;
    let functions = match &args.func {
        Some(wanted) => vec![find(&module, wanted)?],
        None => (module.imported_funcs()..module.funcs()).collect(),
    };
    let mut out = io::stdout().lock();
    for (n, &index) in functions.iter().enumerate() {
        let lines = module.explain(index)?;
        match print(&mut out, &module, index, &lines, n > 0) {
            // The reader had enough: `wasmote explain … | head`.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => break,
            other => other.map_err(|e| Failure::new(format!("standard output: {}", load::reason(&e))))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A function by its index, its name in the name section, or the name it is exported by.
fn find(module: &Module, wanted: &str) -> Result<u32, Failure> {
    let (first, end) = (module.imported_funcs(), module.funcs());
    let found = match wanted.parse::<u32>() {
        Ok(index) => Some(index),
        Err(_) => (0..end)
            .find(|&i| module.func_name(i) == Some(wanted))
            .or_else(|| module.exported_func(wanted)),
    };
    match found {
        Some(index) if (first..end).contains(&index) => Ok(index),
        Some(index) if index < first => Err(Failure::new(format!("function {wanted} is imported: it has no code"))),
        _ => Err(Failure::new(format!("no function `{wanted}` in the module"))),
    }
}

fn print(out: &mut impl Write, module: &Module, index: u32, lines: &[ExplainLine], more: bool) -> io::Result<()> {
    if more {
        writeln!(out)?;
    }
    write!(out, "func {index}")?;
    if let Some(name) = module.func_name(index) {
        write!(out, " ${name}")?;
    }
    writeln!(out)?;
    for line in lines {
        let wasm = line.wasm.as_deref().unwrap_or("");
        match &line.code {
            Some(code) => writeln!(out, "{:#8x}  {wasm:WIDTH$} {code}", line.offset)?,
            None => writeln!(out, "{:#8x}  {wasm}", line.offset)?,
        }
    }
    Ok(())
}
