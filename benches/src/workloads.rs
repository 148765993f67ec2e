//! What is run: modules of `benches/workloads`, each with the argument of its function `run`.

use std::{fs, path::PathBuf};

/// Where a workload's code comes from.
#[derive(Clone, Copy, PartialEq)]
pub enum Origin {
    /// A small program in C.
    C,
    /// A small program in Rust.
    Rust,
    /// A small program in C with vectors.
    Vectors,
    /// A library from the Rust registry behind a small `run`.
    Library(&'static str),
}

/// A module, and how it is run.
pub struct Workload {
    /// The name of its file.
    pub name: &'static str,
    pub origin: Origin,
    /// The argument of `run`: some 100 to 400 ms.
    pub argument: i32,
    /// What it does, in a few words.
    pub what: &'static str,
}

const fn c(name: &'static str, argument: i32, what: &'static str) -> Workload {
    Workload {
        name,
        origin: Origin::C,
        argument,
        what,
    }
}

const fn rust(name: &'static str, argument: i32, what: &'static str) -> Workload {
    Workload {
        name,
        origin: Origin::Rust,
        argument,
        what,
    }
}

const fn vectors(name: &'static str, argument: i32, what: &'static str) -> Workload {
    Workload {
        name,
        origin: Origin::Vectors,
        argument,
        what,
    }
}

const fn library(
    name: &'static str,
    krate: &'static str,
    argument: i32,
    what: &'static str,
) -> Workload {
    Workload {
        name,
        origin: Origin::Library(krate),
        argument,
        what,
    }
}

/// All of them: kernels first, then libraries.
pub const WORKLOADS: [Workload; 33] = [
    c(
        "mark",
        1200,
        "lists, matrices, a state machine, CRC: a mix in CoreMark's manner",
    ),
    c("fib", 33, "calls"),
    c("sieve", 2, "primes"),
    c("matmul", 6, "matrix product, f64"),
    c("nbody", 200_000, "planets, f64"),
    c("sha256", 50, "SHA-256, by hand"),
    c("sort", 3, "quicksort"),
    c("vm", 8, "a bytecode interpreter"),
    vectors("saxpy", 20, "y = a x + y, four f32 at once"),
    vectors("matmul4", 40, "matrix product, four f32 at once"),
    vectors("blur", 60, "a picture blurred, 16 bytes at once"),
    vectors("base64", 200, "letters for bytes, 16 at once"),
    rust("dispatch", 2500, "indirect calls"),
    rust("mandelbrot", 900, "the Mandelbrot set, f64"),
    rust("spectralnorm", 600, "divisions, f64"),
    library("argon2", "argon2", 60, "password hashing"),
    library("keccak", "sha3", 150, "SHA3-256"),
    library("ed25519", "ed25519-dalek", 130, "signatures"),
    library("bigint", "num-bigint", 50, "digits of pi"),
    library("deflate", "miniz_oxide", 7, "compress and decompress text"),
    library("lz4", "lz4_flex", 16, "compress and decompress text"),
    library("png", "png", 4, "encode and decode a picture"),
    library("raster", "tiny-skia", 20, "vector graphics"),
    library("json", "serde_json", 10, "write and read records"),
    library("markdown", "pulldown-cmark", 25, "Markdown to HTML"),
    library("regex", "regex", 18, "searches and replacements"),
    library("template", "minijinja", 30, "an HTML page from templates"),
    library(
        "graph",
        "petgraph",
        100,
        "shortest paths, components, spanning trees",
    ),
    library("roaring", "roaring", 7, "compressed bitmaps"),
    library("sql", "sqlparser", 11, "parse and print statements"),
    library(
        "validate",
        "wasmparser",
        20,
        "validate a WebAssembly module",
    ),
    library("rhai", "rhai", 6, "a scripting language"),
    library("lua", "piccolo", 20, "a Lua engine"),
];

impl Workload {
    /// Its module.
    pub fn wasm(&self) -> Vec<u8> {
        read(self.name)
    }
}

/// The module `name` of `benches/workloads`.
fn read(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("workloads/{name}.wasm"));
    fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
