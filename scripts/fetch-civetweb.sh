#!/usr/bin/env bash
# fetch-civetweb.sh DEST: the source of civetweb 1.16 in DEST, with the distribution's patches and those of
# cmake/patches applied.
#
# It comes from the source package that Debian 13 ships (Ubuntu's own from 24.04 on): Debian 12's is
# 1.15. The mirror is the machine's own, as apt knows it;
# lists and state are private, so the system's apt stays untouched and no root is needed. Each tarball is
# fetched by its URI, since a mirror may lack the .dsc that `apt-get source` asks for, and is checked
# against the hash in the signed index. What was fetched is kept, and the next call is offline.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The upstream tarball never changes under this name; the patches get newer with security updates.
upstream=civetweb_1.16+dfsg.orig.tar.xz
upstream_sha256=41dbfd68cd3b914ce440a5813f21058813b61a972600cc04fb8233a0d2d04fe4

[ $# -eq 1 ] || die "usage: fetch-civetweb.sh DEST"
dest=$1
cache=$(cache_dir)/civetweb

cached() { [ -s "$cache/SHA256SUMS" ] && (cd "$cache" && sha256sum --check --status SHA256SUMS); }

# Lines "URI SUITE COMPONENTS" of the repositories that may hold the source package, likeliest first.
# apt itself reads the machine's sources, whatever their format.
repositories() {
  local id codename
  id=$(. /etc/os-release && echo "$ID")
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016 # apt fills these in
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v id="$id" -v own="$codename" '
      $1 ~ /^cdrom:/ { next }
      id == "debian" && $2 ~ /-security$/ && $3 == "main" { print 1, $1, "trixie-security main" }
      id == "debian" && $2 ~ /^(stable|oldstable|testing|unstable|sid|[a-z]+)$/ && $3 == "main" {
        print ($1 ~ /\/debian\/?$/ ? 0 : 2), $1, "trixie main"
      }
      id != "debian" && (own == "" || index($2, own) == 1) { print 0, $1, $2, $3 }
    ' | sort -s -k1,1n | cut -d' ' -f2- | awk '!seen[$0]++'
}

# The private configuration, with that mirror's source index alone.
write_apt_conf() {
  local dir=$1 keyring="" id key
  private_apt "$dir"
  id=$(. /etc/os-release && echo "$ID")
  for key in /usr/share/keyrings/"$id"-archive-keyring.{pgp,gpg}; do
    if [ -z "$keyring" ] && [ -r "$key" ]; then
      keyring=" [signed-by=$key]"
    fi
  done
  repositories | sed "s|^|deb-src$keyring |" > "$dir/sources.list"
  [ -s "$dir/sources.list" ] || die "apt's sources name no mirror of $id"
  cat >> "$dir/apt.conf" <<CONF
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "/dev/null";
CONF
}

# Fetches into the cache: the tarballs first, the list of their hashes last.
download() {
  local work=$1 uri file hash listing
  write_apt_conf "$work"
  # A repository without a source index fails alone; whether the package is listed decides.
  apt-get -c "$work/apt.conf" -qq update >&2 || say "apt-get update did not reach every repository"
  listing=$(apt-get -c "$work/apt.conf" -qq source --print-uris civetweb) ||
    die "the mirror in apt's sources lists no source package civetweb"
  grep -qF "$upstream" <<< "$listing" ||
    die "the mirror's civetweb is not 1.16: $(awk '{print $2}' <<< "$listing" | tr '\n' ' ')"
  while read -r uri file _ hash; do
    case $file in *.tar.*) ;; *) continue ;; esac
    case $hash in SHA256:*) ;; *) die "the index gives no SHA-256 for $file" ;; esac
    [ "$file" != "$upstream" ] || [ "$hash" = "SHA256:$upstream_sha256" ] ||
      die "$file has the hash $hash in the index, not SHA256:$upstream_sha256"
    say "fetching $file"
    /usr/lib/apt/apt-helper -c "$work/apt.conf" -qq download-file "${uri//\'/}" "$work/$file" "$hash"
    echo "${hash#SHA256:}  $file" >> "$work/SHA256SUMS"
  done <<< "$listing"
  (cd "$work" && sha256sum --check --quiet SHA256SUMS)
  rm -f "$cache"/*
  mv "$work"/*.tar.* "$cache/"
  mv "$work/SHA256SUMS" "$cache/"
}

apply() { # apply TREE PATCH
  patch -d "$1" -p1 -s -f --no-backup-if-mismatch < "$2" >&2 || die "the patch $2 does not apply"
}

unpack() {
  local to=$1 patch
  rm -rf "$to"
  mkdir -p "$to"
  tar -C "$to" --strip-components=1 -xf "$cache/$upstream"
  tar -C "$to" -xf "$cache"/civetweb_*.debian.tar.* debian/patches
  while read -r patch _; do
    case $patch in
      '' | '#'*) ;;
      *) apply "$to" "$to/debian/patches/$patch" ;;
    esac
  done < "$to/debian/patches/series"
  for patch in "$root"/cmake/patches/civetweb-*.patch; do
    apply "$to" "$patch"
  done
}

mkdir -p "$cache" "$(dirname "$dest")"
exec 9> "$(cache_dir)/civetweb.lock"
flock 9
if ! cached; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  download "$work"
fi
unpack "$dest"
