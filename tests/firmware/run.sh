#!/bin/bash
# Builds firmware for emulated boards, boots it, and compares what comes out of them with what it should be, and with
# what the command prints on this machine. Installs what is missing: the targets, QEMU, `defmt-print`.
# The last line is `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-$PWD/target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
guests=tests/guests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

passed=0
failed=0

# check WHAT COMMAND…: one line. Where it fails, with what the board has said.
check() {
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok    $what"
  else
    failed=$((failed + 1))
    echo "FAIL  $what"
    tail -n 40 "$work/out" "$work/said" 2>/dev/null | sed 's/^/      | /'
  fi
}

is() { [ "$1" = "$2" ] || { echo "      | $1 is not $2" && false; }; }
prints() { grep -qE "$1" "$work/out"; }
says() { grep -qE "$1" "$work/said"; }
differ() { ! is "$1" "$2" >/dev/null; }
near() { [ $(($1 - $2)) -lt "$3" ] && [ $(($2 - $1)) -lt "$3" ]; }

install_defmt_print() {
  PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
  command -v defmt-print >/dev/null || cargo install --quiet --locked defmt-print
}

# ones BYTES FILE: erased flash.
ones() { head -c "$1" /dev/zero | tr '\0' '\377' >"$2"; }

# build TARGET PACKAGE…: firmware, in release mode.
build() {
  local for=$1
  shift
  (cd tests/firmware && cargo $toolchain build --quiet --release --target "$for" \
    --target-dir "$target/firmware" "${@/#/-p}")
}

# elf TARGET PACKAGE: where it is.
elf() { echo "$target/firmware/$1/release/$2"; }

# boot QEMU… -- WORD…: boots a board with these words for the firmware. Leaves what it printed in `out` (on its serial
# line and, by semihosting, as output), its errors in `said`, and its exit code in `status`. Sends it the line `answer`
# when one that ends in a question mark has come. `serial` says where the serial line leads.
serial=stdio
answer=
boot() {
  local qemu=() words=
  while [ "$1" != -- ]; do
    qemu+=("$1")
    shift
  done
  shift
  for word; do words+=,arg=$word; done
  : >"$work/out"
  : >"$work/said"
  if [ -n "$answer" ]; then
    for _ in {1..300}; do
      grep -q '?$' "$work/out" && break
      sleep 0.1
    done
    printf '%s\n' "$answer"
  fi | timeout "${seconds:-60}" "${qemu[@]}" -display none -monitor none -serial "$serial" \
    -semihosting-config "enable=on,target=native,arg=firmware$words" >"$work/out" 2>"$work/said"
  status=${PIPESTATUS[1]}
  answer=
}

# sizes TARGET PACKAGE: a line with its flash, and with what of the RAM it used when it last ran.
sizes() {
  size "$(elf "$1" "$2")" | awk -v said="$(tail -1 "$work/said")" \
    'NR == 2 {printf "      flash %d (with guests), %s bytes\n", $1 + $2, said}'
}

# desktop DIR WORD…: what the command prints, with DIR as its root.
desktop() {
  local dir=$1 guest=$2
  shift 2
  "$target/fast/wasmote" run --dir "$dir::/" "$guests/$guest.wasm" "$@" >"$work/desktop" 2>"$work/desktop-errors"
}

same_as_desktop() { cmp "$work/desktop" "$work/out"; }

arm=thumbv7em-none-eabihf
riscv=riscv32imac-unknown-none-elf

echo "== tools"
check 'QEMU' tests/setup-qemu.sh
toolchain=$(tests/setup-targets.sh thumbv6m-none-eabi $arm $riscv | tail -1)
check 'the targets' is "${PIPESTATUS[0]:-0}" 0
check 'defmt-print' install_defmt_print
check 'the firmware is formatted' cargo fmt --manifest-path tests/firmware/Cargo.toml --all --check
check 'the command builds' cargo build --quiet --profile fast -p wasmote-cli

for board in mps2 virt sifive microbit translation logging behaviour own-board stepping; do
  # shellcheck source=/dev/null
  [ -f "tests/firmware/$board/test.sh" ] && . "tests/firmware/$board/test.sh"
done

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
