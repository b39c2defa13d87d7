#!/usr/bin/env bash
# package.sh [test]: builds the Debian package into build/package and prints its path; with `test`, installs it
# on a machine that runs systemd, in a container of podman's, and purges it; what is refused there and in containers
# of LXC's, nspawn's, Docker's and Podman's is mended as printed (tests/package/service).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

scripts/install-packages.sh build package
mkdir -p build
# A first build leaves the tests out: their packages may not be there.
first=()
[ -e build/release/CMakeCache.txt ] || first=(-DPERF_EXPORTER_TESTS=OFF)
cmake --preset release "${first[@]}" > build/configure-release.log 2>&1 || {
  cat build/configure-release.log >&2
  die "the build could not be configured"
}
targets=(perf-exporter)
if cmake --build --preset release --target help | grep -q '^perf-exporter-preflight: '; then
  targets+=(perf-exporter-preflight)
fi
cmake --build --preset release --parallel "$(nproc)" --target "${targets[@]}" >&2
rm -f build/package/*.deb
cpack --config build/release/CPackConfig.cmake -B build/package >&2
package=$(echo build/package/*.deb)
echo "$package"

case ${1:-} in
  '') ;;
  test)
    [ "$(id -u)" -eq 0 ] || die "only root can install it in a container that runs systemd"
    scripts/install-packages.sh service
    TOOLS=$(scripts/fetch-tools.sh service_tools)
    scripts/fetch-newest.py docker.io docker-cli containerd > /dev/null
    export TOOLS
    exec /usr/bin/python3 -B tests/package/service/installed.py "$root/$package"
    ;;
  *) die "usage: package.sh [test]" ;;
esac
