#!/usr/bin/env bash
# lint.sh [format|tidy]: the layout and the static checks of all sources, both where none is named.
#
# clang-tidy takes the compile commands of build/release, which must be configured. A file that was found
# clean is not looked at again until it, a header or the rules change.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

format() {
  find src tests cmake \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -print0 |
    xargs -0 clang-format --dry-run -Werror
}

# Called by xargs for one file; says nothing where it is clean.
tidy_one() {
  local file=$1 stamp=build/release/tidy/$1.clean
  if [ -e "$stamp" ] && [ "$stamp" -nt "$file" ] && [ "$stamp" -nt build/release/tidy/rules ]; then
    return 0
  fi
  touch "$stamp.started"
  if ! clang-tidy -p build/release --quiet "$file" > "$stamp.log" 2>&1; then
    grep -vE '^[0-9]+ warnings? (and [0-9]+ errors? )?(generated|treated)' "$stamp.log"
    return 1
  fi
  mv "$stamp.started" "$stamp"
}

tidy() {
  [ -e build/release/compile_commands.json ] || die "build/release is not configured"
  local newest
  newest=$(find src -name '*.h' -newer build/release/tidy/rules -print -quit 2> /dev/null || true)
  find src -type d | sed 's|^|build/release/tidy/|' | xargs mkdir -p
  if [ -n "$newest" ] || [ ! -e build/release/tidy/rules ] || [ .clang-tidy -nt build/release/tidy/rules ]; then
    touch build/release/tidy/rules
  fi
  find src -name '*.cpp' -print0 | sort -z | xargs -0 -n 1 -P "$(nproc)" "$0" one
}

case ${1:-all} in
  format) format ;;
  tidy) tidy ;;
  one) tidy_one "$2" ;;
  all) format && tidy ;;
  *) die "usage: lint.sh [format|tidy]" ;;
esac
