echo "== mps2-an386: Cortex-M4F, modules translated on the chip"

mps2=(qemu-system-arm -M mps2-an386 -kernel "$(elf $arm mps2)")

check 'it builds' build $arm mps2

boot "${mps2[@]}" -- put=README.md md2html README.md
desktop . md2html README.md
check 'md2html ends well' is "$status" 0
check 'it converts README.md as on the desktop' same_as_desktop
sizes $arm mps2

mkdir "$work/files"
boot "${mps2[@]}" -- files /
desktop "$work/files" files /
check 'a program that tries files prints what it does on the desktop' same_as_desktop

boot "${mps2[@]}" -- calls
check 'all functions of WASI answer' is "$status $(wc -l <"$work/out")" '7 45'

boot "${mps2[@]}" -- files exit 7
check 'its exit code comes out' is "$status" 7

boot "${mps2[@]}" -- files abort
check 'a trap is exit code 134' is "$status" 134
check 'with a backtrace' says '^ +1: +0x'

# The thermometer gets its temperature before the board starts.
mkfifo "$work/monitor.in" "$work/monitor.out"
printf '%s\n' 'qom-set /machine/peripheral/thermometer temperature 23500' cont >"$work/monitor.in" &
boot "${mps2[@]}" -S -device tmp105,id=thermometer,address=0x48 -chardev "pipe,id=monitor,path=$work/monitor" \
  -mon chardev=monitor -d trace:led_change_intensity -D "$work/leds" -- sensor 3
check 'a program reads a thermometer' says "^$((47 * 128)) of 256 parts of a degree$"
check 'and blinks three times' is "$(grep -c "USERLED0.* 100% -> 0%" "$work/leds")" 3
