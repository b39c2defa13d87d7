"""The system calls of processes by the kernel's own tracepoint raw_syscalls:sys_enter, in a tracefs instance of our own
(Documentation/trace/events.rst). Nobody else's tracing is touched, and the instance goes away with the recorder."""

import contextlib
import json
import os
import pathlib
import re
import subprocess

import seccomp

PREFIX = "seccomp_record_"
EVENT = "events/raw_syscalls/sys_enter/enable"
BUFFER_KILOBYTES = 131072  # of all CPUs together
# Makes no calls. An empty list would mean everybody, so the list is only ever added to; the kernel takes away who ends.
IDLE_TASK = "0"
LINE = re.compile(r"-(\d+) +\[\d+\].*: sys_enter: NR (-?\d+) \((\w+),")
LOST = re.compile(r"^(?:overrun|commit overrun|dropped events): ([1-9]\d*)$", re.M)
EXECUTES = {"execve", "execveat"}
# seccomp(SECCOMP_SET_MODE_FILTER, flags, ...) and prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ...), in hexadecimals.
LOADS_FILTER = {("seccomp", "1"), ("prctl", "16")}
FOLLOW = 'echo $$ >> "$0" && exec "$@"'


class LostEvents(Exception):
    """The buffer was too small: the record would not be whole."""


def calls_in(lines, architecture="NATIVE"):
    """Yields (thread, name, first argument) of each call in a trace."""
    for thread, number, first in (seen.groups() for seen in map(LINE.search, lines) if seen):
        yield thread, seccomp.resolve_syscall(getattr(seccomp.Arch, architecture), int(number)).decode(), first


def program_calls(lines, architecture="NATIVE"):
    """The names of the calls in a trace. Those that a process made before it last executed a program are its starter's
    and are left out."""
    calls = {}
    for thread, name, _ in calls_in(lines, architecture):
        calls.setdefault(thread, set()).add(name)
        if name in EXECUTES:
            calls[thread] = set()
    return set().union(*calls.values())


def start_calls(lines):
    """The names of the calls between the load of a filter and the program that is executed behind it: what a runtime
    does there in the thread that becomes the container."""
    calls, found = {}, set()
    for thread, name, first in calls_in(lines):
        if (name, first) in LOADS_FILTER:
            calls[thread] = set()
        elif thread in calls:
            calls[thread].add(name)
            if name in EXECUTES:
                found |= calls.pop(thread)
    return found


def allowed_by(profile):
    """The names that a profile lets through, or through in part."""
    rules = json.loads(profile.read_text(encoding="ascii"))["syscalls"]
    return {name for rule in rules for name in rule["names"]}


class Recorder:
    def __init__(self, instance):
        self._instance = instance
        self.write("buffer_size_kb", str(BUFFER_KILOBYTES // os.cpu_count()))
        self.write("options/event-fork", "1")
        self.write("set_event_pid", IDLE_TASK)
        self.write(EVENT, "1")

    def write(self, file, text):
        (self._instance / file).write_text(text, encoding="ascii")

    @property
    def behind(self):
        """What a command has to stand behind to be followed with all its threads and children."""
        return ("sh", "-c", FOLLOW, str(self._instance / "set_event_pid"))

    def take(self, calls_of=program_calls):
        """What one of the functions above finds in the trace since the last time."""
        for stats in self._instance.glob("per_cpu/cpu*/stats"):
            if lost := LOST.search(stats.read_text(encoding="ascii")):
                raise LostEvents(f"{stats}: {lost[0]}")
        with open(self._instance / "trace", encoding="utf-8", errors="replace") as trace:
            calls = calls_of(trace)
        self.write("trace", "")
        return calls


def remove(instance):
    with contextlib.suppress(OSError):
        (instance / EVENT).write_text("0", encoding="ascii")
    os.rmdir(instance)


def remove_left(instances):
    """What recorders left that were killed."""
    for instance in instances.glob(PREFIX + "*"):
        if not os.path.exists(f"/proc/{instance.name.removeprefix(PREFIX)}"):
            remove(instance)


@contextlib.contextmanager
def recorder(place):
    """Mounts tracefs on the folder `place`, which is the caller's mount namespace's alone."""
    subprocess.run(["mount", "-t", "tracefs", "tracefs", place], check=True)
    instances = pathlib.Path(place) / "instances"
    remove_left(instances)
    instance = instances / f"{PREFIX}{os.getpid()}"
    instance.mkdir()
    try:
        yield Recorder(instance)
    finally:
        remove(instance)
        subprocess.run(["umount", place], check=True)
