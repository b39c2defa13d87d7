#!/usr/bin/env bash
# install-packages.sh SET...: installs what is missing of the package sets named in packages.sh.
#
# Does nothing, and needs neither root nor network, where nothing is missing. A mirror may lack a package
# that its index names: unless it is of the set build, that package is recorded with its reason in
# build/missing-packages, the rest is installed, and the tests that need it are left out.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR source=packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

# By its own name, or by another package that brings it along: nodejs from elsewhere than Debian has npm in it, and
# keeps Debian's out.
installed() {
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2> /dev/null)" = installed ] ||
    dpkg-query --show --showformat '${db:Status-Status}, ${Provides},\n' |
    sed 's/ ([^)]*)//g' | grep "^installed,.* $1," > /dev/null
}

as_root=()
apt_install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" > "$log" 2>&1 < /dev/null
}

# One by one, so that one package that is not to be had does not keep the others out.
install_singly() {
  local package reason
  for package in "$@"; do
    if ! apt_install "$package"; then
      reason=$(grep -m1 '^E: ' "$log" || tail -n1 "$log")
      say "$package cannot be installed: $reason"
      record_missing "$package" "$reason"
    fi
  done
}

wanted=()
for set in "$@"; do
  list=packages_$set
  [ -n "${!list:-}" ] || die "there is no package set '$set'"
  read -r -d '' -a packages <<< "${!list}" || true
  wanted+=("${packages[@]}")
done
missing=()
for package in "${wanted[@]}"; do
  if installed "$package"; then
    forget_missing "$package"
  else
    missing+=("$package")
  fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo > /dev/null && { sudo -n true 2> /dev/null || [ -t 0 ]; }; then
    as_root=(sudo)
  else
    say "these packages are missing, and only root or a user with sudo can install them:"
    die "  apt-get install ${missing[*]}"
  fi
fi
say "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${as_root[@]}" apt-get -qq update < /dev/null || say "apt-get update failed; trying with the lists at hand"
if ! apt_install "${missing[@]}"; then
  say "not all could be installed at once ($(grep -m1 '^E: ' "$log" || true)); trying one by one"
  install_singly "${missing[@]}"
fi
for package in "${missing[@]}"; do
  if installed "$package"; then
    forget_missing "$package"
  elif [[ " ${packages_build//$'\n'/ } " == *" $package "* ]]; then
    die "$package is needed for the build"
  fi
done
