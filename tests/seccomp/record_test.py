#!/usr/bin/python3
"""The recording itself: it sees the calls of a mode and of a start, and leaves nothing behind in tracefs."""

import os
import pathlib
import signal
import subprocess
import sys
import unittest

import checking
import harness
import starting

if starting.seccomp:
    import tracing

PROGRAM = pathlib.Path(__file__).with_name("record.py")
IN_TRACEFS = ["unshare", "--mount", "sh", "-ec", 'mount -t tracefs none /mnt && cd /mnt/instances && eval "$0"']


def in_tracefs(script):
    return subprocess.run([*IN_TRACEFS, script], capture_output=True, check=False).returncode == 0


def start(folder, only):
    command = [sys.executable, "-B", PROGRAM, "--only", only, "--into", folder]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def has_instance(process):
    """Whether the recorder has an instance in tracefs: its name ends with the process id."""
    return in_tracefs(f"test -d seccomp_record_{process.pid}")


def rows(path):
    lines = path.read_text(encoding="ascii").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@unittest.skipUnless(in_tracefs("test -w ."), "needs tracefs")
@starting.needs_a_filter
class Record(unittest.TestCase):
    def record(self, only):
        """{file: [(call, what makes it)]}"""
        with starting.temporary_folder() as folder:
            process = start(folder, only)
            self.assertEqual(process.wait(harness.PATIENCE_SECONDS), 0)
            self.assertFalse(has_instance(process))
            return {path.name: rows(path) for path in folder.iterdir()}

    def test_it_sees_what_a_mode_does(self):
        seen = self.record("list")
        made = {call for call, _ in seen["recorded.tsv"]}
        self.assertLessEqual({"perf_event_open", "openat", "write", "wait4"}, made)
        self.assertEqual(made - tracing.allowed_by(checking.PROFILE), set())
        self.assertEqual(seen["recorded-start.tsv"], [])

    @starting.needs("crun")
    def test_it_sees_what_a_runtime_does_behind_the_filter(self):
        seen = self.record("crun-without-no_new_privs")
        made = {call for call, _ in seen["recorded-start.tsv"]}
        self.assertLessEqual({"execve", "setresuid", "capset"}, made)
        self.assertEqual(made - tracing.allowed_by(checking.PROFILE), set())
        self.assertEqual(seen["recorded.tsv"], [])

    def test_one_that_is_ended_leaves_nothing(self):
        process = start(os.devnull, "serve-on")
        harness.wait_for(lambda: has_instance(process), "the instance")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(harness.PATIENCE_SECONDS), 1)
        self.assertFalse(has_instance(process))


if __name__ == "__main__":
    harness.main()
