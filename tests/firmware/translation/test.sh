echo "== mps2-an386: the RAM that translation takes"

check 'it builds' build $arm translation
boot qemu-system-arm -M mps2-an386 -kernel "$(elf $arm translation)" --
check 'no function takes more than it may' is "$status" 0
check 'all guests were looked at' is "$(wc -l <"$work/out")" "$(ls "$guests"/*.wasm | wc -l)"
