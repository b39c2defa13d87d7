"""Containers as a pod's are, made by runc and crun with a profile of ours."""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess

import cgroup_tree
import checking
import container
import harness

PROGRAM = "bin/perf-exporter"
# A pod's: uid 65534, PERFMON alone, a file system that can't be written to.
POD = container.Container(capabilities=("CAP_PERFMON",), no_new_privs=True)
WITHOUT_NO_NEW_PRIVS = dataclasses.replace(POD, no_new_privs=False)
# crun takes no part of both cgroup versions at once; what it sees is the second alone, and it makes no cgroup.
UNIFIED = ["unshare", "--mount", "--propagation=private", "sh", "-ec",
           'mount -t cgroup2 none /sys/fs/cgroup && exec "$0" "$@"']  # fmt: skip
RUNTIMES = {"runc": ["runc"], "crun": [*UNIFIED, "crun", "--cgroup-manager=disabled"]}
# A filter there has to be: what a runtime does behind it is what is looked at.
LETS_ALL_PASS = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["swapon"], "action": "SCMP_ACT_ERRNO"}]}


def profile_without(*names):
    profile = json.loads(checking.PROFILE.read_text(encoding="ascii"))
    for rule in profile["syscalls"]:
        rule["names"] = [name for name in rule["names"] if name not in names]
    profile["syscalls"] = [rule for rule in profile["syscalls"] if rule["names"]]
    return profile


def configuration(runtime, words, profile, wanted):
    made = container.configuration(wanted, words)
    made["linux"]["seccomp"] = profile
    if runtime == "crun":
        del made["linux"]["cgroupsPath"]
    return made


@contextlib.contextmanager
def bundle(runtime, arguments, *, wanted=POD, profile=None):
    """The command that starts the container with the profile as it is; nothing of it is left."""
    before = os.getcwd()
    with harness.copied_binary("cap_perfmon=ep") as program:
        folder = pathlib.Path(program).parent
        os.chdir(folder)
        (folder / "bin").mkdir()
        os.rename(program, PROGRAM)
        container.lay_out_root([PROGRAM])
        made = configuration(runtime, [f"/{PROGRAM}", *arguments], profile or profile_without(), wanted)
        (folder / "config.json").write_text(json.dumps(made), encoding="utf-8")
        start, name = [*RUNTIMES[runtime], "--root", str(folder / container.STATE)], f"seccomp-{os.getpid()}"
        try:
            yield [*start, "run", "--bundle", str(folder), name]
        finally:
            subprocess.run([*start, "delete", "--force", name], capture_output=True, check=False)
            cgroup_tree.remove_all()
            os.chdir(before)
