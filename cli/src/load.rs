//! Reads a module from a file, binary or text.

use std::{fs, path::Path};

use wasmote::{Engine, Module};

use crate::error::Failure;

/// The version field of a component, where a module has `01 00 00 00`.
const COMPONENT: [u8; 4] = [0x0d, 0, 1, 0];

/// Loads the module of a file.
pub fn module(engine: &Engine, path: &Path) -> Result<Module, Failure> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|e| Failure::new(format!("{shown}: {}", reason(&e))))?;
    let bytes = if bytes.starts_with(b"\0asm") {
        if bytes.get(4..8) == Some(&COMPONENT) {
            return Err(Failure::new(format!(
                "{shown}: is a component, and only core modules can be run"
            )));
        }
        bytes
    } else {
        text(path, &bytes)?
    };
    Module::new(engine, &bytes).map_err(|e| Failure::new(format!("{shown}: {e}")))
}

/// Files that do not start like a binary module are text, or nothing of ours.
fn text(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let not_wasm = || Failure::new(format!("{shown}: not a WebAssembly module, binary or text"));
    let source = str::from_utf8(bytes).map_err(|_| not_wasm())?;
    let named = path.extension().is_some_and(|e| e == "wat" || e == "wast");
    let opens = source.trim_start().starts_with(['(', ';']);
    if !named && !opens {
        return Err(not_wasm());
    }
    wat::parse_str(source).map_err(|e| {
        // The first line says what, the next one where; the rest draws the place.
        let message = e.to_string();
        let mut lines = message.lines();
        let what = lines.next().unwrap_or_default();
        let place = lines
            .next()
            .and_then(|l| l.trim().trim_start_matches("--> <anon>").strip_prefix(':'));
        match place {
            Some(place) => Failure::new(format!("{shown}:{place}: {what}")),
            None => Failure::new(format!("{shown}: {what}")),
        }
    })
}

/// What the system said, without its error number.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_string(),
        None => text,
    }
}
