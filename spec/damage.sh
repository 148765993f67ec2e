#!/bin/bash
# Runs damaged images under AddressSanitizer, in both encodings, and fewer of them under Miri, in the portable loop.
# Not part of the tests: wants a nightly toolchain with the components `miri` and `rust-src`.
#
# usage: spec/damage.sh [COUNT [SEED [COUNT-UNDER-MIRI]]]
set -euo pipefail
cd "$(dirname "$0")/.."

count=${1:-60000} seed=${2:-1} miri=${3:-300}
target=${CARGO_TARGET_DIR:-$PWD/target}
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
images=$(mktemp)
trap 'rm -f "$images"' EXIT

# damage FEATURES WORD…: of the host's build, with the sanitizer. (With a target, so that build scripts have none.)
damage() {
  local features=$1
  shift
  RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$target/asan cargo +nightly run --quiet --target "$host" \
    --profile fast -p wasmote-spec --features "$features" --bin damage -- "$@"
}

# Miri would take hours to read the suite: it gets the images from a file.
damage suite 0 0 "$images" >/dev/null
echo '== AddressSanitizer, encoding for hosts'
damage suite "$count" "$seed"
echo '== AddressSanitizer, compact encoding'
damage suite,compact "$count" "$seed"

for features in suite suite,compact; do
  echo "== Miri, $features"
  # (Slots have pointers as integers, of which Miri would warn.)
  MIRIFLAGS='-Zmiri-disable-isolation -Zmiri-permissive-provenance' CARGO_TARGET_DIR=$target/miri \
    cargo +nightly miri run --quiet -p wasmote-spec --features "$features" --bin damage -- "$miri" "$seed" "$images"
done
