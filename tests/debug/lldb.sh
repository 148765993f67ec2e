#!/bin/bash
# Debugs the guest with a heap bug with the stock LLDB, which it installs where it is missing: breakpoints, frames,
# variables, steps, memory, watchpoints; and back from the trap to what caused it.
# The last line is `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-$PWD/target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT

passed=0
failed=0

# (The protocol is tested without LLDB, too.)
lldb=$(tests/setup-lldb.sh | tail -1) || {
  echo 'LLDB 22 cannot be installed here: nothing was tested with it'
  echo '0 passed, 0 failed'
  exit 0
}
cargo build --quiet --package wasmote-cli || {
  echo '0 passed, 1 failed'
  exit 1
}

plugin='--plugin wasm'

# debug COMMANDS ARGS…: has LLDB obey the commands, a line each, in a session with the program; keeps what it says, what
# the server says and the status that this ends with.
debug() {
  local commands=$1 address=
  shift
  : >"$work/said"
  "$target/debug/wasmote" debug --gdb 127.0.0.1:0 "$@" >"$work/out" 2>"$work/said" &
  server=$!
  until address=$(sed -n 's/^listening at //p' "$work/said") && [ -n "$address" ]; do
    kill -0 $server || return
    sleep 0.1
  done
  {
    echo "process connect $plugin connect://$address"
    echo "$commands"
  } >"$work/commands"
  # (The paths of debug information begin where the guests are.)
  (cd tests/guests && timeout 300 "$lldb" --no-lldbinit --batch --source "$work/commands") 2>&1 |
    tee "$work/lldb" >/dev/null
  wait $server
  status=$?
}

# says WHAT PATTERN…: whether lines that match are in what LLDB printed, in this order.
says() {
  local what=$1 from=1 at pattern
  shift
  for pattern in "$@"; do
    at=$(tail -n "+$from" "$work/lldb" | grep -nE -m 1 -- "$pattern" | cut -d : -f 1)
    if [ -z "$at" ]; then
      failed=$((failed + 1))
      printf 'FAIL  %s: no “%s” behind line %s of\n' "$what" "$pattern" "$from"
      sed 's/^/      | /' "$work/lldb" "$work/said"
      return
    fi
    from=$((from + at))
  done
  passed=$((passed + 1))
  echo "ok    $what"
}

guest='ledger-O0.wasm`'

# Forwards: breakpoints, frames, variables, steps, memory.
debug 'breakpoint set --name join
continue
bt
breakpoint set --file ledger.c --line 136
continue
frame variable a->length joined->text[7]
memory read --size 1 --count 8 --format x &joined->text
step
next
finish
breakpoint delete -f
continue
bt
continue' tests/guests/ledger-O0.wasm 30
says 'a breakpoint by function, and the frames there' "stop reason = breakpoint 1" \
  "frame #0: .*${guest}join\(.*ledger.c:132" "frame #1: .*${guest}step\(.*ledger.c:178" \
  'frame #2: .*argc=2.*ledger.c:243' "frame #4: .*${guest}_start"
says 'a breakpoint by line, and variables there' 'stop reason = breakpoint 2' 'ledger.c:136' 'a->length = 7' \
  "joined->text\[7\] = ':'"
says 'memory' '0x43 0x6f 0x6c 0x6c 0x61 0x74 0x7a 0x3a'
says 'step, next, finish' 'stop reason = step in' 'ledger.c:137' 'stop reason = step over' 'ledger.c:178' \
  'stop reason = step out' 'ledger.c:243'
says 'the trap' 'wasm trap: uninitialized element' 'ledger.c:190' "frame #1: .*ledger.c:243" 'exited with status'
[ "$status" = 134 ] && grep -q '^Collatz:$' <(cat "$work/out"; echo)
ends=$?
[ $ends = 0 ] && passed=$((passed + 1)) && echo 'ok    the status and the output of the program' || {
  failed=$((failed + 1))
  echo "FAIL  the status and the output of the program: $status"
}

# Back: from the trap to who has damaged the object that it is about.
debug 'continue
watchpoint set expression -w write -s 4 -- m->variables[0].object
process continue --reverse
bt
frame variable length joined->text[7]' tests/guests/ledger-O0.wasm 30
says 'back to the write of the bad byte' 'wasm trap: uninitialized element' 'Watchpoint created' \
  'process continue --reverse' "frame #0: .*${guest}join\(.*ledger.c:136" "frame #1: .*${guest}step\(" 'length = 8'

# The same with the command of ours.
address=$(sed -n 's/^Watchpoint created: .*addr = \(0x[0-9a-f]*\) .*/\1/p' "$work/lldb")
debug "continue
process plugin packet monitor steps
process plugin packet monitor who $address
continue
bt
process plugin packet monitor goto 5
continue
process plugin packet monitor steps" tests/guests/ledger-O0.wasm 30
says 'who wrote it last, and to a step' 'wasm trap: uninitialized element' ', the end' "goes back to what wrote 1 byte" \
  'writes there' "frame #0: .*${guest}join\(.*ledger.c:136" 'goes to step 5' 'step 5 of 0 to '

# Back to what read it last.
debug 'continue
watchpoint set expression -w read -s 4 -- m->variables[0].object
process continue --reverse
bt' tests/guests/ledger-O0.wasm 30
says 'back to the read of the bad byte' 'state = enabled type = r' 'stop reason = watchpoint 1' \
  "frame #0: .*${guest}step\(.*ledger.c:190:13"

# The end of a program that returns can be gone back from, too.
debug 'continue
process continue --reverse
process continue --forward
continue' tests/guests/shapes.wasm
says 'back from the end' 'it returns: going on ends it' 'shapes.rs:136' 'this is the first step' 'shapes.rs:134' \
  'it returns' 'exited with status = 0'

# LLDB 19 knows neither frames nor variables of WebAssembly, but lines, and time.
if lldb=$(tests/setup-lldb.sh 19 "$target/lldb-19" | tail -1); then
  plugin=
  debug 'breakpoint set --file ledger.c --line 136
continue
next
memory read --size 1 --count 4 --format x 0x10218
continue
process plugin packet monitor reverse-continue
continue
process plugin packet monitor reverse-step
continue
process plugin packet monitor steps
breakpoint delete -f
continue
continue' tests/guests/ledger-O0.wasm 30
  says 'LLDB 19: a breakpoint by line, a step, memory' 'stop reason = breakpoint 1' "${guest}join\(.*ledger.c:136" \
    'stop reason = step over' "${guest}join\(.*ledger.c:137" '0x00010218: 0x[0-9a-f]{2} 0x'
  says 'LLDB 19: back to the breakpoint, and a step more' 'monitor reverse-continue' \
    'stop reason = breakpoint 1' "ledger.c:136" 'monitor reverse-step' 'step [0-9]+ of 0 to '
  says 'LLDB 19: the trap' 'wasm trap: uninitialized element' 'ledger.c:190' 'exited with status'
else
  echo 'LLDB 19 cannot be unpacked here: nothing was tested with it'
fi

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
