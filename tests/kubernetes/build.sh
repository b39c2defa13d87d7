#!/usr/bin/env bash
# build.sh: Kubernetes' own server programs, built from the source that Debian 12 ships, into the cache.
#
# Prints the folder, which then has kube-apiserver, kube-controller-manager, kube-scheduler and kubelet. Debian
# has no package of them, but their complete source, vendored libraries included. The first call takes some ten
# to twenty minutes, the next is offline; one that was interrupted goes on where it was. Needs Go, no root.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

version=1.20.2
upstream=kubernetes_1.20.5+really$version.orig.tar.gz
upstream_sha256=b83c0780efb182d928dc63d46488a847f161f04e40a94b96bf5247dd671ecdfc
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet)

cache=$(cache_dir)/kubernetes
bin=$cache/$version
work=$cache/work
source=$work/gopath/src/k8s.io/kubernetes

fetch_source() {
  local apt=$work/apt mirror keyring uri file hash
  # shellcheck disable=SC2016 # apt fills these in
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$1 ~ /\/debian\/?$/ && $3 == "main" { print $1; exit }')
  [ -n "$mirror" ] || die "apt's sources name no mirror of Debian"
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  private_apt "$apt"
  echo "deb-src [signed-by=$keyring] $mirror bookworm main" > "$apt/sources.list"
  printf 'Dir::Etc::sourcelist "%s";\nDir::Etc::sourceparts "/dev/null";\n' "$apt/sources.list" >> "$apt/apt.conf"
  apt-get -c "$apt/apt.conf" -qq update >&2
  while read -r uri file _ hash; do
    [ "$file" = "$upstream" ] || continue
    [ "$hash" = "SHA256:$upstream_sha256" ] || die "$file has another hash in the index than is known of it"
    say "fetching $file"
    /usr/lib/apt/apt-helper -c "$apt/apt.conf" -qq download-file "${uri//\'/}" "$apt/$file" "$hash"
    mv "$apt/$file" "$work/$file"
  done <<< "$(apt-get -c "$apt/apt.conf" -qq source --print-uris kubernetes)"
  [ -e "$work/$upstream" ] || die "the mirror in apt's sources does not list $upstream"
}

unpack_source() {
  rm -rf "$source.new"
  mkdir -p "$source.new"
  tar -C "$source.new" --strip-components=1 -xzf "$work/$upstream"
  mv "$source.new" "$source"
}

# The one generated file that the source lacks; Kubernetes' make, which writes it, wants a git checkout.
generate_openapi() {
  local packages
  go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  packages=$(grep -rl --include='*.go' --exclude='*_test.go' --exclude='zz_generated*' '+k8s:openapi-gen=' \
    pkg cmd plugin staging/src/k8s.io | xargs -n1 dirname | sort -u |
    grep -vE 'sample-|code-generator|openapi-gen|/examples' |
    sed 's#^staging/src/#k8s.io/kubernetes/vendor/#; t; s#^#k8s.io/kubernetes/#' | paste -sd,)
  "$work/openapi-gen" --output-file-base zz_generated.openapi \
    --go-header-file hack/boilerplate/boilerplate.generatego.txt \
    --output-package k8s.io/kubernetes/pkg/generated/openapi \
    --input-dirs "$packages" --report-filename "$work/violations"
}

# Without these the server would not say which version of Kubernetes it is.
link_flags() {
  local flags="-s -w" package
  for package in component-base/version client-go/pkg/version; do
    package=k8s.io/kubernetes/vendor/k8s.io/$package
    flags+=" -X $package.gitVersion=v$version -X $package.gitMajor=1 -X $package.gitMinor=20"
    flags+=" -X $package.gitTreeState=clean -X $package.buildDate=2021-01-13T00:00:00Z"
  done
  echo "$flags"
}

build_program() {
  local name=$1 started=$SECONDS
  [ ! -e "$bin/$name" ] || return 0
  say "building $name"
  go build -o "$work/$name" -ldflags "$(link_flags)" "./cmd/$name"
  mv "$work/$name" "$bin/$name"
  say "$name took $((SECONDS - started)) s"
}

mkdir -p "$bin"
exec 9> "$(cache_dir)/kubernetes.lock"
flock 9
if [ ! -e "$bin/complete" ]; then
  command -v go > /dev/null || die "there is no Go compiler"
  mkdir -p "$work"
  export GOPATH=$work/gopath GOCACHE=$work/gocache GO111MODULE=off GOPROXY=off GOFLAGS='' CGO_ENABLED=0
  [ -e "$work/$upstream" ] || fetch_source
  [ -d "$source" ] || unpack_source
  cd "$source"
  [ -e pkg/generated/openapi/zz_generated.openapi.go ] || generate_openapi
  for program in "${programs[@]}"; do
    build_program "$program"
  done
  say "built within $SECONDS s"
  touch "$bin/complete"
  rm -rf "$work"
fi
echo "$bin"
