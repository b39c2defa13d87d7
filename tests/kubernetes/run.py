#!/usr/bin/python3
"""Brings up a Kubernetes cluster and plays the life of the chart's release on it; needs root.

run.py --image ARCHIVE --programs DIR --clients DIR --tools DIR [--junit FILE] [--logs DIR]

Everything runs in namespaces, cgroups and files of the run's own, which go with it, however that ends. Exits with 0
where the run came to its end: which steps failed stands in the JUnit file, which scripts/test_summary.py reads.
"""

import argparse
import json
import os
import pathlib
import sys
import time
import traceback
import xml.etree.ElementTree as xml_tree

import isolation

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What a kubelet or a network plugin would leave on the machine. /run, which others use meanwhile, is the run's own.
TRACES = ("/var/lib/kubelet", "/var/log/pods", "/var/log/containers", "/var/lib/cni", "/etc/cni", "/opt/cni",
          "/usr/libexec/kubernetes")  # fmt: skip


class Results:
    """Kept as lines of JSON, so that a run that is ended leaves what it had come to."""

    def __init__(self, path):
        self._path = path

    def play(self, name, step, *arguments):
        """Whether the step passed."""
        started = time.monotonic()
        try:
            step(*arguments)
            text = ""
        except Exception:
            text = traceback.format_exc()
        self.add(name, time.monotonic() - started, text)
        return not text

    def add(self, name, seconds, failure):
        words = name.replace("_", " ")
        print(f"{'FAILED' if failure else 'passed'}  {words} ({seconds:.1f} s)\n{failure}", end="", flush=True)
        with self._path.open("a", encoding="utf-8") as lines:
            print(json.dumps([name, seconds, failure]), file=lines)

    def write_junit(self, path):
        results = [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]
        suite = xml_tree.Element("testsuite", name="kubernetes", tests=str(len(results)))
        for name, seconds, failure in results:
            case = xml_tree.SubElement(suite, "testcase", name=f"kubernetes.{name}", time=f"{seconds:.3f}")
            if failure:
                xml_tree.SubElement(case, "failure", message=failure)
        path.parent.mkdir(parents=True, exist_ok=True)
        xml_tree.ElementTree(suite).write(path)


def play(arguments, results):
    """The part that runs in the namespaces."""
    from cluster import Cluster
    from story import STEPS, Story

    room = arguments.inside
    isolation.furnish(room)
    os.environ["PATH"] = f"{arguments.tools}/usr/bin:{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    made = []

    def the_node_gets_ready():
        made.append(Cluster(room, arguments.programs, arguments.clients, arguments.tools, arguments.logs, room.name))
        made.append(Story(made[0], arguments.image, arguments.tools / "usr/bin/prometheus"))

    if not results.play("the_node_gets_ready", the_node_gets_ready):
        return
    for step in STEPS:
        if not results.play(step.__name__, step, made[1]) and step is STEPS[0]:
            return


def state_of_the_machine():
    """What a run may not change, in lines."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    mounts = [line for line in mounts if isolation.PREFIX in line or any(path in line for path in TRACES)]
    traces = [f"{path} {os.path.exists(path) and sorted(os.listdir(path))}" for path in TRACES]
    cgroups = [str(folder) for point in isolation.hierarchies() for folder in point.glob(f"{isolation.PREFIX}*")]
    sysctls = [f"{name} {pathlib.Path('/proc/sys', name).read_text(encoding='ascii')}" for name in isolation.SYSCTLS]
    return {*mounts, *traces, *cgroups, *sysctls}


def run(arguments):
    results = Results(arguments.logs / "results")
    arguments.logs.mkdir(parents=True, exist_ok=True)
    (arguments.logs / "results").write_text("", encoding="utf-8")
    before, status = state_of_the_machine(), "a signal"
    try:
        with isolation.Guard() as guard:
            status = guard.run(sys.executable, "-B", *sys.argv, f"--inside={guard.room}")
    finally:
        results.add("it_comes_to_its_end", 0.0, f"ended by {status}\n" if status else "")
        changed = "".join(f"{line}\n" for line in sorted(before ^ state_of_the_machine()))
        results.add("nothing_is_left_on_the_machine", 0.0, changed)
        results.write_junit(arguments.junit)


def main():
    parser = argparse.ArgumentParser()
    for name in ("image", "programs", "clients", "tools"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--junit", type=pathlib.Path, default=ROOT / "build/kubernetes/junit.xml")
    parser.add_argument("--logs", type=pathlib.Path, default=ROOT / "build/kubernetes/logs")
    parser.add_argument("--inside", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        play(arguments, Results(arguments.logs / "results"))
    else:
        run(arguments)


if __name__ == "__main__":
    main()
