echo "== microbit: Cortex-M0 with 16 KB of RAM, an image in place"

check 'it builds' build thumbv6m-none-eabi microbit

boot qemu-system-arm -M microbit -kernel "$(elf thumbv6m-none-eabi microbit)" --
check 'the program runs, and once more after a reset' is "$status $(grep -c '^run [12] ' "$work/out")" '2 2'
check 'it sleeps by the timer' is "$(grep -cE ' slept (2[0-9]|[3-9][0-9]) ms$' "$work/out")" 2
check 'random bytes are others each time' differ \
  "$(sed -nE 's/^run 1 (random .*) slept.*/\1/p' "$work/out")" "$(sed -nE 's/^run 2 (random .*) slept.*/\1/p' "$work/out")"
read -r used size heap < <(sed -nE '$s/^stack ([0-9]+) of ([0-9]+), heap ([0-9]+)$/\1 \2 \3/p' "$work/said")
check 'the stack is not used up' [ "${used:-1}" -lt "${size:-0}" ]
sizes thumbv6m-none-eabi microbit
