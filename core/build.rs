//! Chooses the dispatch backend and the set of handlers.
//!
//! Handlers end in a call of the next handler. Where LLVM is known to turn that call into a jump
//! (optimized builds, signatures that fit the argument registers, no instrumentation that adds work
//! behind the call), `tail_calls` is set; everywhere else the portable loop runs the same handlers. (Not at
//! `opt-level = "z"`, where the loop is chosen since its handlers are smaller.)
//!
//! `shared_checks` is set where handlers share functions for what is long in each: in the loop of compact builds.
//!
//! `compact` is the feature of that name; builds without `compiler` are always so, since all they run is images.
//!
//! `hash_maps` is set for hosts: lists serve chips.
//!
//! `heap` is set where there can be objects: structures, arrays, exceptions, references to host values.
//!
//! `full_dispatch` is the feature `dispatch-full`, except in `compact` builds, which have the small set
//! only, and in unoptimized builds, where thousands of handlers cost minutes of compilation and bring no speed.

use std::env;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(tail_calls)");
    println!("cargo::rustc-check-cfg=cfg(full_dispatch)");
    println!("cargo::rustc-check-cfg=cfg(compact)");
    println!("cargo::rustc-check-cfg=cfg(heap)");
    println!("cargo::rustc-check-cfg=cfg(hash_maps)");
    println!("cargo::rustc-check-cfg=cfg(shared_checks)");
    println!("cargo::rerun-if-env-changed=WASMOTE_DISPATCH");
    let var = |name: &str| env::var(name).unwrap_or_default();
    let feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    let compact = feature("COMPACT") || !feature("COMPILER");
    let full = feature("DISPATCH_FULL") && !compact && var("OPT_LEVEL") != "0";
    let tail = match var("WASMOTE_DISPATCH").as_str() {
        "tail" => true,
        "loop" => false,
        "" => {
            let arch = match var("CARGO_CFG_TARGET_ARCH").as_str() {
                "x86_64" | "aarch64" => true,
                // Four registers for arguments, which the full set of handlers does not fit; the least cores of this
                // architecture have no such jumps.
                "arm" => {
                    !full
                        && ["thumbv7", "thumbv8m.main", "armv7"]
                            .iter()
                            .any(|core| var("TARGET").starts_with(core))
                }
                "riscv32" | "riscv64" => !full,
                _ => false,
            };
            let optimized = matches!(var("OPT_LEVEL").as_str(), "2" | "3" | "s");
            let instrumented = env::var_os("CARGO_CFG_MIRI").is_some()
                || !var("CARGO_CFG_SANITIZE").is_empty()
                || var("CARGO_ENCODED_RUSTFLAGS").contains("instrument")
                || var("CARGO_ENCODED_RUSTFLAGS").contains("sanitizer");
            arch && optimized && !instrumented
        }
        other => panic!("WASMOTE_DISPATCH is `tail`, `loop` or unset, not `{other}`"),
    };
    if compact {
        println!("cargo::rustc-cfg=compact");
    }
    if feature("STD") || feature("DISPATCH_FULL") {
        println!("cargo::rustc-cfg=hash_maps");
    }
    if ["GC", "EXCEPTIONS", "EXTERNREF"].into_iter().any(feature) {
        println!("cargo::rustc-cfg=heap");
    }
    if full {
        println!("cargo::rustc-cfg=full_dispatch");
    }
    // The loop saves code for chips at the price of time.
    if compact && !tail {
        println!("cargo::rustc-cfg=shared_checks");
    }
    if tail {
        println!("cargo::rustc-cfg=tail_calls");
    }
}
