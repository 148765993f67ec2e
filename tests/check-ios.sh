#!/bin/bash
# Checks that everything an app could embed compiles for iOS: the libraries, and the command. Checking takes no
# linker and no Apple SDK, only the target's standard library. With rustup that is `rustup target add`; where rustup
# cannot fetch it, Debian's compiler makes its metadata from the matching sources.
set -euo pipefail
cd "$(dirname "$0")/.."
target=aarch64-apple-ios
packages=(-p wasmote -p wasmote-wasi -p wasmote-std-host -p wasmote-cli)
out=${CARGO_TARGET_DIR:-target}/ios

if command -v rustup >/dev/null && timeout 300 rustup -q target add $target >&2 2>/dev/null; then
  RUSTFLAGS=-Dwarnings cargo check --quiet --target $target --target-dir "$out" "${packages[@]}"
else
  # Installs the compiler and its sources where they are missing.
  tests/setup-targets.sh >/dev/null
  library=/usr/lib/rustlib/src/rust/library
  # The standard library's dependencies lie with its sources; ours come from the registry. So the standard library
  # is checked by itself, in a package with nothing in it, and its metadata given to the compiler.
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/src"
  : >"$work/src/lib.rs"
  printf '[package]\nname = "nothing"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$work/Cargo.toml"
  (cd "$work" && RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_HOME="$work/home" CARGO_TARGET_DIR="$work/target" \
    RUSTUP_TOOLCHAIN= /usr/bin/cargo check -q --offline --release \
    --config 'source.crates-io.replace-with = "vendored"' \
    --config "source.vendored.directory = \"$library/vendor\"" \
    -Zbuild-std=std,panic_abort --target $target)
  sysroot=$work/sysroot/lib/rustlib
  mkdir -p "$sysroot/$target/lib"
  cp "$work/target/$target/release/deps/"*.rmeta "$sysroot/$target/lib/"
  rm -f "$sysroot/$target/lib/"libnothing-*
  # Build scripts and macros run here.
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  ln -s "$(/usr/bin/rustc --print sysroot)/lib/rustlib/$host" "$sysroot/$host"
  RUSTC=/usr/bin/rustc RUSTUP_TOOLCHAIN= RUSTFLAGS="-Dwarnings --sysroot=$work/sysroot" \
    CARGO_TARGET_DIR="$out" /usr/bin/cargo check --quiet --target $target "${packages[@]}"
fi
echo "$target checks"
