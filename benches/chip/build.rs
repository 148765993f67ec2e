//! Links the firmware, and compiles wasm3 where that is what runs. `WASM3_SOURCE` and `PICOLIBC` say where its
//! source and a C library are.

use std::{env, fs, path::PathBuf};

fn main() {
    let package = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    println!("cargo::rustc-link-search={package}");
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    if env::var_os("CARGO_FEATURE_WASM3").is_some() {
        wasm3();
    }
}

fn wasm3() {
    let folder = |name| PathBuf::from(env::var(name).unwrap_or_else(|_| panic!("no ${name}")));
    let source = folder("WASM3_SOURCE");
    let libc = folder("PICOLIBC");
    let mut build = cc::Build::new();
    let files = fs::read_dir(&source).expect("wasm3's source");
    let files = files.map(|file| file.expect("a file").path());
    build
        .files(files.filter(|file| file.extension().is_some_and(|ext| ext == "c")))
        .file("c/wasm3.c")
        .compiler("clang-22")
        .flags(["-mcpu=cortex-m4", "-ffreestanding", "-nostdlibinc"])
        .flag("-isystem")
        .flag(libc.join("include"))
        .include(&source)
        .define("d_m3LogOutput", "0")
        .define("d_m3Use32BitSlots", "1")
        .define("NDEBUG", None)
        .warnings(false)
        .compile("wasm3");
    let lib = libc.join("lib/thumb/v7e-m+fp/hard");
    println!("cargo::rustc-link-search={}", lib.display());
    println!("cargo::rustc-link-lib=static=c");
    println!("cargo::rustc-link-lib=static=m");
    println!("cargo::rerun-if-changed=c/wasm3.c");
    println!("cargo::rerun-if-env-changed=WASM3_SOURCE");
    println!("cargo::rerun-if-env-changed=PICOLIBC");
}
