//! Reads a module from a file: binary, text or image.

use std::{fs, path::Path};

use wasmote::{Engine, Error, ImageInfo, Module};

use crate::error::Failure;

/// The version field of a component, where a module has `01 00 00 00`.
const COMPONENT: [u8; 4] = [0x0d, 0, 1, 0];

/// What a file holds.
pub enum Input {
    /// A binary module, maybe made from text.
    Wasm(Vec<u8>),
    /// An image.
    Image(Vec<u8>),
}

impl Input {
    /// Reads a file.
    pub fn of(path: &Path) -> Result<Input, Failure> {
        Input::read(path, &mut wat::Parser::new())
    }

    /// The same, but modules made from text have debug information, which tells the lines of that.
    pub fn with_lines(path: &Path) -> Result<Input, Failure> {
        Input::read(
            path,
            wat::Parser::new().generate_dwarf(wat::GenerateDwarf::Lines),
        )
    }

    fn read(path: &Path, parser: &mut wat::Parser) -> Result<Input, Failure> {
        let shown = path.display();
        let bytes = fs::read(path).map_err(|e| Failure::new(format!("{shown}: {}", reason(&e))))?;
        if Module::is_image(&bytes) {
            return Ok(Input::Image(bytes));
        }
        if !bytes.starts_with(b"\0asm") {
            return text(path, &bytes, parser).map(Input::Wasm);
        }
        if bytes.get(4..8) == Some(&COMPONENT) {
            return Err(Failure::new(format!(
                "{shown}: is a component, and only core modules can be run"
            )));
        }
        Ok(Input::Wasm(bytes))
    }

    /// The binary module, or the image.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Input::Wasm(bytes) | Input::Image(bytes) => bytes,
        }
    }

    /// What it says of itself, if it is an image.
    pub fn image(&self, path: &Path) -> Result<Option<ImageInfo>, Failure> {
        match self {
            Input::Wasm(_) => Ok(None),
            Input::Image(image) => ImageInfo::of(image).map(Some).map_err(at(path)),
        }
    }

    /// Loads the module.
    pub fn module(&self, engine: &Engine, path: &Path) -> Result<Module, Failure> {
        let module = match self {
            Input::Wasm(bytes) => Module::new(engine, bytes),
            Input::Image(bytes) => Module::from_image_bytes(engine, bytes),
        };
        module.map_err(at(path))
    }
}

/// An error of what is in a file.
pub fn at(path: &Path) -> impl Fn(Error) -> Failure {
    move |error| Failure::new(format!("{}: {error}", path.display()))
}

/// Files that do not start like a binary module are text, or nothing of ours.
fn text(path: &Path, bytes: &[u8], parser: &mut wat::Parser) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let not_wasm = || Failure::new(format!("{shown}: not a WebAssembly module, binary or text"));
    let source = str::from_utf8(bytes).map_err(|_| not_wasm())?;
    let named = path.extension().is_some_and(|e| e == "wat" || e == "wast");
    let opens = source.trim_start().starts_with(['(', ';']);
    if !named && !opens {
        return Err(not_wasm());
    }
    parser.parse_str(Some(path), source).map_err(|e| {
        // The first line says what, the next one where; the rest draws the place.
        let message = e.to_string();
        let mut lines = message.lines();
        let what = lines.next().unwrap_or_default();
        let place = lines
            .next()
            .and_then(|l| {
                l.trim()
                    .trim_start_matches("--> ")
                    .strip_prefix(&*shown.to_string())
            })
            .and_then(|place| place.strip_prefix(':'));
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
