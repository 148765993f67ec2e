//! Runs specification scripts (`.wast`, the reference interpreter's format) on wasmote.
//!
//! [`run`] executes every directive of a script and reports each one with its line. With the feature
//! `suite`, [`suite`] decides which files of the official test suite are in scope and [`status`] writes
//! the table of what passes; [`damage`] runs damaged images of the suite's modules.

mod runner;
mod spectest;
mod values;

#[cfg(feature = "suite")]
pub mod damage;
#[cfg(feature = "suite")]
pub mod status;
#[cfg(feature = "suite")]
pub mod suite;

pub use runner::run;

/// How the modules of a script are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Translate functions at load instead of at their first call.
    pub eager: bool,
    /// Meter every call, with more fuel than any script uses up.
    pub fuel: bool,
    /// Collect the heap before every object that is made.
    pub zeal: bool,
    /// Compile every module to an image, and run that.
    pub image: bool,
    /// The language the script was written for.
    pub language: Language,
}

/// Older scripts assert that what came later is refused; for them the engine is set to their language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Everything.
    #[default]
    Latest,
    /// Without 64-bit memories and several memories: WebAssembly 1.0 and 2.0.
    Second,
    /// Without several memories: proposals that came before them.
    OneMemory,
    /// WebAssembly 1.0 with threads.
    Threads,
    /// With the proposal of custom descriptors, which changes what `br_on_cast` may be.
    CustomDescriptors,
}

impl Language {
    /// The language that the scripts in a folder of the official test suite were written for.
    pub fn of_folder(folder: &str) -> Language {
        match folder {
            "wasm-v1" | "wasm-v2" => Language::Second,
            "multi-value" | "nontrapping-float-to-int-conversions" | "reference-types" => {
                Language::Second
            }
            "bulk-memory" | "memory64" | "function-references" => Language::OneMemory,
            "threads" => Language::Threads,
            "custom-descriptors" => Language::CustomDescriptors,
            _ => Language::Latest,
        }
    }

    /// Switches off what the language does not have.
    fn configure(self, config: &mut wasmote::Config) {
        config.wasm_legacy_exceptions(true);
        match self {
            Language::Latest => {}
            Language::Second => {
                config.wasm_multi_memory(false).wasm_memory64(false);
                config.wasm_gc(false).wasm_function_references(false);
                config.wasm_exceptions(false).wasm_legacy_exceptions(false);
                config.wasm_threads(false);
            }
            Language::Threads => {
                config.wasm_multi_memory(false).wasm_reference_types(false);
                config.wasm_gc(false).wasm_function_references(false);
                config.wasm_exceptions(false).wasm_legacy_exceptions(false);
            }
            Language::OneMemory => {
                config.wasm_multi_memory(false);
            }
            Language::CustomDescriptors => {
                config.wasm_custom_descriptors(true);
            }
        }
    }
}

impl Options {
    /// These options for a script of that language.
    pub fn in_language(self, language: Language) -> Options {
        Options { language, ..self }
    }
}

impl std::fmt::Display for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.eager { "eager" } else { "lazy" })?;
        f.write_str(if self.fuel { ", fuel" } else { "" })?;
        f.write_str(if self.zeal { ", zeal" } else { "" })?;
        f.write_str(if self.image { ", images" } else { "" })
    }
}

/// What became of one directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its line in the script; the first is 1.
    pub line: usize,
    /// The directive's keyword.
    pub directive: &'static str,
    /// Why it failed, if it did: one line.
    pub failure: Option<String>,
}

/// What became of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One for each directive, in order.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// The directives that did what the script expects.
    pub fn passed(&self) -> usize {
        self.outcomes.len() - self.failed()
    }

    /// The directives that did not.
    pub fn failed(&self) -> usize {
        self.failures().count()
    }

    /// The directives that failed, with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&Outcome, &str)> {
        self.outcomes
            .iter()
            .filter_map(|o| Some((o, o.failure.as_deref()?)))
    }
}

/// A script that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The line at fault; the first is 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl ScriptError {
    fn new(text: &str, error: &wast::Error) -> ScriptError {
        ScriptError {
            line: line_of(text, error.span()),
            message: error.message(),
        }
    }
}

impl std::fmt::Display for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ScriptError {}

fn line_of(text: &str, span: wast::token::Span) -> usize {
    span.linecol_in(text).0 + 1
}
