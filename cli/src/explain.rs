//! `wasmote explain`: functions of a module, WebAssembly left, bytecode right.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use wasmote::{Engine, ExplainLine, ExternType, Module};
use wasmparser::{ExternalKind, Parser, Payload};

use crate::{args::ExplainArgs, error::Failure, load::Input, output};

/// The left column; longer instructions push only their own line.
const WIDTH: usize = 40;

/// Prints one function or all.
pub fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let module = Input::of(&args.file)?.module(&Engine::default(), &args.file)?;
    let functions = Functions::of(&module);
    let wanted = match &args.func {
        Some(name) => vec![functions.find(&module, name)?],
        None => (functions.imported..functions.end).collect(),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (n, &index) in wanted.iter().enumerate() {
        let lines = module.explain(index)?;
        output::check(print(&mut out, &module, index, &lines, n > 0))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The index space of functions, and which of them have a name outside.
struct Functions {
    imported: u32,
    end: u32,
    exports: Vec<(String, u32)>,
}

impl Functions {
    fn of(module: &Module) -> Functions {
        let imported = module
            .imports()
            .filter(|i| matches!(i.ty(), ExternType::Func(_)))
            .count() as u32;
        let mut functions = Functions {
            imported,
            end: imported,
            exports: Vec::new(),
        };
        // The module was loaded, so nothing here is malformed.
        for payload in Parser::new(0).parse_all(module.bytes()).flatten() {
            match payload {
                Payload::FunctionSection(section) => functions.end += section.count(),
                Payload::ExportSection(section) => {
                    let exports = section
                        .into_iter()
                        .flatten()
                        .filter(|e| e.kind == ExternalKind::Func);
                    functions
                        .exports
                        .extend(exports.map(|e| (e.name.to_string(), e.index)));
                }
                _ => {}
            }
        }
        functions
    }

    /// A function by its index, its name in the name section, or the name it is exported by.
    fn find(&self, module: &Module, wanted: &str) -> Result<u32, Failure> {
        let exported = |wanted: &str| {
            self.exports
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|&(_, index)| index)
        };
        let found = wanted
            .parse()
            .ok()
            .or_else(|| (0..self.end).find(|&i| module.func_name(i) == Some(wanted)))
            .or_else(|| exported(wanted));
        match found {
            Some(index) if index < self.imported => Err(Failure::new(format!(
                "function `{wanted}` is imported: it has no code"
            ))),
            Some(index) if index < self.end => Ok(index),
            _ => Err(Failure::new(format!(
                "no function `{wanted}` in the module"
            ))),
        }
    }
}

fn print(
    out: &mut impl Write,
    module: &Module,
    index: u32,
    lines: &[ExplainLine],
    more: bool,
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
            (None, Some(code)) => writeln!(out, "{:8}  {:WIDTH$}  {code}", "", "")?,
            (None, None) => {}
        }
    }
    // Errors come when the text goes out, not when it is collected.
    out.flush()
}
