echo "== mps2-an386 and riscv32 virt: stepping, and snapshots that go on elsewhere"

# Programs, their argument, and step counts: at the beginning, and between calls of calls.
programs=('fib 12 1 2 17 1000 4001' 'mark 2 1 1000 250000 500000' 'nbody 20 3 5000 30001')
# One that is stopped inside of calls, and one with lists in its memory.
pauses=('fib 12 1000' 'mark 2 300000')

# build_stepping CARGO-OPTION…
build_stepping() {
  (cd tests/firmware && cargo $toolchain build --quiet --release -p stepping --target-dir "$target/firmware" "$@")
}

# step BOARD WORD…: has the words done; what it prints is in `out`.
step() {
  local on=$1
  shift
  case $on in
    mps2) boot qemu-system-arm -M mps2-an386 -kernel "$(elf $arm stepping)" -- "$@" ;;
    virt) boot qemu-system-riscv32 -M virt -m 128 -bios "$(elf $riscv stepping)" -- "$@" ;;
    *) "$work/$on" "$@" >"$work/out" 2>"$work/said" ;;
  esac
}

# all_digests PLACE: what is to be seen there, of all programs.
all_digests() {
  : >"$work/digests.$1"
  for program in "${programs[@]}"; do
    # shellcheck disable=SC2086
    step "$1" digests $program
    cat "$work/out" >>"$work/digests.$1"
  done
}

# As many lines as there are counts, and one for each end.
lines=$(printf '%s ' "${programs[@]}" | wc -w)
lines=$((lines - ${#programs[@]}))

check 'it builds for the desktop' build_stepping --features full
cp "$target/firmware/release/stepping" "$work/direct"
check 'in the compact encoding too' build_stepping --features compact
cp "$target/firmware/release/stepping" "$work/compact"
all_digests direct
all_digests compact
check 'the desktop shows something at each step' is "$(grep -c globals "$work/digests.direct")" \
  $((lines - ${#programs[@]}))
check 'all programs end' is "$(grep -c after "$work/digests.direct")" ${#programs[@]}
check 'both encodings are in the same state at each' cmp "$work/digests.direct" "$work/digests.compact"

for form in direct compact; do
  option=
  [ $form = direct ] || option="--features $form"
  for board in mps2 virt; do
    for=$arm
    [ $board = mps2 ] || for=$riscv
    # shellcheck disable=SC2086
    check "it builds for $board, $form" build_stepping --target "$for" $option
    all_digests $board
    check "$board is in the same state as the desktop at each step" \
      cmp "$work/digests.direct" "$work/digests.$board"
    for pause in "${pauses[@]}"; do
      read -r guest argument steps <<<"$pause"
      step direct run "$guest" "$argument"
      cp "$work/out" "$work/end"
      step direct pause "$guest" "$argument" "$steps" "$work/desktop.snapshot"
      cp "$work/out" "$work/paused"
      step $board pause "$guest" "$argument" "$steps" "$work/board.snapshot"
      check "$board writes a snapshot of $guest" is "$status $(cat "$work/out")" "0 $(cat "$work/paused")"
      check 'which has the bytes of that of the desktop' cmp "$work/desktop.snapshot" "$work/board.snapshot"
      for on in direct compact; do
        step $on resume "$guest" "$work/board.snapshot"
        check "the desktop goes on from it, $on, to the end" is "$(cat "$work/out")" \
          "$(cat "$work/paused" "$work/end")"
      done
      module=benches/workloads/$guest.wasm
      "$target/fast/wasmote" run --invoke run "$module" "$argument" >"$work/invoked"
      "$target/fast/wasmote" resume "$work/board.snapshot" "$module" >"$work/out"
      check 'and so does the command' cmp "$work/invoked" "$work/out"
      step $board resume "$guest" "$work/desktop.snapshot"
      check "and $board goes on from that of the desktop" is "$(cat "$work/out")" "$(cat "$work/paused" "$work/end")"
    done
    sizes "$for" stepping
  done
done
