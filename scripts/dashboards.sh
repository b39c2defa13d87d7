#!/usr/bin/env bash
# dashboards.sh [OUT [SOURCES]]: compiles the dashboards' TypeScript and writes their JSON.
#
# OUT is the chart's folder dashboards/, SOURCES is deploy/grafana, where they are not given. The packages come from
# the cache, where fetch-grafana-sdk.sh has put them; nothing is written into the sources.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

out=$(realpath --canonicalize-missing "${1:-$root/deploy/helm/perf-exporter/dashboards}")
sources=${2:-$root/deploy/grafana}
modules=$(cache_dir)/grafana-sdk/node_modules
[ -d "$modules" ] || die "the SDK is not in the cache: scripts/fetch-grafana-sdk.sh fetches it"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$sources/src" "$sources/package.json" "$sources/tsconfig.json" "$work"
ln -s "$modules" "$work/node_modules"
cd "$work"
node node_modules/typescript/bin/tsc
node build/main.js "$out"
