#!/usr/bin/env bash
# image.sh [amd64|arm64]: builds the image by docker/Dockerfile with buildah, as localhost/perf-exporter:VERSION.
# image.sh export-builder: writes a tar of the last builder's root to stdout, with the compiler's cache in it: a
# base from which other tools build the image without much to do.
#
# Leaves build/image/perf-exporter-ARCHITECTURE.oci.tar, an OCI archive whose path is the last line printed, and
# its bill of materials beside it. BASE names the image that the builder starts from; where it is not set and no
# registry answers, or BASE=debootstrap, one is made here of Debian's packages. Layers, the compiler's cache and
# that base are kept in the cache, apart from the system's own images. Needs root.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

debian=docker.io/library/debian:bookworm-slim
registry_seconds=60
most_kept_mib=6000
builder=localhost/perf-exporter-builder
kept=$(cache_dir)/image

use_own_storage() {
  mkdir -p "$kept/builder"
  exec 9> "$kept/lock"
  flock 9
  export CONTAINERS_STORAGE_CONF=$kept/storage.conf
  cat > "$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "overlay"
runroot = "/run/perf-exporter-image${kept//\//-}"
graphroot = "$kept/storage"
CONF
}

# Nothing tells layers that are of use from those of sources long gone.
begin_anew_where_large() {
  local size
  size=$(du -sm "$kept" | cut -f1)
  if [ "$size" -gt $most_kept_mib ]; then
    say "$kept has grown to $size MiB; beginning anew"
    buildah rmi --all --force > /dev/null
  fi
}

# Debian's minimum as an image, once for each time it was made. Prints the image's name.
made_base() {
  local tree image container
  tree=$(scripts/debian-root.sh debian)
  image=localhost/debian:bookworm-$(date --reference "$tree.made" +%s)
  if ! buildah inspect --type image "$image" > /dev/null 2>&1; then
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$tree" / > /dev/null
    buildah commit --quiet --rm "$container" "$image" > /dev/null
  fi
  echo "$image"
}

find_base() {
  if [ "${BASE:-}" = debootstrap ]; then
    made_base
  elif [ -n "${BASE:-}" ]; then
    echo "$BASE"
  elif timeout $registry_seconds buildah pull --quiet "$debian" > "$kept/pull.log" 2>&1; then
    echo "$debian"
  else
    say "$debian cannot be pulled: $(tail -n1 "$kept/pull.log")"
    made_base
  fi
}

# chroot: a build needs no runtime and no cgroups. The cache comes by --volume, for buildah 1.28 removes the
# container's whole root after a RUN with a --mount. And it knows the two platforms of a cross-build with --platform
# alone, but then takes the base for that of the wrong one.
bud() { # bud ARCHITECTURE ARGUMENT...
  local architecture=$1
  shift
  buildah bud --isolation chroot --layers --arch "$architecture" --build-arg "TARGETARCH=$architecture" \
    --build-arg "BUILDPLATFORM=linux/$(dpkg --print-architecture)" --volume "$kept/builder:/root/.cache" \
    --file docker/Dockerfile "$@" .
}

# What a mirror lacks at the moment is no fault of ours.
fail() { # fail ARCHITECTURE LOG
  local reason
  reason=$(grep -m1 -E '^E: (Failed to fetch|Unable to (fetch|locate))' "$2" || true)
  [ -z "$reason" ] || record_missing "image-$1" "$reason"
  tail -n 40 "$2" >&2
  die "the image could not be built ($2)"
}

build() {
  local architecture=$1 archive=$root/build/image/perf-exporter-$1.oci.tar log=build/image/$1.log
  local base version image revision seconds labels container
  mkdir -p build/image
  rm -f "$archive"
  forget_missing "image-$architecture"
  base=$(find_base)
  say "the builder's base is $base"
  version=$(sed -n 's/^project(perf-exporter VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
  image=localhost/perf-exporter:$version
  revision=$(git describe --always --dirty --abbrev=40 --exclude='*' 2> /dev/null || echo unknown)
  # The time of the commit, so that the same sources and packages make the same image.
  seconds=$(git log -1 --format=%ct 2> /dev/null || date +%s)
  labels=("version=$version" "revision=$revision" "created=$(date --utc --date="@$seconds" +%Y-%m-%dT%H:%M:%SZ)")
  [ -z "${SOURCE:-}" ] || labels+=("source=$SOURCE")
  bud "$architecture" --build-arg "BASE=$base" --timestamp "$seconds" --tag "$image" \
    "${labels[@]/#/--label=org.opencontainers.image.}" > "$log" 2>&1 || fail "$architecture" "$log"
  bud "$architecture" --build-arg "BASE=$base" --timestamp "$seconds" --target builder \
    --tag "$builder:$architecture" >> "$log" 2>&1

  buildah push --quiet "$image" "oci-archive:$archive:$image"
  container=$(buildah from --arch "$architecture" "$image")
  cp "$(buildah mount "$container")/usr/share/doc/perf-exporter/sbom.cdx.json" "${archive%.oci.tar}.cdx.json"
  buildah rm "$container" > /dev/null
  echo "$image for $architecture: $(buildah images --format '{{.Size}}' "$image") unpacked," \
    "$(du --apparent-size -BK "$archive" | cut -f1) as archive"
  echo "$archive"
}

export_builder() {
  local container
  container=$(buildah from --pull-never "$builder:$(dpkg --print-architecture)")
  tar --create --directory "$(buildah mount "$container")" --exclude=./src --exclude=./image --exclude=./root/.cache . \
    --directory "$kept" --transform 's,^builder,root/.cache,' builder
  buildah rm "$container" > /dev/null
}

[ "$(id -u)" -eq 0 ] || die "only root can give a file its capability"
scripts/install-packages.sh image
use_own_storage
architecture=${1:-$(dpkg --print-architecture)}
case $architecture in
  amd64 | arm64)
    begin_anew_where_large
    build "$architecture"
    ;;
  export-builder) export_builder ;;
  *) die "usage: image.sh [amd64|arm64|export-builder]" ;;
esac
