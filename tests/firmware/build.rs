//! Links a board's firmware: its own `memory.x`, and the linker script of the architecture's start-up crate.

use std::env;

fn main() {
    let package = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    println!("cargo::rustc-link-search={package}");
    println!("cargo::rerun-if-changed={package}/memory.x");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
}
