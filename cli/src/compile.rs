//! `wasmote compile`: an image of a module.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use wasmote::{Config, Engine, ImageInfo, ImageOptions};
use wasmparser::{Parser, Payload};

use crate::{
    args::{CompileArgs, Strip},
    error::Failure,
    load::{Input, at, reason},
    whole,
};

/// Writes the image of a module's file.
pub fn compile(args: &CompileArgs) -> Result<ExitCode, Failure> {
    let file = &args.file;
    let shown = file.display();
    let input = Input::of(file)?;
    let Input::Wasm(wasm) = &input else {
        return Err(Failure::new(format!("{shown}: is an image already")));
    };
    let output = match &args.output {
        Some(output) => output.clone(),
        None => file.with_extension("mote"),
    };
    if is_same(file, &output) {
        return Err(Failure::new(format!(
            "{shown}: the image would overwrite the module: name another file with `-o`"
        )));
    }
    let mut config = Config::new();
    config.consume_fuel(args.fuel);
    config.interruptible(args.interruptible);
    config.wasm_legacy_exceptions(args.legacy_exceptions);
    let module = input.module(&Engine::new(&config), file)?;
    let options = ImageOptions {
        names: !matches!(args.strip, Some(Strip::Names | Strip::All)),
        offsets: !matches!(args.strip, Some(Strip::Offsets | Strip::All)),
    };
    let image = module.to_image(options).map_err(at(file))?;
    whole::write(&output, |error| error, |out| out.write_all(&image))
        .map_err(|e| Failure::new(format!("{}: {}", output.display(), reason(&e))))?;
    if args.verbose {
        // Nothing is left to do if standard error is gone.
        drop(writeln!(
            io::stderr(),
            "{}",
            sizes(wasm, &image).map_err(at(&output))?
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn is_same(a: &Path, b: &Path) -> bool {
    match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// What became of the module's bytes, in a line.
fn sizes(wasm: &[u8], image: &[u8]) -> Result<String, wasmote::Error> {
    let info = ImageInfo::of(image)?;
    let part = |wanted: &str| {
        let parts = info.parts.iter();
        parts
            .filter(|(name, _)| *name == wanted)
            .map(|(_, size)| *size)
            .sum::<u32>()
    };
    let mut sections = Parser::new(0).parse_all(wasm).flatten();
    let code = sections.find_map(|payload| match payload {
        Payload::CodeSectionStart { size, .. } => Some(size),
        _ => None,
    });
    let (code, made) = (code.unwrap_or(0), part("function table") + part("code"));
    let ratio = |made: usize, of: usize| made as f64 / of.max(1) as f64;
    Ok(format!(
        "module: {} bytes, {code} of code; image: {} bytes ({:.2}x), {made} of code ({:.2}x)",
        wasm.len(),
        image.len(),
        ratio(image.len(), wasm.len()),
        ratio(made as usize, code as usize),
    ))
}
