echo "== mps2-an386: logs over defmt"

export DEFMT_LOG=trace
check 'it builds' build $arm logging

serial=null
boot qemu-system-arm -M mps2-an386 -kernel "$(elf $arm logging)" --
serial=stdio
check 'a trap is exit code 134' is "$status" 134
defmt-print -e "$(elf $arm logging)" <"$work/out" >"$work/log"
mv "$work/log" "$work/out"
check 'calls of WASI are logged' prints 'TRACE path_open.* b"missing" = noent$'
check 'the trap is, too' prints 'ERROR trap: integer divide by zero'
names=$(sed -nE 's/^.*ERROR +0x[0-9a-f]+ ([a-z_.]+).*/\1/p' "$work/out" | tr '\n' ' ')
check 'with the names of the functions' is "$names" 'divide average _start _start.command_export '
