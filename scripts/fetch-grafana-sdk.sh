#!/usr/bin/env bash
# fetch-grafana-sdk.sh: Grafana's Foundation SDK and the TypeScript compiler, in the cache for the dashboards.
#
# Prints the folder, which then has node_modules as deploy/grafana/package-lock.json names it: npm checks each
# package's hash, and no script of theirs runs. Needs no root. What the registry lacks is recorded in
# build/missing-packages, as `grafana-sdk`.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

sources=$root/deploy/grafana
sdk=$(cache_dir)/grafana-sdk
mkdir -p "$sdk"
exec 9> "$(cache_dir)/grafana-sdk.lock"
flock 9

install_packages() { # the last line on stderr says what failed
  rm -rf "$sdk/made-of" "$sdk/node_modules"
  cp "$sources/package.json" "$sources/package-lock.json" "$sources/.npmrc" "$sdk"
  (cd "$sdk" && npm ci --loglevel=error --ignore-scripts --no-audit --no-fund --fetch-retry-maxtimeout=10000) \
    > "$sdk/log" 2>&1 || {
    npm_reason "$sdk/log" "npm ci failed" >&2
    return 1
  }
}

missing=""
made_of=$(cat "$sources/package.json" "$sources/package-lock.json" | sha256sum)
if ! command -v node > /dev/null; then
  missing="there is no node"
elif [ -e "$sdk/made-of" ] && [ "$(cat "$sdk/made-of")" = "$made_of" ]; then
  : # what the cache has is what is wanted
elif ! command -v npm > /dev/null; then
  missing="there is no npm"
elif say "fetching Grafana's SDK and the TypeScript compiler" && reason=$(install_packages 2>&1); then
  echo "$made_of" > "$sdk/made-of"
else
  missing=$(tail -n1 <<< "$reason")
fi

if [ -z "$missing" ]; then
  forget_missing grafana-sdk
else
  say "the SDK cannot be had: $missing"
  record_missing grafana-sdk "$missing"
fi
echo "$sdk"
