//! Runs specification scripts (`.wast`, the reference interpreter's format) on wasmote.
//!
//! [`run`] executes every directive of a script and reports each one with its line. It lowers them to steps, which
//! the crate `wasmote-spec-player` executes, here as on chips. With the feature `suite`, [`suite`] decides which files
//! of the official test suite are in scope and [`status`] writes the table of what passes; [`pack`] makes scripts for
//! chips of them; [`damage`] runs damaged images of their modules.

mod lower;
mod runner;
mod values;

#[cfg(feature = "suite")]
pub mod damage;
#[cfg(feature = "suite")]
pub mod pack;
#[cfg(feature = "suite")]
pub mod status;
#[cfg(feature = "suite")]
pub mod suite;

pub use lower::Form;
pub use runner::run;
pub use wasmote_spec_player::{Language, Options};

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
