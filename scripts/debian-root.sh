#!/usr/bin/env bash
# debian-root.sh NAME [PACKAGE,PACKAGE...]: a root file system of Debian 12 with these packages beside the
# minimum, made once by debootstrap and kept in the cache. Prints its folder, NAME-bookworm; needs root.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=bookworm

# The mirror that the machine's own apt has for it; nothing where it has none, and debootstrap takes its default.
mirror() {
  # shellcheck disable=SC2016 # apt fills these in
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2> /dev/null |
    awk -v suite=$suite '$2 == suite && $3 == "main" && $1 ~ /debian\/?$/ { print $1; exit }'
}

# debootstrap names the first alone.
add_updates() {
  local list=$1/etc/apt/sources.list uri
  uri=$(awk '$1 == "deb" { sub(/\/$/, "", $2); print $2; exit }' "$list")
  printf 'deb %s %s main\n' "$uri" $suite "$uri" $suite-updates "$uri-security" $suite-security > "$list"
}

[ $# -ge 1 ] || die "usage: debian-root.sh NAME [PACKAGE,PACKAGE...]"
[ "$(id -u)" -eq 0 ] || die "debootstrap needs root"
tree=$(cache_dir)/$1-$suite
mkdir -p "$(dirname "$tree")"
exec 9> "$tree.lock"
flock 9
if [ ! -e "$tree.made" ]; then
  rm -rf "$tree"
  say "debootstrap of $tree, once"
  read -r -d '' -a from <<< "$(mirror)" || true
  debootstrap --variant=minbase ${2:+--include="$2"} $suite "$tree" "${from[@]}" > "$tree.log" 2>&1 || {
    tail -n 20 "$tree.log" >&2
    die "debootstrap failed ($tree.log)"
  }
  add_updates "$tree"
  chroot "$tree" apt-get clean
  touch "$tree.made"
fi
echo "$tree"
