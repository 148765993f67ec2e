#!/bin/bash
# Plays the specification's test suite on two emulated boards: a Cortex-M4F (`mps2-an386`) and a riscv32 (`virt`), each
# once as binaries, which the chip validates and translates, and once as images, with no compiler in the firmware.
# Installs what is missing: the targets, QEMU. The last line is `N passed, N failed`, of directives.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-$PWD/target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
packs=$target/packs
log=$(mktemp)
trap 'rm -f "$log"' EXIT

arm=thumbv7em-none-eabihf
riscv=riscv32imac-unknown-none-elf
tests/setup-qemu.sh
toolchain=$(tests/setup-targets.sh $arm $riscv | tail -1)

# How many directives the suite has: none may get lost.
cargo run --quiet --profile fast -p wasmote-spec --features suite --bin lower -- "$packs" | tee "$log"
directives=$(sed -nE '1s/.* ([0-9]+) directives.*/\1/p' "$log")

passed=0
failed=0
# play BOARD FORM TARGET QEMU…: builds the firmware, and boots it with the pack of that form.
play() {
  local board=$1 form=$2 for=$3 status=0 counts good bad
  shift 3
  echo "== $board, $form"
  (cd tests/firmware && cargo $toolchain build --quiet --release -p spec --features "$form" --target "$for" \
    --target-dir "$target/firmware")
  local start=$SECONDS
  (cd "$packs" && timeout 600 "$@" "$target/firmware/$for/release/spec" -nographic -serial none -monitor none \
    -semihosting-config "enable=on,target=native,arg=spec,arg=$form.pack" </dev/null) | tee "$log" || status=$?
  echo "-- $((SECONDS - start)) s, exit code $status"
  read -r good bad < <(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log") || { good=0 bad=1; }
  # All numbers of the last two lines but the scripts'.
  counts=$(tail -2 "$log" | sed 's/^[0-9]* scripts//' | grep -oE '[0-9]+' | awk '{n += $1} END {print n + 0}')
  if [ "$counts" != "$directives" ]; then
    echo "$counts of $directives directives are accounted for"
    bad=$((bad + 1))
  elif [ "$good" -lt 100000 ] || { [ "$status" != 0 ] && [ "$bad" = 0 ]; }; then
    echo 'fewer pass than should'
    bad=$((bad + 1))
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
}

for form in binaries images; do
  play mps2-an386 $form $arm qemu-system-arm -M mps2-an386 -kernel
  play virt $form $riscv qemu-system-riscv32 -M virt -m 128 -bios
done

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
