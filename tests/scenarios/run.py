#!/usr/bin/python3
"""Plays every scenario and prints the scoreboard; the last line reads "N passed, N failed, N skipped".

run.py [--programs DIR] [--junit FILE] [--only TEXT]

Each scenario is real processes of the built programs, in namespaces, cgroups and files of the run's own: all of it goes
with the run, however that ends. Exits with 1 where a scenario failed, or none was played.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import addresses
import board
import capabilities
import cgroup_tree
import cgroups
import container
import filters
import inherited
import listing
import masked
import oci
import other_calls
import preflights
import scarce
import serving
import silence
import starts
import sums
import surroundings
import threads
import together
import untried
import words
import workshop
from leftovers import Leftovers

ROOT = pathlib.Path(__file__).resolve().parents[2]
PERFMON = 1 << 38
PRIVILEGED_PORTS = 1024
EVERYBODY = ["0", "0", "4294967295"]
MODULES = (capabilities, surroundings, filters, other_calls, preflights, cgroups, serving, untried, sums, inherited,
           masked, threads, silence, together, scarce, oci, words, addresses, listing)  # fmt: skip
SCENARIOS = [scenario for module in MODULES for scenario in module.SCENARIOS]


def text_of(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def status_field(name):
    return re.search(rf"^{name}:\s+(\w+)", text_of("/proc/self/status"), re.M)[1]


def can(*command):
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def lacking_for_all():
    """Without these no scenario says anything, by the names of scripts/test.sh."""
    if os.getuid() != 0 or not int(status_field("CapPrm"), 16) & PERFMON:
        yield "perfmon"
    elif not can("unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"):
        yield "namespaces"
    if text_of("/proc/self/uid_map").split() != EVERYBODY or status_field("Seccomp") != "0":
        yield "unconfined"
    if text_of("/proc/sys/kernel/perf_event_paranoid").strip() != "2":
        yield "paranoid_2"


def lacking_for_some():
    for tool in ("runc", "strace"):
        if shutil.which(tool) is None:
            yield tool
    if not can(sys.executable, "-c", "import seccomp"):
        yield "python3-seccomp"
    if not can(*starts.nobody(), "unshare", "--user", "true"):
        yield "userns"
    if cgroup_tree.unified() is None:
        yield "cgroup2"
    if not re.search(r"^pids\b", text_of("/proc/cgroups"), re.M):
        yield "cgroup_pids"
    if len(os.sched_getaffinity(0)) < 2:
        yield "two_cpus"
    if shutil.which("ip", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
        yield "iproute2"
    if not re.search(r"^0{31}1 ", text_of("/proc/net/if_inet6") if os.path.exists("/proc/net/if_inet6") else "", re.M):
        yield "ipv6"
    if int(text_of("/proc/sys/net/ipv4/ip_unprivileged_port_start")) < PRIVILEGED_PORTS:
        yield "privileged_ports"


def is_chosen(scenario, text):
    return text in scenario.title


def play(room, programs, results, only):
    """The part that runs in the namespaces. `room` is an empty folder, `results` gets a line of JSON for each."""
    workshop.mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(room))
    os.chdir(room)
    workshop.lay_out(programs)
    container.lay_out_root([*pathlib.Path().glob("*/perf-exporter*")])
    missing = set(lacking_for_some())
    leftovers = Leftovers()
    with results.open("w", encoding="utf-8") as lines:
        for scenario in SCENARIOS:
            if is_chosen(scenario, only):
                result = board.judge(scenario, missing, leftovers)
                print(board.show(result), flush=True)
                print(json.dumps(dataclasses.asdict(result)), file=lines, flush=True)


def skip_all(missing, only):
    results = [board.judge(dataclasses.replace(scenario, needs=(missing,)), {missing}, list)
               for scenario in SCENARIOS if is_chosen(scenario, only)]  # fmt: skip
    for result in results:
        print(board.show(result))
    return results


def remove_abandoned():
    """What a run that was killed could not remove. Its processes and mounts went with it."""
    cgroup_tree.remove_abandoned()
    for folder in pathlib.Path(tempfile.gettempdir()).glob(f"{cgroup_tree.PREFIX}*"):
        if cgroup_tree.is_abandoned(folder.name):
            shutil.rmtree(folder)


class Guard:
    """Starts the run in namespaces of its own. However it ends, processes, mounts, cgroups and files end with it."""

    def __init__(self, arguments):
        self._arguments = arguments
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{cgroup_tree.NAME}-"))
        self._process = None

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        remove_abandoned()
        # Every user must come through.
        self._folder.chmod(0o755)
        (self._folder / "room").mkdir()
        return self

    def __exit__(self, *_):
        if self._process is not None and self._process.poll() is None:
            self._process.kill()  # the namespace's first process goes with it, and all others with that one
            self._process.wait()
        cgroup_tree.remove_all()
        shutil.rmtree(self._folder)

    def run(self):
        """[result] as far as it came, with one more where it did not come to its end."""
        results = self._folder / "results"
        # A death of this process, too, ends them all.
        command = ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--propagation=private", "--mount-proc",
                   "--pid", "--fork", "--kill-child=SIGKILL", sys.executable, "-B", __file__, "--inside",
                   str(self._folder / "room"), "--programs", str(self._arguments.programs), "--results", str(results),
                   "--only", self._arguments.only]  # fmt: skip
        environment = {**os.environ, "PERF_EXPORTER_SCENARIOS_CGROUP": cgroup_tree.NAME}
        self._process = subprocess.Popen(command, env=environment)
        status = self._process.wait()
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
        found = [board.Result(**json.loads(line)) for line in lines]
        if status != 0:
            found.append(board.Result("run", "scenarios.run", "its end", f"exit status {status}", "failed",
                                      text=f"exit status {status}"))  # fmt: skip
        return found


def nothing_is_left():
    """Seen from outside the run's namespaces."""
    mounts = text_of("/proc/self/mountinfo").splitlines()
    left = [str(path) for path in cgroup_tree.found()] + [line for line in mounts if cgroup_tree.PREFIX in line]
    return board.Found("something" if left else "nothing", left)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=lambda text: pathlib.Path(text).resolve(), default=ROOT / "build/release")
    parser.add_argument("--junit", type=pathlib.Path, default=ROOT / "build/scenarios/junit.xml")
    parser.add_argument("--only", default="", help="scenarios that have this text in their title")
    parser.add_argument("--inside", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--results", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    assert len({scenario.test_name for scenario in SCENARIOS}) == len(SCENARIOS), "two scenarios have one name"
    os.environ["PATH"] = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"  # setcap, chroot, runc
    if arguments.inside:
        play(arguments.inside, arguments.programs, arguments.results, arguments.only)
        return 0
    print(board.header(), flush=True)
    if missing := list(lacking_for_all()):
        results = skip_all(missing[0], arguments.only)
    else:
        with Guard(arguments) as guard:
            results = guard.run()
        scenario = board.Scenario("run", "leaves nothing behind", ("nothing",), nothing_is_left)
        results.append(board.judge(scenario, (), list))
        print(board.show(results[-1]))
    board.write_junit(arguments.junit, results)
    print(board.closing_line(results))
    return 1 if any(result.status == "failed" for result in results) or not results else 0


if __name__ == "__main__":
    sys.exit(main())
