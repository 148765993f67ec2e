//! Translates the guest to an image, here and not on the chip; and links.

use std::{env, fs, path::Path};

use wasmote::{Engine, ImageOptions, Module};

fn main() {
    let package = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    println!("cargo::rustc-link-search={package}");
    println!("cargo::rerun-if-changed={package}/memory.x");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");

    let guest = format!("{package}/../../guests/chip.wasm");
    println!("cargo::rerun-if-changed={guest}");
    let wasm = fs::read(&guest).expect("the guest is committed");
    let module = Module::new(&Engine::default(), wasm).expect("the guest is valid");
    let image = module
        .to_image(ImageOptions::default())
        .expect("it is small");
    let out = env::var("OUT_DIR").expect("cargo says where to write");
    fs::write(Path::new(&out).join("chip.mote"), image).expect("room for the image");
}
