#!/usr/bin/python3
"""fetch-newest.py [PACKAGE...]: Debian's newest Prometheus and node_exporter, or what is named, unpacked into the
cache for tests and benchmarks.

Prints the folder, which then has usr/bin/prometheus and usr/bin/prometheus-node-exporter of Debian's
unstable release: they are linked statically but for the C library, and run on the stable one. Nothing is installed,
and no root is needed. What the mirror lacks is recorded in build/missing-packages as PACKAGE-sid.
"""

import fcntl
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/vm"))
import archive  # noqa: E402

PACKAGES = ("prometheus", "prometheus-node-exporter")
SUITE = "sid"


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path("~/.cache").expanduser()
    return pathlib.Path(base) / "perf-exporter"


def record(package, reason):
    """As scripts/common.sh does: one line a package that is missing, none for one that is there."""
    path = ROOT / "build/missing-packages"
    path.parent.mkdir(exist_ok=True)
    name = f"{package}-{SUITE}"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    lines = [line for line in lines if not line.startswith(f"{name}: ")]
    lines += [f"{name}: {reason}"] if reason else []
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def fetch(package, folder, suite):
    with tempfile.TemporaryDirectory(dir=folder) as work:
        archive.unpack(suite.download(package, suite.native, work), folder)
    (folder / f"{package}.unpacked").touch()


def main():
    folder = cache_dir() / "newest"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock, tempfile.TemporaryDirectory(dir=folder) as lists:
        fcntl.flock(lock, fcntl.LOCK_EX)
        suite = archive.Archives(lists).of([SUITE], archive.machine())
        for package in sys.argv[1:] or PACKAGES:
            reason = ""
            if not (folder / f"{package}.unpacked").exists():
                print(f"fetch-newest.py: fetching {package} of {SUITE}", file=sys.stderr)
                try:
                    fetch(package, folder, suite)
                except archive.Unavailable as error:
                    reason = str(error)
                    print(f"fetch-newest.py: {package} cannot be fetched: {reason}", file=sys.stderr)
            record(package, reason)
    print(folder)


if __name__ == "__main__":
    main()
