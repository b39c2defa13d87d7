#!/usr/bin/env bash
# test.sh [PRESET|image|scenarios|vm|vm-all...]: builds and runs every test, of the image, of the presets release,
# asan-ubsan and tsan and a short selection of the virtual machines where none is named, and lints with release, which
# plays the scenarios, too. vm-all is all virtual machines, and writes their table into docs/testing.md. The last line
# reads "N passed, N failed, N skipped"; the exit status is 0 only where nothing failed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

[ $# -gt 0 ] || set -- image release asan-ubsan tsan vm
short_run=(--short --kernels "d12-arm64,d13-amd64")
started=$SECONDS

sets=(build test package chart grafana cri scenarios seccomp lint bench)
tool_sets=(tools cri_tools)
[[ " $* " != *" vm"* ]] || sets+=(vm)
if [[ " $* " = *" image "* ]]; then
  sets+=(image image_test)
  tool_sets+=(image_tools)
fi
scripts/install-packages.sh "${sets[@]}"
tools=$(scripts/fetch-tools.sh "${tool_sets[@]}")
scripts/fetch-newest.py > /dev/null
scripts/fetch-helm.sh > /dev/null
scripts/fetch-grafana-sdk.sh > /dev/null
export PATH=$tools/usr/bin:$PATH:/usr/sbin:/sbin PROMTOOL=$tools/usr/bin/promtool

missing() { [ -e "$missing_packages" ] && grep -q "^$1: " "$missing_packages"; }

report=()
step() { # step NAME COMMAND...: runs it and notes whether it passed
  local name=$1
  shift
  say "$name"
  if "$@"; then
    report+=("--check=$name=passed")
  else
    report+=("--check=$name=failed")
    return 1
  fi
}

configure() {
  local bench=OFF
  if [ "$1" = release ] && ! missing libbenchmark-dev; then
    bench=ON
  fi
  cmake --preset "$1" -DPERF_EXPORTER_TESTS=ON -DPERF_EXPORTER_BENCH=$bench > "build/configure-$1.log" 2>&1 || {
    cat "build/configure-$1.log"
    return 1
  }
}

# ThreadSanitizer's memory map has no room for addresses as random as newer kernels make them
# (vm.mmap_rnd_bits above 28); where a container's seccomp filter forbids personality(2), it runs as it is.
fixed_addresses=()
if setarch --addr-no-randomize true 2> /dev/null; then
  fixed_addresses=(setarch --addr-no-randomize)
fi
for_preset() {
  if [ "$1" = tsan ]; then
    shift
    "${fixed_addresses[@]}" "$@"
  else
    shift
    "$@"
  fi
}

# Whether tests failed is told by their results, which the summary reads.
run_tests() {
  rm -f "build/$1/junit.xml"
  for_preset "$1" ctest --preset "$1" --parallel 2 --output-junit "$root/build/$1/junit.xml" || true
  report+=("$1=build/$1/junit.xml")
}

run_scenarios() {
  say scenarios
  rm -f build/scenarios/junit.xml
  /usr/bin/python3 -B tests/scenarios/run.py --programs build/release --junit build/scenarios/junit.xml || true
  report+=("scenarios=build/scenarios/junit.xml")
}

build_programs() {
  cmake --build --preset release --parallel "$(nproc)" --target perf-exporter perf-exporter-preflight
}

# An emulator keeps one core busy and most tests wait: the guests run beside what follows the images, whose tests may
# need the one emulator.
guests=
trap '[ -z "$guests" ] || kill "$guests"' EXIT
start_guests() { # start_guests ARGUMENT...
  [ -z "$guests" ] || return 0
  rm -f build/vm/junit.xml
  say "vm: until its turn its output goes to build/vm.log"
  tests/vm/run.py --junit build/vm/junit.xml "$@" > build/vm.log 2>&1 &
  guests=$!
}
finish_guests() {
  local status=0
  wait "$guests" || status=$?
  guests=
  cat build/vm.log
  return "$status"
}
run_guests() { # run_guests ARGUMENT...
  start_guests "$@"
  step vm.run finish_guests || true
  report+=("vm=build/vm/junit.xml")
}

# A mirror that lacks something is no failure; scripts/image.sh has noted it. No test asks a registry.
build_image() {
  BASE=${BASE:-debootstrap} scripts/image.sh "$1" || missing "image-$1"
}

run_images() {
  local architectures architecture
  architectures=$(dpkg --print-architecture)
  if [ "$architectures" = amd64 ]; then
    architectures+=" arm64"
  fi
  if [ "$(id -u)" -eq 0 ]; then
    for architecture in $architectures; do
      step "image.$architecture" build_image "$architecture" || true
    done
  fi
  scripts/fetch-cyclonedx.sh > /dev/null
  rm -f build/image/junit.xml
  step image.run /usr/bin/python3 -B tests/image/run.py --junit build/image/junit.xml || true
  report+=("image=build/image/junit.xml")
}

mkdir -p build
for preset in "$@"; do
  if [ "$preset" = image ]; then
    run_images
    [[ " $* " != *" vm "* ]] || start_guests "${short_run[@]}"
  elif [ "$preset" = vm ]; then
    run_guests "${short_run[@]}"
  elif [ "$preset" = vm-all ]; then
    run_guests --matrix docs/testing.md
  elif [ "$preset" = scenarios ]; then
    if step release.configure configure release && step release.build build_programs; then
      run_scenarios
    fi
  elif step "$preset.configure" configure "$preset" &&
    step "$preset.build" for_preset "$preset" cmake --build --preset "$preset" --parallel "$(nproc)"; then
    run_tests "$preset"
    [ "$preset" != release ] || run_scenarios
  fi
  if [ "$preset" = release ]; then
    step lint.format scripts/lint.sh format || true
    step lint.tidy scripts/lint.sh tidy || true
  fi
  say "$preset took until $((SECONDS - started)) s"
done

# What this machine lacks, by the names that tests/allowed-skips.txt uses.
lacks() {
  local permitted user_ids architecture
  permitted=$((16#$(awk '/^CapPrm:/ { print $2 }' /proc/self/status)))
  user_ids=$(awk '{ print $1, $2, $3 }' /proc/self/uid_map)
  [ "$(id -u)" -eq 0 ] || echo root
  [ "$(id -u)" -eq 0 ] && [ $(((permitted >> 38) & 1)) -eq 1 ] || echo perfmon
  [ "$user_ids" = "0 0 4294967295" ] && grep -q '^Seccomp:[[:space:]]*0$' /proc/self/status || echo unconfined
  [ "$(cat /proc/sys/kernel/perf_event_paranoid)" = 2 ] || echo paranoid_2
  has_core_pmu || echo pmu
  case $(uname -m) in x86_64 | aarch64) ;; *) echo known_loop ;; esac
  for architecture in amd64 arm64; do
    [ -e build/image/perf-exporter-$architecture.oci.tar ] || echo image-$architecture
  done
  unshare --user true 2> /dev/null || echo userns
  unshare --mount --pid --fork --mount-proc true 2> /dev/null || echo namespaces
  grep -q '^[^ ]* [^ ]* cgroup2 ' /proc/mounts || echo cgroup2
  grep -q '^pids\b' /proc/cgroups || echo cgroup_pids
  [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 10000 ] || echo descriptors
  unshare --mount sh -c 'mount -t tracefs none /mnt && [ -w /mnt/instances ]' 2> /dev/null || echo tracefs
  grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2> /dev/null || echo ipv6
  grep -q '^fe80' /proc/net/if_inet6 2> /dev/null || echo link_local
  [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -ge 1024 ] || echo privileged_ports
}
for thing in $(lacks); do
  report+=("--without=$thing")
done
exec /usr/bin/python3 -B scripts/test_summary.py --allowed tests/allowed-skips.txt --missing "$missing_packages" \
  "${report[@]}"
