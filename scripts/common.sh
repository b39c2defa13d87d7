# Sourced by the other scripts: where the checkout and the downloads are, how to speak, and apt without
# root.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# Downloads are kept outside the checkout, so that a new one builds without the network. HOME may be
# unset where a service starts us.
cache_dir() {
  local home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
  echo "${XDG_CACHE_HOME:-$home/.cache}/perf-exporter"
}

# DIR/apt.conf keeps apt away from the system's lists, caches and hooks, so that it runs as any user and
# changes nothing. Given by -c it is read last (apt.conf(5)), behind the machine's own configuration, which
# stays in force for proxies and certificates.
private_apt() {
  local dir=$1
  mkdir -p "$dir/lists/partial" "$dir/archives/partial"
  cat > "$dir/apt.conf" <<CONF
Dir::State::lists "$dir/lists";
Dir::Cache "$dir";
APT::Sandbox::User "root";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
}

# Whether the kernel knows a PMU that counts the cycles of a core: `cpu`, or one that lists its CPUs.
has_core_pmu() {
  local devices=/sys/bus/event_source/devices
  [ -e $devices/cpu ] || compgen -G "$devices/*/cpus" > /dev/null
}

# What a mirror lacks at the moment, as lines "PACKAGE: REASON".
missing_packages=$root/build/missing-packages

forget_missing() {
  [ ! -e "$missing_packages" ] || sed -i "/^$1: /d" "$missing_packages"
}

record_missing() {
  mkdir -p "$(dirname "$missing_packages")"
  forget_missing "$1"
  echo "$1: $2" >> "$missing_packages"
}

# Why npm failed, by its log; `npm ERR!` is what the older ones write.
npm_reason() { # npm_reason LOG OTHERWISE
  grep -m1 -E "npm (ERR!|error)" "$1" || echo "$2"
}

# A package of npm's registry, taken apart: nothing is installed and no script of it runs. Where it fails, the last
# line on stderr says why.
npm_unpack() { # npm_unpack PACKAGE SHA256 DIR: its files in DIR, which is made
  local package=$1 sha256=$2 dir=$3 scratch tarball
  scratch=$(mktemp -d -p "$(dirname "$dir")")
  tarball=$(cd "$scratch" &&
    npm pack --loglevel=error --ignore-scripts --fetch-retry-maxtimeout=10000 "$package" 2> "$scratch/log") || {
    npm_reason "$scratch/log" "npm pack $package failed" >&2
    return 1
  }
  echo "$sha256  $scratch/$tarball" | sha256sum --check --status || {
    echo "$package has another SHA-256 than is known of it" >&2
    return 1
  }
  mkdir "$dir"
  tar -C "$dir" --strip-components=1 -xzf "$scratch/$tarball"
}
