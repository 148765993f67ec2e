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

tests/setup-lldb.sh && cargo build --quiet --package wasmote-cli || {
  echo '0 passed, 1 failed'
  exit 1
}

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
    echo "process connect --plugin wasm connect://$address"
    echo "$commands"
  } >"$work/commands"
  # (The paths of debug information begin where the guests are.)
  (cd tests/guests && timeout 300 lldb-22 --no-lldbinit --batch --source-quietly --source "$work/commands") 2>&1 |
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
