#!/usr/bin/env bash
# lint.sh [format|tidy]: the layout and the static checks of all sources, both where none is named.
#
# clang-tidy takes the compile commands of build/release, which must be configured, and built if what was found clean
# before is to be passed over.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

format() {
  find src tests cmake \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -print0 |
    xargs -0 clang-format --dry-run -Werror
}

tidy() { /usr/bin/python3 -B scripts/tidy.py; }

case ${1:-all} in
  format) format ;;
  tidy) tidy ;;
  all) format && tidy ;;
  *) die "usage: lint.sh [format|tidy]" ;;
esac
