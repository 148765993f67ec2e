#!/bin/bash
# Installs QEMU's system emulators for Arm and RISC-V where they are missing: version 10, which Debian 12 has among its
# backports. Wants apt.
set -euo pipefail

command -v qemu-system-arm >/dev/null && command -v qemu-system-riscv32 >/dev/null && exit

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
from=()
lists=/etc/apt/sources.list.d
if grep -q '^VERSION_CODENAME=bookworm' /etc/os-release; then
  from=(-t bookworm-backports)
  if ! grep -rqs bookworm-backports /etc/apt/sources.list $lists; then
    # The entry of the distribution itself, for another suite.
    if [ -f $lists/debian.sources ]; then
      sed '/^$/,$d; s/^Suites:.*/Suites: bookworm-backports/' $lists/debian.sources |
        $sudo tee $lists/backports.sources >/dev/null
    else
      sed -nE 's/^(deb .*) bookworm (.*)$/\1 bookworm-backports \2/p' /etc/apt/sources.list |
        $sudo tee $lists/backports.list >/dev/null
    fi
  fi
fi
$sudo apt-get update -q >&2
$sudo apt-get install -qy --no-install-recommends "${from[@]}" qemu-system-arm qemu-system-riscv >&2
