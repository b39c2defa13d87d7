#!/usr/bin/env bash
# fetch-tools.sh [SET...]: Debian's Prometheus and node_exporter, or the packages of the sets named in packages.sh,
# unpacked into the cache for tests and benchmarks.
#
# Prints the folder, which then has usr/bin/prometheus, usr/bin/promtool and
# usr/bin/prometheus-node-exporter. Their packages start services, so they are not installed. Needs no
# root. What the mirror lacks is recorded in build/missing-packages.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR source=packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

tools=$(cache_dir)/tools
mkdir -p "$tools"
exec 9> "$(cache_dir)/tools.lock"
flock 9

[ $# -gt 0 ] || set -- tools
wanted=""
for set in "$@"; do
  list=packages_$set
  wanted+=" ${!list:?there is no package set $set}"
done

work=""
for package in $wanted; do
  if [ -e "$tools/$package.unpacked" ]; then
    forget_missing "$package"
    continue
  fi
  if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    private_apt "$work"
    apt-get -c "$work/apt.conf" -qq update >&2 < /dev/null || say "apt-get update failed"
  fi
  say "fetching $package"
  if (cd "$work" && apt-get -c apt.conf -q -o Acquire::Retries=3 download "$package" > log 2>&1); then
    dpkg -x "$work/$package"_*.deb "$tools"
    touch "$tools/$package.unpacked"
    forget_missing "$package"
  else
    reason=$(grep -m1 '^E: ' "$work/log" || tail -n1 "$work/log")
    say "$package cannot be fetched: $reason"
    record_missing "$package" "$reason"
  fi
done
echo "$tools"
