//! Links firmware for `mps2`, with defmt's table of texts.

fn main() {
    println!(
        "cargo::rustc-link-search={}/../mps2",
        env!("CARGO_MANIFEST_DIR")
    );
    println!("cargo::rerun-if-changed=../mps2/memory.x");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
}
