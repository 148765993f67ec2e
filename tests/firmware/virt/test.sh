echo "== riscv32 virt: files on CFI flash, the date, randomness"

ones $((32 << 20)) "$work/cfi"
virt=(qemu-system-riscv32 -M virt -m 128 -bios "$(elf $riscv virt)"
  -drive "if=pflash,unit=1,format=raw,file=$work/cfi"
  -global virtio-mmio.force-legacy=false -device virtio-rng-device)

check 'it builds, as that for sifive_u' build $riscv virt sifive

boot "${virt[@]}" -- selftest
check 'the flash keeps the rules of NOR flash' is "$status" 0

answer=Ada
boot "${virt[@]}" -- boots
check 'it counts its first boot' is "$status" 1
check 'the clock has the date' near "$(sed -nE 's/^boot 1 at ([0-9]+) .*/\1/p' "$work/out")" "$(date +%s)" 60
check 'the program reads the serial line' prints '^Good day, Ada\.'
first=$(sed -nE 's/^boot 1 .* random ([0-9a-f]{16})$/\1/p' "$work/out")

answer=Grace
boot "${virt[@]}" -- boots
check 'it counts its second boot' is "$status" 2
check 'the log has the first boot still' prints "^boot 1 at [0-9]+ random $first$"
second=$(sed -nE 's/^boot 2 .* random ([0-9a-f]{16})$/\1/p' "$work/out")
check 'random bytes are others each time' differ "${first:-none}" "$second"
check 'the program reads another line' prints '^Good day, Grace\.'
sizes $riscv virt

boot "${virt[@]}" -- put=README.md md2html README.md
desktop . md2html README.md
check 'md2html converts README.md as on the desktop' same_as_desktop
rm -rf "$work/files" && mkdir "$work/files"
boot "${virt[@]}" -- files /
desktop "$work/files" files /
check 'a program that tries files prints what it does on the desktop' same_as_desktop
