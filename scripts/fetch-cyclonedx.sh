#!/usr/bin/env bash
# fetch-cyclonedx.sh: the JSON Schemas of CycloneDX, in the cache for the tests of the image's bill of materials.
#
# Prints the folder, which then has bom-1.6.schema.json and those that it refers to, as CycloneDX' own library on npm
# ships them; nothing of it is installed and no script of it runs. Needs no root. What the registry lacks is
# recorded in build/missing-packages, as `cyclonedx`.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

library=@cyclonedx/cyclonedx-library@10.3.0
library_sha256=9833bd949052eb18218dd64b13ad62d9246f7395eef01c66dad08fcbacf74f01

schemas=$(cache_dir)/cyclonedx
mkdir -p "$schemas"
exec 9> "$(cache_dir)/cyclonedx.lock"
flock 9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() {
  local name
  npm_unpack "$library" "$library_sha256" "$work/library" || return 1
  for name in bom-1.6 spdx jsf-0.82; do
    cp "$work/library/res/schema/$name.SNAPSHOT.schema.json" "$schemas/$name.schema.json" || return 1
  done
}

if [ -e "$schemas/made-of" ] && [ "$(cat "$schemas/made-of")" = "$library" ]; then
  forget_missing cyclonedx
elif ! command -v npm > /dev/null; then
  say "the schemas cannot be fetched: there is no npm"
  record_missing cyclonedx "there is no npm"
elif say "fetching $library" && fetch 2> "$work/why"; then
  echo "$library" > "$schemas/made-of"
  forget_missing cyclonedx
else
  say "the schemas cannot be fetched: $(tail -n1 "$work/why")"
  record_missing cyclonedx "$(tail -n1 "$work/why")"
fi
echo "$schemas"
