#!/bin/bash
# Makes `cargo build --target T` work for the targets given. With rustup that is `rustup target add`. Where
# rustup cannot fetch them, Debian's compiler and the matching sources of core and alloc do: the libraries are
# built once, next to that compiler, and linked as the rustup toolchain `deb`.
#
# usage: tests/setup-targets.sh TARGET…   prints, as its last line, the toolchain to build with ("" or "+deb")
set -euo pipefail

if command -v rustup >/dev/null && timeout 300 rustup -q target add "$@" >&2 2>/dev/null; then
  echo
  exit
fi

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
installed() { [ -n "$(ls "/usr/lib/rustlib/$1/lib/"libcore-*.rlib 2>/dev/null)" ]; }

if [ ! -x /usr/bin/rustc ] || [ ! -x /usr/bin/cargo ] || [ ! -d /usr/lib/rustlib/src/rust/library ]; then
  $sudo apt-get update -q >&2
  $sudo apt-get install -qy --no-install-recommends rustc-web rust-web-src cargo-web >&2
fi

# The linker of the targets, which Debian's compiler does not bring: of the same LLVM, under the name it is called by.
host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
if [ ! -e "/usr/lib/rustlib/$host/bin/rust-lld" ] && ! command -v rust-lld >/dev/null; then
  llvm=$(/usr/bin/rustc -vV | sed -nE 's/^LLVM version: ([0-9]+).*/\1/p')
  [ -x "/usr/lib/llvm-$llvm/bin/lld" ] || $sudo apt-get install -qy --no-install-recommends "lld-$llvm" >&2
  $sudo mkdir -p "/usr/lib/rustlib/$host/bin"
  $sudo ln -sfn "/usr/lib/llvm-$llvm/bin/lld" "/usr/lib/rustlib/$host/bin/rust-lld"
fi

# A package with nothing in it, whose build makes the compiler build core and alloc.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
echo '#![no_std]' >"$work/src/lib.rs"
printf '[package]\nname = "nothing"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$work/Cargo.toml"

for target; do
  installed "$target" && continue
  # The bitcode is for `lto = true` in projects that use the libraries.
  (cd "$work" && RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_HOME="$work/home" \
    CARGO_TARGET_DIR="$work/target" RUSTUP_TOOLCHAIN= /usr/bin/cargo build -q --offline --release \
    --config 'source.crates-io.replace-with = "vendored"' \
    --config 'source.vendored.directory = "/usr/lib/rustlib/src/rust/library/vendor"' \
    -Zbuild-std=core,alloc,panic_abort --target "$target") >&2
  $sudo mkdir -p "/usr/lib/rustlib/$target/lib"
  for library in "$work/target/$target/release/deps/"*.rlib; do
    case $library in */libnothing-*) ;; *) $sudo cp "$library" "/usr/lib/rustlib/$target/lib/" ;; esac
  done
done
if command -v rustup >/dev/null; then
  rustup toolchain link deb /usr >&2
  echo +deb
else
  echo
fi
