#!/usr/bin/env bash
# seccomp.sh record: records which system calls the program makes in all its modes, by the kernel's tracing, into
#   deploy/seccomp/recorded.tsv, and makes the profile of it.
# seccomp.sh run [ARGUMENT...]: runs the program behind the profile, all modes where no argument is given, and names
#   every call that the profile lacks.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

what=${1:-}
shift || true
[ "$(id -u)" -eq 0 ] || die "only root can trace, and become the user that a container has"
scripts/install-packages.sh build test seccomp
mkdir -p build
cmake --preset release -DPERF_EXPORTER_TESTS=ON > build/configure-release.log 2>&1 || {
  cat build/configure-release.log >&2
  die "the build could not be configured"
}
targets=(perf-exporter perf-exporter-preflight)
cmake --build --preset release --parallel "$(nproc)" --target "${targets[@]}" > build/build-release.log 2>&1 || {
  cat build/build-release.log >&2
  die "the build failed"
}
export PERF_EXPORTER=$root/build/release/perf-exporter PYTHONPATH=$root/tests/e2e:$root/tests/scenarios
case $what in
  record)
    /usr/bin/python3 -B tests/seccomp/record.py
    exec /usr/bin/python3 -B deploy/seccomp/generate.py
    ;;
  run) exec /usr/bin/python3 -B tests/seccomp/run.py "$@" ;;
  *) die "usage: seccomp.sh record | run [ARGUMENT...]" ;;
esac
