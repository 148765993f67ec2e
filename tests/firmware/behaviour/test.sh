echo "== riscv32 virt: what every host does alike, on CFI flash"

check 'it builds' build $riscv behaviour

ones $((32 << 20)) "$work/behaviour"
seconds=600
boot qemu-system-riscv32 -M virt -m 128 -bios "$(elf $riscv behaviour)" \
  -drive "if=pflash,unit=1,format=raw,file=$work/behaviour" \
  -global virtio-mmio.force-legacy=false -device virtio-rng-device --
seconds=
check 'the tests that the desktop has pass' is "$status" 0
check 'to the last of them' prints '^ok clocks_arguments_and_randomness$'
