#!/bin/bash
# Writes ../CHIP.md: instructions, flash and RAM of kernels in interpreters on an emulated Cortex-M4F. Wants apt, for
# QEMU, clang (wasm3 is C; kernels are built for small memories) and a C library; and rustup, or Debian.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD/../..
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
export CARGO_TARGET_DIR=$target
triple=thumbv7em-none-eabihf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- tools

"$root/tests/setup-qemu.sh"
clang=clang-22
export PICOLIBC=/usr/lib/picolibc/arm-none-eabi
if ! command -v $clang wasm-ld-22 >/dev/null || [ ! -d $PICOLIBC ]; then
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q >&2
  $sudo apt-get install -qy --no-install-recommends $clang lld-22 picolibc-arm-none-eabi >&2
fi
toolchain=$("$root/tests/setup-targets.sh" $triple | tail -1)
cargo metadata --quiet --format-version 1 >"$work/metadata"
WASM3_SOURCE=$(grep -o '"manifest_path":"[^"]*/wasm3-sys-[^"]*"' "$work/metadata" | cut -d'"' -f4)
export WASM3_SOURCE=${WASM3_SOURCE%/Cargo.toml}/wasm3/source
(cd "$root" && cargo build --quiet --profile fast -p wasmote-cli)

# ---- kernels

names=()
declare -A argument

# kernel NAME ARGUMENT [EDIT]: a program of ../workloads/c, with a constant changed so that it fits a chip, in the first
# version of WebAssembly. (The second's memory.fill makes this wasm3 run into a fault.)
kernel() {
  names+=("$1")
  argument[$1]=$2
  sed "${3:-}" "../workloads/c/$1.c" >"$work/$1.c"
  $clang --target=wasm32 -mcpu=mvp -O2 -ffreestanding -nostdlib -Wl,--no-entry,--export=run,--strip-all \
    -Wl,-z,stack-size=8192 -o "$work/$1.wasm" "$work/$1.c"
  "$target/fast/wasmote" compile "$work/$1.wasm" -o "$work/$1.mote"
}

kernel mark 10
kernel fib 24
kernel sieve 1 's/LIMIT = 4000000/LIMIT = 100000/'
kernel matmul 1 's/SIZE = 160/SIZE = 40/'
kernel nbody 500
kernel sha256 1 's/message\[65536\]/message[16384]/'
kernel sort 1 's/COUNT = 200000/COUNT = 10000/'
kernel vm 1 's/100000}/10000}/'

# ---- runs

# RUNTIME (a feature of the firmware), and what it is called.
runtimes=(image pipeline-compact pipeline wasmi wasm3 sf-nano tinywasm)
declare -A called=(
  [image]='wasmote, image' [pipeline-compact]='wasmote, `compiler,compact`' [pipeline]='wasmote, `compiler`'
  [wasmi]=wasmi [wasm3]=wasm3 [sf-nano]=sf-nano [tinywasm]=tinywasm
)

# version CRATE: in the lock file.
version() { awk -v name="\"$1\"" '$1 == "name" && $3 == name {getline; gsub(/"/, "", $3); print $3}' Cargo.lock; }

# boot ELF GUEST ARGUMENT: what the firmware prints.
boot() {
  timeout 600 qemu-system-arm -M mps2-an386 -kernel "$1" -device "loader,file=$2,addr=0x200000,force-raw=on" -icount shift=0 \
    -display none -monitor none -serial none \
    -semihosting-config "enable=on,target=native,arg=chip,arg=$(stat -c %s "$2"),arg=$3"
}

declare -A flash run load loading loaded running most stays
# measure PROFILE RUNTIME
measure() {
  local profile=$1 runtime=$2 elf guest name words expected
  cargo $toolchain build --quiet --profile "$profile" --target $triple --features "$runtime" >&2
  elf=$target/$triple/$profile/chip
  flash[$profile,$runtime]=$(size "$elf" | awk 'NR == 2 {print $1 + $2}')
  for name in "${names[@]}"; do
    guest=$work/$name.wasm
    [ "$runtime" != image ] || guest=$work/$name.mote
    echo "$profile $runtime $name" >&2
    read -ra words < <(boot "$elf" "$guest" "${argument[$name]}")
    expected=${result[$name]:=${words[0]}}
    [ "${words[0]}" = "$expected" ] || { echo "$runtime: $name is ${words[0]}, not $expected" >&2 && exit 1; }
    local at=$profile,$runtime,$name
    load[$at]=${words[1]} run[$at]=${words[3]}
    loading[$at]=${words[4]} loaded[$at]=${words[5]} running[$at]=${words[6]}
    [ "$runtime" != pipeline-compact ] || largest[$name]=${words[7]} most[$name]=${words[8]} stays[$name]=${words[9]}
  done
}

declare -A result largest
for profile in release small tiny; do
  for runtime in "${runtimes[@]}"; do measure $profile "$runtime"; done
done

# ---- tables

millions() { awk -v n="$1" 'BEGIN {printf "%.2f", n / 1e6}'; }
kib() { awk -v bytes="$1" 'BEGIN {printf "%.1f", bytes / 1024}'; }
times() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

# row CELL…
row() { printf '|'; printf ' %s |' "$@"; echo; }

# head FIRST CELL…: a header whose other columns are of numbers.
head_row() {
  row "$@"
  shift
  printf '|---|'
  for _; do printf -- '---:|'; done
  echo
}

# instructions run|load PROFILE: each kernel's, and the geometric means of ratios.
instructions() {
  local -n of=$1
  local profile=$2 name runtime cells
  cells=()
  for runtime in "${runtimes[@]}"; do cells+=("${called[$runtime]}"); done
  head_row 'millions of instructions' "${cells[@]}"
  for name in "${names[@]}"; do
    cells=()
    for runtime in "${runtimes[@]}"; do cells+=("$(millions "${of[$profile,$runtime,$name]}")"); done
    row "\`$name\`" "${cells[@]}"
  done
  cells=()
  for runtime in "${runtimes[@]}"; do
    cells+=("$(for name in "${names[@]}"; do echo "${of[$profile,$runtime,$name]} ${of[$profile,image,$name]}"; done |
      awk '{sum += log($1 / $2)} END {printf "%.2f", exp(sum / NR)}')")
  done
  row '**to the image, geometric mean**' "${cells[@]}"
}

# bytes loading|loaded|running: of all runtimes, by kernel.
bytes() {
  local -n of=$1
  local name runtime cells
  cells=()
  for runtime in "${runtimes[@]}"; do cells+=("${called[$runtime]}"); done
  head_row 'bytes' "${cells[@]}"
  for name in "${names[@]}"; do
    cells=()
    for runtime in "${runtimes[@]}"; do cells+=("${of[release,$runtime,$name]}"); done
    row "\`$name\`" "${cells[@]}"
  done
}

{
  cat <<TEXT
# On a chip

Generated by \`benches/chip/measure.sh\`, not edited. Kernels of \`benches/workloads/c\`, made small enough for chips, in
firmware for a Cortex-M4F (QEMU's \`mps2-an386\`), one for each interpreter. What counts is **executed instructions**:
with \`-icount shift=0\` one takes a nanosecond of the time of the board's timers, which the firmware checks with a loop
of known length. They are no cycles: the emulator knows no wait states or pipelines. Runs are deterministic. All
interpreters return the same results, have bounds checks on, and use the same routines for \`f64\`, which this core lacks.

Versions: rustc $(rustc $toolchain --version | cut -d' ' -f2), $($clang --version | sed -n 's/.*clang version \([^ ]*\).*/clang \1/p'), $(qemu-system-arm --version | sed -n '1s/.*version \([^ ]*\).*/QEMU \1/p'),
wasmi $(version wasmi), wasm3 $(sed -n 's/.*M3_VERSION  *"\(.*\)"/\1/p' "$WASM3_SOURCE/wasm3.h") (from wasm3-sys $(version wasm3-sys), compiled by clang), sf-nano-core $(version sf-nano-core) (interpreter), tinywasm $(version tinywasm).
wasmote has the features \`float,externref\`: WebAssembly 2.0 without vectors, like wasmi here. "image" runs what
\`wasmote compile\` makes, in place from flash, without a compiler.

## Instructions

The second call of \`run\`, when everything is translated. At \`opt-level = 3\`:

TEXT
  instructions run release
  printf '\nAt `opt-level = "s"`:\n\n'
  instructions run small
  printf '\nAt `opt-level = "z"`, where wasmote is a loop whose handlers share what is long in them, such as accesses to memory:\n\n'
  instructions run tiny
  cells=()
  for runtime in image pipeline-compact; do
    cells+=("$(for name in "${names[@]}"; do echo "${run[tiny,$runtime,$name]} ${run[small,$runtime,$name]}"; done |
      awk '{sum += log($1 / $2)} END {printf "%.2f", exp(sum / NR)}')")
    cells+=("$(kib $((flash[small,$runtime] - flash[tiny,$runtime])))")
  done
  printf '\nSo `"s"` is the level to choose, at which wasmote is as fast as at 3, but where flash is short: `"z"` takes %s times\n' "${cells[0]}"
  printf 'the instructions with images and saves %s KiB (with `compiler,compact`: %s times, %s KiB).\n' "${cells[@]:1}"
  printf '\n## Until the first call\n\nLoading, verifying or validating, instantiating, at `opt-level = 3`. wasmote, wasmi and wasm3 translate functions at their first call.\n\n'
  instructions load release
  printf '\n## Flash\n\nThe whole firmware, with start-up code, allocator, formatted panics and the measurement, without guests.\n\n'
  cells=()
  for runtime in "${runtimes[@]}"; do cells+=("${called[$runtime]}"); done
  head_row 'KiB' "${cells[@]}"
  for profile in release small tiny; do
    cells=()
    for runtime in "${runtimes[@]}"; do cells+=("$(kib "${flash[$profile,$runtime]}")"); done
    case $profile in release) level=3 ;; small) level='"s"' ;; tiny) level='"z"' ;; esac
    row "\`opt-level = $level\`" "${cells[@]}"
  done
  printf '\n## RAM\n\nBytes asked of the allocator, without guests'"'"' memories. Value stacks: wasmote'"'"'s is static here and not counted;\n'
  printf 'wasm3 asks for 32 KiB when it loads, sf-nano for 16 KiB.\n\n### In use, loaded and instantiated\n\n'
  bytes loaded
  printf '\n### At most, while it loads\n\n'
  bytes loading
  printf '\n### At most, during the first call\n\nTranslation is part of it.\n\n'
  bytes running
  printf '\n### Of translation\n\nwasmote with `compiler,compact`: what translating the largest function adds at most to what was in use before, the\n'
  printf 'code among it, and what of that stays. That is at most four times the body, or 1 KiB where the body has less than\n'
  printf '256 bytes: `tests/firmware/translation` holds all functions of the tests'"'"' guests to that.\n\n'
  head_row kernel 'largest body' 'most' 'times the body' 'stays'
  for name in "${names[@]}"; do
    row "\`$name\`" "${largest[$name]}" "${most[$name]}" "$(times "${most[$name]}" "${largest[$name]}")" "${stays[$name]}"
  done
} >measured.md
mv measured.md ../CHIP.md
