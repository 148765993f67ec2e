echo "== riscv32 sifive_u: files on serial NOR flash"

ones $((32 << 20)) "$work/nor"
sifive=(qemu-system-riscv32 -M sifive_u -m 128 -bios "$(elf $riscv sifive)"
  -drive "if=mtd,format=raw,file=$work/nor")

boot "${sifive[@]}" -- selftest
check 'the flash keeps the rules of NOR flash' is "$status" 0

answer=Ada
boot "${sifive[@]}" -- boots
check 'it counts its first boot' is "$status" 1
answer=Grace
boot "${sifive[@]}" -- boots
check 'it counts its second boot' is "$status" 2
check 'the log has both' is "$(grep -c '^boot [12] at' "$work/out")" 2
check 'a board without a clock and randomness says so' prints '^boot 2 at \? random \?$'
check 'the program reads the serial line' prints '^Good day, Grace\.'
sizes $riscv sifive

mkdir -p "$work/files"
boot "${sifive[@]}" -- files /
desktop "$work/files" files /
check 'a program that tries files prints what it does on the desktop' same_as_desktop
