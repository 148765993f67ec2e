#!/bin/bash
# Rebuilds every guest from src/. The results are committed: nothing else needs these compilers.
# Wants clang, lld, the wasm32 compiler-rt and wasi-libc (Debian: clang-22 lld-22 libclang-rt-22-dev-wasm32,
# wasi-libc from backports), and a Rust toolchain with the target wasm32-wasip1; CLANG, WASI_SYSROOT and
# RUSTC_WASI name others.
set -eu
cd "$(dirname "$0")"
clang=${CLANG:-clang-22}
sysroot=${WASI_SYSROOT:-/usr}
rustc=${RUSTC_WASI:-rustc}

$rustc --edition 2024 --target wasm32-wasip1 -Copt-level=z -Clto=fat -Cpanic=abort -Cstrip=symbols -Ccodegen-units=1 \
  -o md2html.wasm src/md2html.rs
$rustc --edition 2024 --target wasm32-wasip1 --crate-type cdylib -Copt-level=z -Clto=fat -Cpanic=abort -Cstrip=symbols \
  -Ccodegen-units=1 -Clink-self-contained=no -Clink-arg=-zstack-size=1024 -o sensor.wasm src/sensor.rs
for guest in files calls server boots; do
  "$clang" --target=wasm32-wasip1 --sysroot="$sysroot" -Os -s -o $guest.wasm src/$guest.c
done
# Pages of one byte, and no C library but its wrappers of the imports.
"$clang" --target=wasm32-wasip1 --sysroot="$sysroot" -Oz -s -nostartfiles \
  -Wl,--page-size=1,-z,stack-size=512,--initial-memory=2048 -o chip.wasm src/chip.c
# With the names of functions.
"$clang" --target=wasm32-wasip1 --sysroot="$sysroot" -O1 -nostartfiles -Wl,--strip-debug -o trap.wasm src/trap.c
# With debug information, whose paths are from here.
for level in 0 1; do
  "$clang" --target=wasm32-wasip1 --sysroot="$sysroot" -g -O$level -ffile-prefix-map="$PWD"=. -fdebug-compilation-dir=. \
    -o ledger-O$level.wasm src/ledger.c
done
$rustc --edition 2024 --target wasm32-wasip1 --crate-type cdylib -g -Copt-level=1 -Clto=fat -Cpanic=abort \
  -Ccodegen-units=1 -Clink-self-contained=no --remap-path-prefix="$PWD"=. -o shapes.wasm src/shapes.rs
ls -l ./*.wasm
