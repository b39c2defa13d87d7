#!/usr/bin/env bash
# run.sh [FLAG...]: builds the release and serves on 127.0.0.1:10950 unless the flags say otherwise.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

export PATH=$PATH:/usr/sbin:/sbin
binary=build/release/perf-exporter

scripts/install-packages.sh build
mkdir -p build
# A first build leaves the tests out: their packages may not be there.
first=()
[ -e build/release/CMakeCache.txt ] || first=(-DPERF_EXPORTER_TESTS=OFF)
cmake --preset release "${first[@]}" > build/configure-release.log 2>&1 || {
  cat build/configure-release.log >&2
  die "the build could not be configured"
}
cmake --build --preset release --parallel "$(nproc)" --target perf-exporter >&2

# CAP_PERFMON is bit 38 of the bounding set (linux/capability.h). Where the set lacks it, the kernel refuses
# to start a program that has it as an effective file capability (capabilities(7)).
bounding=$((16#$(awk '/^CapBnd:/ { print $2 }' /proc/self/status)))
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
fi
if [ $(((bounding >> 38) & 1)) -eq 0 ]; then
  say "CAP_PERFMON is not in the bounding set here: hardware events may be refused"
  [ -z "$(getcap "$binary")" ] || "${as_root[@]}" setcap -r "$binary" < /dev/null || true
elif getcap "$binary" | grep -q cap_perfmon=ep; then
  :
elif [ "$(id -u)" -ne 0 ] && ! command -v sudo > /dev/null; then
  say "without root or sudo the program gets no CAP_PERFMON; as root: setcap cap_perfmon=ep $binary"
elif ! { say "setcap cap_perfmon=ep $binary" && "${as_root[@]}" setcap cap_perfmon=ep "$binary"; }; then
  say "CAP_PERFMON could not be given to $binary; going on without"
fi

case " $*" in
  *" --web.listen-address"*) exec "$binary" "$@" ;;
  *) exec "$binary" --web.listen-address=127.0.0.1:10950 "$@" ;;
esac
