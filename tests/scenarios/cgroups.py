"""Counting by cgroup: which directory the probe may take, and what the kernel says to it."""

import ctypes
import os
import platform
import struct

import cgroup_tree
import starts
from board import Found, Scenario
from probing import NO_FILE_CAPABILITY, look, names, probed
from starts import nobody, program

BY_CGROUP = ("--collector=software", "--scope=cpu,cgroup")
# perf_event_open(2): the oldest attributes, a software event that counts nothing, by the descriptor of a cgroup.
CALL_NUMBER = {"x86_64": 298, "aarch64": 241}
ATTRIBUTES_SIZE, TYPE_SOFTWARE, DUMMY, FLAG_PID_CGROUP = 64, 1, 9, 4
WHEN_IT_COUNTS = {True: "permitted", False: "cgroup_root_never_delegated"}


def counts(directory):
    """Whether the kernel counts that cgroup here, asked without the exporter."""
    attributes = struct.pack("<IIQ", TYPE_SOFTWARE, ATTRIBUTES_SIZE, DUMMY).ljust(ATTRIBUTES_SIZE, b"\0")
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        event = libc.syscall(CALL_NUMBER[platform.machine()], attributes, descriptor, 0, -1, FLAG_PID_CGROUP)
    finally:
        os.close(descriptor)
    if event >= 0:
        os.close(event)
    return event >= 0


def in_own(start, *arguments, name="own", mode=0o755, says=()):
    """What the probe finds in a cgroup of the run's, and whether the kernel counts that one."""
    directory = cgroup_tree.make(name)
    directory.chmod(mode)
    try:
        found = look([*starts.in_cgroup(directory), *start], [*BY_CGROUP, *arguments], says=says)
        return found, counts(directory)
    finally:
        cgroup_tree.remove_all()


def own_cgroup():
    """The finding must be what the kernel does to this very cgroup."""
    found, is_counted = in_own([*nobody(), program("ep")])
    problems = list(found.problems)
    if found.top != WHEN_IT_COUNTS[is_counted]:
        problems.append(f"{found.top}, and the kernel says that it counts: {is_counted}")
    return Found(found.top, problems)


def cgroup(name, expected, command, *arguments, **options):
    return probed("cgroup", name, expected, command, arguments=[*BY_CGROUP, *arguments],
                  needs=("cgroup2",), **options)  # fmt: skip


def made(name, expected, play):
    return Scenario("cgroup", name, names(expected), play, ("cgroup2",))


# A folder that looks like a cgroup to who reads its files.
LOOKS_LIKE_ONE = "mkdir -p /run/like/some; mount -t tmpfs -o mode=755 tmpfs /run/like; mkdir /run/like/some; " \
                 "touch /run/like/cgroup.controllers /run/like/cgroup.procs /run/like/some/cgroup.controllers " \
                 "/run/like/some/cgroup.procs"  # fmt: skip
# The unified hierarchy mounted anew, where /proc/self/cgroup's paths begin.
OF_A_NAMESPACE = ["unshare", "--cgroup", "--mount", "--propagation=private", "sh", "-ec",
                  'mkdir -p /run/view; mount -t cgroup2 cgroup2 /run/view; exec "$0" "$@"']  # fmt: skip

SCENARIOS = [
    made("the own one", tuple(WHEN_IT_COUNTS.values()), own_cgroup),
    cgroup("a user without capability: permission first", NO_FILE_CAPABILITY, [*nobody(), program("none")]),
    cgroup("nothing mounted", "cgroup_not_mounted", [*nobody(), program("ep")], "--path.cgroupfs=links"),
    cgroup("a folder that looks like one", "cgroup_wrong_path",
           [*starts.in_mount_namespace(LOOKS_LIKE_ONE), *nobody(), program("ep")], "--path.cgroupfs=/run/like"),
    made("a namespace that shows the own one only", "cgroup_view_partial",
         lambda: in_own([*OF_A_NAMESPACE, *nobody(), program("ep")], "--path.cgroupfs=/run/view")[0]),
    made("the own one may not be listed by its user", "cgroup_unreadable",
         lambda: in_own([*nobody(), program("ep")], mode=0o711)[0]),
    made("a systemd unit's, and a bounding set without it: permission first", "bounding_set_lacks_perfmon",
         lambda: in_own([*nobody("--bounding-set=-perfmon"), program("p")], name="system.slice/some.service",
                        says=["CapabilityBoundingSet=", "AmbientCapabilities="])[0]),
]  # fmt: skip
