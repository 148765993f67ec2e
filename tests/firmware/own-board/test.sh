echo "== the README's firmware for a board of one's own"

check 'it builds' build $riscv own-board
check 'it is shorter than 80 lines' [ "$(wc -l <tests/firmware/own-board/src/main.rs)" -lt 80 ]

# Between the fences: from the file's first line to its last.
in_readme() {
  sed -n '/^\/\/! Runs a WASI program on a board/,/^```$/p' README.md | sed '$d' | cmp - tests/firmware/own-board/src/main.rs
}
check 'the README has it word for word' in_readme

ones $((32 << 20)) "$work/own"
answer=Ada
boot qemu-system-riscv32 -M virt -m 128 -bios "$(elf $riscv own-board)" -drive "if=pflash,unit=1,format=raw,file=$work/own" \
  -global virtio-mmio.force-legacy=false -device virtio-rng-device --
check 'its program counts its first boot' is "$status" 1
check 'and reads the serial line' prints '^Good day, Ada\.'
