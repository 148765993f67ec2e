#!/bin/bash
# Rebuilds every workload from c/ and rust/. The modules are committed: nothing else needs these compilers.
# Wants clang and lld for WebAssembly (CLANG names another clang), and Rust's target wasm32-unknown-unknown.
#
# Each is a plain module: no imports, one export `run(n: i32) -> i64` that returns a checksum.
set -eu
cd "$(dirname "$0")"
clang=${CLANG:-clang-22}
target=$(realpath -m "${CARGO_TARGET_DIR:-../../target}")

for source in c/*.c c/simd/*.c; do
  case $source in c/simd/*) simd=-msimd128 ;; *) simd=-mno-simd128 ;; esac
  "$clang" --target=wasm32 -O2 $simd -ffreestanding -nostdlib -mbulk-memory -Wall -Wextra -Wl,--no-entry,--export=run,--strip-all \
    -o "$(basename "$source" .c).wasm" "$source"
done

# Each workload is an example of one package, so that the libraries are compiled once. Random seeds come from
# `seeds.rs`; panic messages shall name no folder of the machine that builds.
registry=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*)
export RUSTFLAGS="--cfg getrandom_backend=\"custom\" --remap-path-prefix=$registry=registry --remap-path-prefix=$PWD=."
(cd rust && CARGO_TARGET_DIR=$target cargo build --release --examples --target wasm32-unknown-unknown)
for source in rust/workloads/*.rs; do
  cp "$target/wasm32-unknown-unknown/release/examples/$(basename "$source" .rs).wasm" .
done
ls -l ./*.wasm
