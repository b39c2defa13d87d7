#!/usr/bin/env bash
# run.sh [FLAG...]: measures the exporter beside the floor and the newest node_exporter, with scrapes back to back, of
# which some share a reading, and 2 ms apart, where each reads anew and caches are colder; then its parts by themselves.
#
# Flags go to side_by_side.py: --rounds N, --scrapes N, --pause MS for both. Needs root. Exits with 0 where it could
# measure: a target that is missed is printed, and no failure.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
cd "$root"

build=build/bench
node_exporter=$(scripts/fetch-newest.py)/usr/bin/prometheus-node-exporter
if [ ! -x "$node_exporter" ]; then
  node_exporter=$(scripts/fetch-tools.sh)/usr/bin/prometheus-node-exporter
  [ -x "$node_exporter" ] || die "there is no node_exporter to measure against (see build/missing-packages)"
fi

mkdir -p build
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPERF_EXPORTER_BENCH=ON -DPERF_EXPORTER_TESTS=OFF \
  > build/configure-bench.log 2>&1 || {
  cat build/configure-bench.log >&2
  die "the benchmarks could not be configured"
}
cmake --build $build --parallel "$(nproc)" >&2

say "side by side; load average $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) CPUs, kernel $(uname -r)"
for pause in 0 2; do
  /usr/bin/python3 -B tests/bench/side_by_side.py --exporter $build/perf-exporter \
    --floor $build/tests/bench/floor_server --node-exporter "$node_exporter" --pause $pause "$@"
  echo
done
for program in facts read scale encode scrape memory; do
  echo
  say "${program}_bench"
  $build/tests/bench/${program}_bench --benchmark_min_time=0.3 --benchmark_counters_tabular=true 2> /dev/null
done
