//! `wasmote explain`: what functions of a module become and why, what is in an image, and what an instruction is.

mod html;
mod listing;
mod spec;
mod text;
mod words;

use std::{
    fs,
    io::{self, Write},
    process::ExitCode,
};

use wasmote::{Config, Engine, Module, explain::Explanation};

use crate::{args::ExplainArgs, error::Failure, load::Input, load::reason, output};

/// Prints one function or all, or writes a page of them; or describes an instruction.
pub fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    if let Some(instruction) = &args.spec {
        return spec::print(instruction.as_deref());
    }
    let Some(file) = &args.file else {
        return Err(Failure::new("no file".to_string()));
    };
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
    let functions = |indices: &[u32]| {
        let explained = indices.iter().map(|&index| {
            let explanation = module.explanation(index, args.compact)?;
            Ok(Function::new(title(&module, index), explanation))
        });
        explained.collect::<Result<Vec<_>, Failure>>()
    };
    if let Some(page) = &args.html {
        if info.is_some() {
            return Err(Failure::new(format!(
                "{}: an image has no WebAssembly to show",
                file.display()
            )));
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let html = html::page(&name, &functions(&wanted)?);
        return match fs::write(page, html) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(e) => Err(Failure::new(format!("{}: {}", page.display(), reason(&e)))),
        };
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.func.is_some() && !args.plain && info.is_none() {
        for function in functions(&wanted)? {
            output::check(text::print(&mut out, &function))?;
        }
    } else {
        listing::print_all(&mut out, &module, &wanted, args, info.as_ref())?;
    }
    // Errors come when the text goes out, not when it is collected.
    output::check(out.flush())?;
    Ok(ExitCode::SUCCESS)
}

/// A function to be shown.
struct Function {
    title: String,
    explanation: Explanation,
    /// For each step, the instructions that do its work, by their positions in the code.
    code_of: Vec<Vec<usize>>,
}

impl Function {
    fn new(title: String, explanation: Explanation) -> Function {
        let mut code_of = vec![Vec::new(); explanation.steps.len()];
        for (position, one) in explanation.code.iter().enumerate() {
            for step in &one.steps {
                code_of[*step].push(position);
            }
        }
        Function {
            title,
            explanation,
            code_of,
        }
    }
}

/// `func 3 $name`.
fn title(module: &Module, index: u32) -> String {
    match module.func_name(index) {
        Some(name) => format!("func {index} ${name}"),
        None => format!("func {index}"),
    }
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
