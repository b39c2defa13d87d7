"""The run's own cgroups: one name in each mounted hierarchy, below which everything is made and removed again."""

import contextlib
import os
import pathlib
import re
import time

PATIENCE_SECONDS = 5
PREFIX = "perf-exporter-scenarios-"
HANDED_DOWN = "-handed-down-pids"
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


def v1_with_pids():
    """Where version 1 has that controller; None where it does not."""
    lines = pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    fields = [line.split() for line in lines]
    return next((pathlib.Path(words[1]) for words in fields if words[2] == "cgroup" and "pids" in words[3].split(",")),
                None)  # fmt: skip


def make_with_pids(name):
    """A cgroup whose tasks pids.max limits, whichever hierarchy has that controller."""
    v1 = v1_with_pids()
    if v1 is None:
        hand_down_pids()
    directory = (v1 or unified()) / NAME / name
    directory.mkdir(parents=True)
    if v1 is None:
        (directory.parent / "cgroup.subtree_control").write_text("+pids")
    return directory


def hand_down_pids():
    """From the root of the unified hierarchy. A cgroup beside the run's says that nobody else had asked for it: it is
    seen by whoever cleans up, also behind a run that was killed."""
    control = unified() / "cgroup.subtree_control"
    if "pids" not in control.read_text(encoding="ascii").split():
        (unified() / (NAME + HANDED_DOWN)).mkdir(exist_ok=True)
        control.write_text("+pids", encoding="ascii")


def take_back_pids(name):
    marker = unified() / (name + HANDED_DOWN) if unified() else None
    if marker and marker.is_dir():
        with contextlib.suppress(OSError):  # somebody else has come to need it
            (unified() / "cgroup.subtree_control").write_text("-pids", encoding="ascii")
        marker.rmdir()


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
    take_back_pids(name or NAME)


def remove_abandoned():
    """Those of a run that was killed."""
    names = {root.name.removesuffix(HANDED_DOWN) for point, _ in mounts() for root in point.glob(f"{PREFIX}*")}
    for name in names:
        if is_abandoned(name):
            remove_all(name)
