#!/usr/bin/env bash
# test-hardware.sh: the truth tests (tests/kernel) on this machine's own PMU. The last line reads "N passed, N
# failed, N skipped"; the exit status is 0 only where nothing failed.
#
# They count whole CPUs, what others do there as well: the machine should have nothing else to do. They
# run as root, by sudo where another user calls. Where there is no PMU, what needs one is skipped.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || die "counting a whole CPU takes root, and there is no sudo"
  as_root=(sudo)
fi

scripts/install-packages.sh build test
mkdir -p build
cmake --preset release -DPERF_EXPORTER_TESTS=ON > build/configure-hardware.log 2>&1 || {
  cat build/configure-hardware.log
  exit 1
}
cmake --build --preset release --parallel "$(nproc)" --target kernel_test perf-exporter

lacking=()
if ! has_core_pmu; then
  say "this machine has no hardware PMU (/sys/bus/event_source/devices): only software events are tested"
  lacking=(--without=pmu)
fi
results=build/hardware.xml
rm -f "$results"
ctest --preset release --show-only --label-regex '^kernel$' > /dev/null  # lists the tests as the caller
"${as_root[@]}" ctest --preset release --verbose --label-regex '^kernel$' --output-junit "$root/$results" || true
[ ${#as_root[@]} -eq 0 ] || sudo chown -R "$(id -u):$(id -g)" "$results" build/release/Testing
exec /usr/bin/python3 -B scripts/test_summary.py --allowed tests/allowed-skips.txt "${lacking[@]}" "hardware=$results"
