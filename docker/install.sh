#!/usr/bin/env bash
# install.sh ARCHITECTURE: run in the builder: what compiles, and the libraries of the architecture that is
# compiled for. They are installed for that one alone: prometheus-cpp-dev can't be for two at once.
set -euo pipefail
# shellcheck source=../scripts/packages.sh
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
read -r -d '' -a tools <<< "$packages_compile" || true
read -r -d '' -a libraries <<< "$packages_libraries" || true

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# What is shipped comes from the base, too, which may be older than the last security update.
apt-get -qq upgrade
apt-get -qq install --no-install-recommends $compiler python3 "${tools[@]}" "${libraries[@]/%/:$architecture}"
apt-get clean
