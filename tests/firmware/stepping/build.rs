//! Links firmware with the memory of the board that the architecture stands for.

use std::env;

fn main() {
    let var = |name| env::var(name).expect("cargo sets it");
    let board = match &*var("CARGO_CFG_TARGET_ARCH") {
        "arm" => "mps2",
        "riscv32" => "virt",
        _ => return,
    };
    let folder = format!("{}/../{board}", var("CARGO_MANIFEST_DIR"));
    println!("cargo::rustc-link-search={folder}");
    println!("cargo::rerun-if-changed={folder}/memory.x");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
}
