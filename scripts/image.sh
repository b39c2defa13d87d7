#!/usr/bin/env bash
# image.sh [amd64|arm64]: builds the image by docker/Dockerfile with buildah, as localhost/perf-exporter:VERSION.
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

architecture=${1:-$(dpkg --print-architecture)}
case $architecture in
  amd64 | arm64) ;;
  *) die "usage: image.sh [amd64|arm64]" ;;
esac
[ "$(id -u)" -eq 0 ] || die "only root can give a file its capability"
scripts/install-packages.sh image

kept=$(cache_dir)/image
mkdir -p "$kept/builder" build/image
exec 9> "$kept/lock"
flock 9
export CONTAINERS_STORAGE_CONF=$kept/storage.conf
cat > "$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "overlay"
runroot = "/run/perf-exporter-image"
graphroot = "$kept/storage"
CONF

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

begin_anew_where_large
base=$(find_base)
say "the builder's base is $base"
version=$(sed -n 's/^project(perf-exporter VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
image=localhost/perf-exporter:$version
revision=$(git describe --always --dirty --abbrev=40 --exclude='*' 2> /dev/null || echo unknown)
# The time of the commit, so that the same sources and packages make the same image.
seconds=$(git log -1 --format=%ct 2> /dev/null || date +%s)
labels=("version=$version" "revision=$revision" "created=$(date --utc --date="@$seconds" +%Y-%m-%dT%H:%M:%SZ)")
[ -z "${SOURCE:-}" ] || labels+=("source=$SOURCE")
# chroot: a build needs no runtime and no cgroups. The cache comes by --volume, for buildah 1.28 removes the
# container's whole root after a RUN with a --mount. And it knows the two platforms of a cross-build with --platform
# alone, but then takes the base for that of the wrong one.
buildah bud --isolation chroot --layers --arch "$architecture" --timestamp "$seconds" \
  --build-arg "TARGETARCH=$architecture" --build-arg "BUILDPLATFORM=linux/$(dpkg --print-architecture)" \
  --volume "$kept/builder:/root/.cache" --build-arg "BASE=$base" "${labels[@]/#/--label=org.opencontainers.image.}" \
  --file docker/Dockerfile --tag "$image" . > "build/image/$architecture.log" 2>&1 || {
  tail -n 40 "build/image/$architecture.log" >&2
  die "the image could not be built (build/image/$architecture.log)"
}

archive=$root/build/image/perf-exporter-$architecture.oci.tar
rm -f "$archive"
buildah push --quiet "$image" "oci-archive:$archive:$image"
container=$(buildah from "$image")
cp "$(buildah mount "$container")/usr/share/doc/perf-exporter/sbom.cdx.json" "${archive%.oci.tar}.cdx.json"
buildah rm "$container" > /dev/null
echo "$image for $architecture: $(buildah images --format '{{.Size}}' "$image") unpacked," \
  "$(du --apparent-size -BK "$archive" | cut -f1) as archive"
echo "$archive"
