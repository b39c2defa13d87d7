"""The starts of commands: each takes what stands behind it into a situation. They are joined by unpacking lists.

A change of user by setpriv keeps what is permitted, and a program executed by such a process keeps its capability where
a real user's would not (no_new_privs). So every start of another user ends in a shell that executes what follows: its
own exec empties the permitted set. Where the runtime of a container holds the capability at that moment, `holding` says
so.
"""

import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
NOBODY = 65534
SHELL = ["sh", "-c", 'exec "$0" "$@"']
PREFLIGHT = "perf-exporter-preflight"


def program(variety, name="perf-exporter"):
    """A program of the workshop."""
    return f"./{variety}/{name}"


def nobody(*options, holding=False, inherits="", uid=NOBODY):
    """uid 65534 without privileges; `options` are setpriv's. `inherits`: "+perfmon"."""
    # First what is inherited, then the bounding set: the other way round the kernel refuses it.
    first = ["setpriv", f"--inh-caps=-all,{inherits}"] if inherits else []
    last = [] if inherits else ["--inh-caps=-all"]
    start = [*first, "setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", *last, *options]
    return start if holding else [*start, *SHELL]


def nobody_by_setuid():
    """The same without a call of capset, where a filter refuses that one."""
    return ["chroot", "--skip-chdir", f"--userspec={NOBODY}:{NOBODY}", "--groups=", "/", *SHELL]


def ambient(*options, holding=False):
    """The same with CAP_PERFMON in its ambient set, as a systemd unit may give it."""
    return nobody("--ambient-caps=-all,+perfmon", *options, inherits="+perfmon", holding=holding)


def filtered(*rules):
    """Behind a seccomp filter, installed by root so that it takes no no_new_privs. A rule is CALL:ANSWER, or
    CALL:ANSWER:INDEX:VALUE for the calls whose argument has that value in its lower 32 bits, or is a pointer to
    something where VALUE is "set"."""
    return [sys.executable, "-B", str(FOLDER / "filtered.py"), *rules, "--"]


def limited(limit):
    """With a resource limit as prlimit(1) takes it: "nofile=4:4"."""
    return ["prlimit", f"--{limit}"]


def in_mount_namespace(script):
    """In a mount namespace in which root has run the script."""
    return ["unshare", "--mount", "--propagation=private", "sh", "-ec", f'{script}\nexec "$0" "$@"']


def in_cgroup(directory):
    """Moved into a cgroup, given by its directory."""
    return ["sh", "-ec", f'echo $$ > {directory}/cgroup.procs; exec "$0" "$@"']


def traced(*options):
    """Started by strace, which its caller's user runs."""
    return ["strace", "-o", "/dev/null", *options]
