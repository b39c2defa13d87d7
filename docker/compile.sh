#!/usr/bin/env bash
# compile.sh ARCHITECTURE: run in the builder: the release build of the program and its preflight, in
# build/program. The compiler's cache and the source of civetweb are below /root/.cache, where a mount keeps
# them for the next time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=release
if [ "$1" != "$(dpkg --print-architecture)" ]; then
  preset=$1
  export PERF_EXPORTER_SYSROOT=/
fi
# By what the compiler is, not by when it was unpacked.
export CCACHE_COMPILERCHECK=content
cmake --preset "$preset" -DPERF_EXPORTER_TESTS=OFF
cmake --build --preset "$preset" --parallel "$(nproc)" --target perf-exporter perf-exporter-preflight
ln -sfn "$preset" build/program
# Which sources of it were compiled, for the bill of materials.
cp /root/.cache/perf-exporter/civetweb/SHA256SUMS build/program/civetweb.sha256
