#!/usr/bin/env bash
# install.sh ARCHITECTURE: run in the builder: what compiles, and the libraries of the architecture that is
# compiled for. They are installed for that one alone: prometheus-cpp-dev can't be for two at once.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../scripts/packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/packages.sh"

architecture=$1
compiler=g++
if [ "$architecture" != "$(dpkg --print-architecture)" ]; then
  [ "$architecture" = arm64 ] || {
    echo "$architecture can be compiled for on $architecture alone" >&2
    exit 1
  }
  dpkg --add-architecture "$architecture"
  compiler=g++-aarch64-linux-gnu
fi
export DEBIAN_FRONTEND=noninteractive
get() { apt-get -qq -o Acquire::Retries=3 "$@"; }

get update
# What is shipped comes from the base, too, which may be older than the last security update.
get upgrade

read -r -d '' -a tools <<< "$packages_compile" || true
libraries=()
for library in $packages_libraries; do
  # Headers alone are for all architectures, and then not to be had for one.
  if apt-cache show "$library:$architecture" > /dev/null 2>&1; then
    library=$library:$architecture
  fi
  libraries+=("$library")
done
get install --no-install-recommends $compiler python3 "${tools[@]}" "${libraries[@]}"
get clean
