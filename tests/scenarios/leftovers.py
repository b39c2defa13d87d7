"""What there is beside the run: processes, mounts, cgroups, files. Whatever a scenario adds to it, it left behind."""

import os
import pathlib
import signal
import time

import cgroup_tree

# A process that is about to end is none that was left.
PATIENCE_SECONDS = 2


def _reap():
    """In a process namespace of the run's own, orphans are the run's to wait for."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass


def _processes():
    own = os.getpid()
    return {int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != own}


def _name(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def _settled_processes():
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        _reap()
        processes = _processes()
        if not processes or time.monotonic() > deadline:
            return processes
        time.sleep(0.005)


def _mounts():
    return pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()


def _files():
    return [os.path.join(folder, name) for folder, folders, files in os.walk(".") for name in (*folders, *files)]


class Leftovers:
    """Made at rest, in a process namespace that has no other processes, in the folder to look after."""

    def __init__(self):
        self._mounts = set(_mounts())
        self._files = set(_files())

    def __call__(self):
        """A line for each thing that came since the last time. Processes are ended, cgroups removed."""
        lines = []
        for pid in sorted(_settled_processes()):
            lines.append(f"process {pid}: {_name(pid)}")
            os.kill(pid, signal.SIGKILL)
        mounts, files = set(_mounts()), set(_files())
        lines += [f"mount {line}" for line in sorted(mounts ^ self._mounts)]
        lines += [f"file {path}" for path in sorted(files ^ self._files)]
        lines += [f"cgroup {path}" for path in cgroup_tree.found()]
        cgroup_tree.remove_all()
        self._mounts, self._files = mounts, files
        return lines
