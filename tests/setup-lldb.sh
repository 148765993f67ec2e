#!/bin/bash
# Sees to LLDB; its last line of output is how to call it. Wants apt.
#
# usage: tests/setup-lldb.sh         LLDB 22, the first with a plug-in for WebAssembly, is installed where it is missing
#                                    (Debian has it, in bookworm's security updates, too)
#        tests/setup-lldb.sh 19 DIR  LLDB 19, which Debian's releases have: unpacked below DIR, since there can be one
#                                    installed version only
set -euo pipefail

if [ "${1:-22}" = 19 ]; then
  mkdir -p "$2"
  cd "$2"
  if [ ! -e lldb ]; then
    rm -rf packages root
    mkdir packages
    (cd packages && apt-get download -q lldb-19 liblldb-19 libllvm19 libclang-cpp19 >&2)
    for package in packages/*.deb; do
      dpkg -x "$package" root
    done
    rm -r packages
    libraries=$(dirname "$(find "$PWD/root" -name 'libLLVM*.so*' -path '*-linux-gnu*' | head -1)")
    cat >lldb <<END
#!/bin/sh
LD_LIBRARY_PATH=$libraries:$PWD/root/usr/lib/llvm-19/lib exec $PWD/root/usr/lib/llvm-19/bin/lldb "\$@"
END
    chmod +x lldb
  fi
  # (Its libraries must be there.)
  ./lldb --version >/dev/null 2>&1
  echo "$PWD/lldb"
  exit
fi

command -v lldb-22 && exit

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -q >&2
$sudo apt-get install -qy --no-install-recommends lldb-22 >&2
command -v lldb-22
