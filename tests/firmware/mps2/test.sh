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
