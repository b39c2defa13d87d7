#!/usr/bin/python3
"""Runs the exporter and its tests in virtual machines with Debian's kernels, one emulator at a time.

run.py [--kernels NAME,NAME...] [--short] [--junit FILE] [--matrix FILE]

Needs the packages of the set vm (scripts/packages.sh). Kernels and the arm64 sysroot are kept in the cache. A kernel
that the mirror lacks at the moment has its cases skipped. Exits with 0 where the run came to its end: which tests
failed stands in the JUnit file, which scripts/test_summary.py reads.
"""

import argparse
import os
import pathlib
import signal
import sys
import tempfile
import time
import traceback
import unittest
import xml.etree.ElementTree as xml_tree

import cases
import kernels
import plan
from archive import Archives, Unavailable
from building import Images
from guest import Guest, GuestDied
from notes import ROOT, note_missing, say
from results import Result, remember, write_junit, write_matrix


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(home) / "perf-exporter" / "vm"


IN_GUEST_SECONDS = 400
EMULATOR_LOCK = cache_folder() / "emulator.lock"


def run_in_guest(guest, suites):
    """[(name, status, seconds, text)] of GoogleTest's cases."""
    command = f"kernel_test --gtest_filter={':'.join(suites)} --gtest_output=xml:/tmp/kernel_test.xml"
    # A first file must not be taken for a second run's.
    _, output = guest.run(f"rm -f /tmp/kernel_test.xml; PERF_EXPORTER={cases.PLAIN} {command}", IN_GUEST_SECONDS)
    print(output, flush=True)
    status, text = guest.run("cat /tmp/kernel_test.xml")
    if status != 0:
        return [("kernel_test", "failed", 0.0, f"it left no results: {output[-4000:]}")]
    found = []
    for case in xml_tree.fromstring(text).iter("testcase"):
        failures = [failure.get("message", "") for failure in case.iter("failure")]
        is_skipped = case.get("result") == "skipped" or case.find("skipped") is not None
        status = "failed" if failures else "skipped" if is_skipped else "passed"
        found.append((f"{case.get('classname')}.{case.get('name')}", status, float(case.get("time")), "\n".join(failures)))
    return found


class MachineRun:
    """All cases of one machine with one kernel; boots anew where a guest died."""

    def __init__(self, kernel, machine, wanted, initramfs, folder):
        self._kernel = kernel
        self._machine = machine
        self._wanted = wanted
        self._initramfs = initramfs
        self._folder = folder
        self.results = []

    def run(self):
        suites = plan.IN_GUEST.get(self._machine)
        waiting = [("in-guest", self._run_suites)] if suites else []
        waiting += [(case.__name__, self._wrap(case)) for case in self._wanted[self._machine]]
        while waiting:
            name = "boot"
            try:
                with Guest(self._machine, self._kernel, self._initramfs, self._folder, EMULATOR_LOCK) as guest:
                    while waiting:
                        name, step = waiting.pop(0)
                        step(guest)
            except GuestDied as error:
                self._add(name, "failed", 0.0, str(error))
                if name == "boot":
                    return self.results
        return self.results

    def _add(self, case, status, seconds, text=""):
        kernel, machine = self._kernel.kernel.name, self._machine.name
        self.results.append(Result(kernel, machine, case, status, seconds, text))
        print(f"{status:7} {kernel} {machine}: {case} ({seconds:.1f} s)" + (f"\n{text}" if text else ""), flush=True)

    def _run_suites(self, guest):
        for result in run_in_guest(guest, plan.IN_GUEST[self._machine]):
            self._add(*result)

    def _wrap(self, case):
        def step(guest):
            started = time.monotonic()
            try:
                case(guest)
            except GuestDied:
                raise
            except unittest.SkipTest as reason:
                self._add(case.__name__, "skipped", time.monotonic() - started, str(reason))
            except Exception:
                self._add(case.__name__, "failed", time.monotonic() - started, traceback.format_exc())
            else:
                self._add(case.__name__, "passed", time.monotonic() - started)

        return step


def skipped(kernel, wanted, reason):
    """A result for each case that a kernel would have had."""
    return [Result(kernel.name, machine.name, case.__name__, "skipped", 0.0, reason)
            for machine in wanted if machine.architecture == kernel.architecture
            for case in wanted[machine]]  # fmt: skip


def run_kernel(kernel, wanted, unpacked, image, folder):
    folder.mkdir(parents=True, exist_ok=True)
    initramfs = folder / "initramfs.cpio"
    image.build(unpacked, initramfs)
    results = []
    for machine in wanted:
        if machine.architecture == kernel.architecture:
            say(f"{kernel.name}, {unpacked.version}: {machine.name}")
            console = folder / machine.name
            console.mkdir(exist_ok=True)
            results += MachineRun(unpacked, machine, wanted, initramfs, console).run()
    initramfs.unlink()
    return results


def run_all(matrix, wanted, cache, archives):
    results = []
    images = Images({kernel.architecture for kernel in matrix}, cache, archives)
    for kernel in matrix:
        try:
            unpacked = kernels.fetch(kernel, cache, archives)
            note_missing(f"kernel-{kernel.name}", None)
        except Unavailable as error:
            note_missing(f"kernel-{kernel.name}", str(error))
            results += skipped(kernel, wanted, str(error))
            continue
        try:
            image = images.of(kernel.architecture)
        except Unavailable as error:
            results += skipped(kernel, wanted, str(error))
            continue
        results += run_kernel(kernel, wanted, unpacked, image, ROOT / "build/vm" / kernel.name)
    return results


def main():
    names = [kernel.name for kernel in kernels.MATRIX]
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernels", default=",".join(names), help="of " + ", ".join(names))
    parser.add_argument("--short", action="store_true", help="leave out the cases that take minutes")
    parser.add_argument("--junit", type=pathlib.Path, default=ROOT / "build/vm/junit.xml")
    parser.add_argument("--matrix", type=pathlib.Path, help="write the table of kernels and cases into this document; kernels of earlier runs keep their columns")
    arguments = parser.parse_args()
    unknown = set(arguments.kernels.split(",")) - set(names)
    if unknown:
        parser.error(f"unknown kernel {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    matrix = [kernel for kernel in kernels.MATRIX if kernel.name in arguments.kernels.split(",")]
    # An end by a signal must not leave the emulator behind.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as lists:
        results = run_all(matrix, plan.short() if arguments.short else plan.CASES, cache, Archives(lists))
    write_junit(arguments.junit, results)
    if arguments.matrix:
        known = remember(ROOT / "build/vm/results.json", results)
        tried = {result.kernel for result in known}
        write_matrix(arguments.matrix, [kernel for kernel in kernels.MATRIX if kernel.name in tried], known)


if __name__ == "__main__":
    main()
