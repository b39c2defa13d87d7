"""A place for daemons that change the machine they run on: namespaces, cgroups and files of their own, all of which
go with the run, however that ends.

Outside, Guard starts a program in new mount, process, network and UTS namespaces; within, furnish() lays them out.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PREFIX = "perf-exporter-kubernetes-"
PATIENCE_SECONDS = 10
# What a kubelet sets for the whole machine; it gets files of its own in their place.
SYSCTLS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
           "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes")  # fmt: skip


def sh(*command, **options):
    return subprocess.run(command, check=True, text=True, stdin=subprocess.DEVNULL, **options)


def is_possible():
    """Whether this process may make all of it, and a container within may have what it is granted."""
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    everybody = pathlib.Path("/proc/self/uid_map").read_text(encoding="ascii").split() == ["0", "0", "4294967295"]
    trial = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "true"]
    return (os.getuid() == 0 and everybody and re.search(r"(?m)^Seccomp:\s+0$", status) is not None
            and subprocess.run(trial, capture_output=True, check=False).returncode == 0)  # fmt: skip


def hierarchies():
    """The mount points of the cgroup hierarchies, v1 and v2."""
    fields = [line.split() for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    return [pathlib.Path(words[1]) for words in fields if words[2] in ("cgroup", "cgroup2")]


def cgroups(name):
    """Every cgroup of this name and below it, deepest first."""
    return [pathlib.Path(folder) for point in hierarchies() for folder, _, _ in os.walk(point / name, topdown=False)]


def remove_cgroups(name):
    """Waits for processes that are about to end. What can't be removed stays, to be found."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while found := cgroups(name):
        for folder in found:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if time.monotonic() > deadline:
            return
        time.sleep(0.02)


def remove_abandoned():
    """What a run that was killed could not remove; its processes and mounts went with it."""
    folders = pathlib.Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
    names = {path.name for point in hierarchies() for path in point.glob(f"{PREFIX}*")}
    for name in names | {folder.name for folder in folders}:
        if not pathlib.Path(f"/proc/{re.match(rf'{PREFIX}([0-9]+)', name)[1]}").exists():
            remove_cgroups(name)
            shutil.rmtree(pathlib.Path(tempfile.gettempdir(), name), ignore_errors=True)


class Guard:
    """To be used by `with`. `name` is that of the run's folder and of its cgroup in every hierarchy."""

    def __init__(self):
        self.name = f"{PREFIX}{os.getpid()}"
        self.room = pathlib.Path(tempfile.gettempdir(), self.name)
        self._process = None

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: sys.exit(128 + number))
        remove_abandoned()
        self.room.mkdir()
        for point in hierarchies():
            (point / self.name).mkdir()
        return self

    def __exit__(self, *_):
        if self._process is not None and self._process.poll() is None:
            self._process.kill()  # the namespace's first process goes with it, and all others with that one
            self._process.wait()
        remove_cgroups(self.name)
        shutil.rmtree(self.room)

    def run(self, *command):
        """Its exit status. A death of this process, too, ends all of them."""
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--propagation=private", "--mount-proc", "--net",
             "--uts", "--pid", "--fork", "--kill-child=SIGKILL", *command]
        )  # fmt: skip
        return self._process.wait()


def furnish(room):
    """The namespaces' inside: an empty file system in the folder, /run and /var that keep nothing, sysctls that
    reach no kernel, a loopback."""
    sh("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", room)
    sh("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for name in ("var", "var.work", "sysctls"):
        (room / name).mkdir()
    sh("mount", "-t", "overlay", "-o", f"lowerdir=/var,upperdir={room}/var,workdir={room}/var.work", "overlay", "/var")
    for name in SYSCTLS:
        sysctl, own = pathlib.Path("/proc/sys", name), room / "sysctls" / name.replace("/", ".")
        own.write_text(sysctl.read_text(encoding="ascii"), encoding="ascii")
        sh("mount", "--bind", own, sysctl)
    sh("ip", "link", "set", "lo", "up")
