#!/usr/bin/python3
"""Tests the images that scripts/image.sh has left in build/image.

run.py [--junit FILE] [--only TEXT]

The tests run in namespaces for mounts and processes of the run's own, in a folder of its own: containers, daemons and
mounts end with it, however it ends. Exits with 0 where the run came to its end: which tests failed stands in the JUnit
file, which scripts/test_summary.py reads.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as xml_tree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Not below /tmp, which may be a tmpfs; and the names are short, for there are sockets below them.
PLACE, PREFIX = pathlib.Path("/var/tmp"), "perf-exporter-image-"
sys.path[1:1] = [str(ROOT / "tests" / name) for name in ("e2e", "scenarios")]

import cgroup_tree  # noqa: E402  containers and daemons have their cgroups below its name


class Recorder(unittest.TextTestResult):
    """Also keeps [(name, status, seconds, text)]."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.recorded = []
        self._started = time.monotonic()

    def startTest(self, test):
        self._started = time.monotonic()
        super().startTest(test)

    def _record(self, test, status, text=""):
        # What fails for a whole class has "setUpClass (module.Class)" for its name.
        name = re.sub(r"^(\w+) \((.+)\)$", r"\2.\1", test.id())
        self.recorded.append((f"image.{name}", status, time.monotonic() - self._started, text))

    def addSuccess(self, test):
        super().addSuccess(test)
        self._record(test, "passed")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._record(test, "failed", self._exc_info_to_string(err, test))

    def addError(self, test, err):
        super().addError(test, err)
        self._record(test, "failed", self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._record(test, "failed", f"{subtest}: {self._exc_info_to_string(err, test)}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._record(test, "skipped", reason)


def chosen(suite, text):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from chosen(test, text)
        elif text in test.id():
            yield test


def write_junit(path, recorded):
    suite = xml_tree.Element("testsuite", name="image", tests=str(len(recorded)))
    for name, status, seconds, text in recorded:
        case = xml_tree.SubElement(suite, "testcase", name=name, time=f"{seconds:.3f}")
        if status != "passed":
            xml_tree.SubElement(case, {"failed": "failure", "skipped": "skipped"}[status], message=text)
    path.parent.mkdir(parents=True, exist_ok=True)
    xml_tree.ElementTree(suite).write(path)


def run_tests(arguments):
    found = unittest.defaultTestLoader.discover(str(HERE), "*_test.py")
    # By the classes' order, so that each is set up once.
    suite = unittest.defaultTestLoader.suiteClass(chosen(found, arguments.only))
    result = unittest.TextTestRunner(resultclass=Recorder, verbosity=2, stream=sys.stdout).run(suite)
    write_junit(arguments.junit, result.recorded)


def guarded(folder, words):
    """The command in its namespaces; a death of this process, too, ends all that it has started."""
    return ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--propagation=private", "--pid", "--fork",
            "--mount-proc", "--kill-child=SIGKILL", "env", f"TMPDIR={folder}",
            f"PERF_EXPORTER_SCENARIOS_CGROUP={cgroup_tree.NAME}", *words]  # fmt: skip


def remove_abandoned():
    """What a run that was killed has left: files and empty cgroups. All else went with it."""
    cgroup_tree.remove_abandoned()
    for folder in PLACE.glob(f"{PREFIX}*"):
        process = re.match(rf"{PREFIX}(\d+)-", folder.name)
        if process and not pathlib.Path("/proc", process[1]).exists():
            shutil.rmtree(folder)


def is_possible():
    trial = guarded("/tmp", ["true"])
    return os.getuid() == 0 and subprocess.run(trial, capture_output=True, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--junit", type=pathlib.Path, default=ROOT / "build/image/junit.xml")
    parser.add_argument("--only", default="", help="tests that have this text in their name")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside or not is_possible():
        run_tests(arguments)
        return
    arguments.junit.unlink(missing_ok=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    remove_abandoned()
    folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=PLACE)
    os.chmod(folder, 0o755)
    words = [sys.executable, "-B", __file__, "--inside", "--junit", str(arguments.junit), "--only", arguments.only]
    process = subprocess.Popen(guarded(folder, words))
    try:
        status = process.wait()
    finally:
        process.kill()
        process.wait()
        cgroup_tree.remove_all()
        shutil.rmtree(folder)
    if status != 0:
        sys.exit(f"the tests ended with {status}")


if __name__ == "__main__":
    main()
