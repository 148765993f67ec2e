#!/bin/bash
# Installs LLDB 22 where it is missing: the first with a plug-in for WebAssembly. Debian has it (in bookworm's security
# updates, too). Wants apt. Other versions of Debian's LLDB cannot be there at the same time.
set -euo pipefail

command -v lldb-22 >/dev/null && exit

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -q >&2
$sudo apt-get install -qy --no-install-recommends lldb-22 >&2
