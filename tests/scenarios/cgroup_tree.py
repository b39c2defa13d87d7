"""The run's own cgroups: one name in each mounted hierarchy, below which everything is made and removed again."""

import os
import pathlib
import re
import time

PATIENCE_SECONDS = 5
PREFIX = "perf-exporter-scenarios-"
# Of the run, which hands it on to its namespaces: the number is that of its first process.
NAME = os.environ.get("PERF_EXPORTER_SCENARIOS_CGROUP", f"{PREFIX}{os.getpid()}")


def is_abandoned(name):
    """Whether what bears this name is of a run whose first process is gone."""
    match = re.match(rf"{PREFIX}(\d+)(-|$)", name)
    return match is not None and not pathlib.Path(f"/proc/{match[1]}").exists()


def mounts():
    """[(mount point, file system type)] of the hierarchies."""
    lines = pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    fields = [line.split() for line in lines]
    return [(pathlib.Path(words[1]), words[2]) for words in fields if words[2] in ("cgroup", "cgroup2")]


def unified():
    """Where the unified hierarchy is mounted; None where it is not."""
    return next((point for point, kind in mounts() if kind == "cgroup2"), None)


def found(name=None):
    """Every cgroup of the run's, or of another's name, that there is, deepest first."""
    roots = [point / (name or NAME) for point, _ in mounts()]
    return [pathlib.Path(folder) for root in roots for folder, _, _ in os.walk(root, topdown=False)]


def make(name):
    """A cgroup of the unified hierarchy."""
    directory = unified() / NAME / name
    directory.mkdir(parents=True)
    return directory


def make_with_pids(name):
    """A cgroup whose tasks pids.max limits, whichever hierarchy has that controller."""
    lines = pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    v1 = [words[1] for words in map(str.split, lines) if words[2] == "cgroup" and "pids" in words[3].split(",")]
    directory = pathlib.Path(v1[0] if v1 else unified()) / NAME / name
    directory.mkdir(parents=True)
    for parent in [] if v1 else (directory.parent.parent, directory.parent):
        (parent / "cgroup.subtree_control").write_text("+pids")
    return directory


def remove_all(name=None):
    """Removes them; waits for processes that are about to end. What can't be removed stays, to be found."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while cgroups := found(name):
        for directory in cgroups:
            try:
                directory.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    return
        time.sleep(0.02)


def remove_abandoned():
    """Those of a run that was killed."""
    for name in {root.name for point, _ in mounts() for root in point.glob(f"{PREFIX}*")}:
        if is_abandoned(name):
            remove_all(name)
