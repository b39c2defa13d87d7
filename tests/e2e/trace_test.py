#!/usr/bin/python3
"""The kernel as witness, by whatever means this machine's kernel has. Which cause is proved by which record is
tested on recorded traces and in virtual machines (tests/vm)."""

import json
import subprocess
import unittest

import harness


def in_private_tracefs(command):
    """A shell command's output, with tracefs on /mnt in a mount namespace of its own."""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"mount -t tracefs none /mnt && {command}"],
        capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        raise unittest.SkipTest(f"needs tracefs: {done.stderr.strip()}")
    return done.stdout


class Trace(unittest.TestCase):
    def setUp(self):
        in_private_tracefs("[ -w /mnt/instances ]")

    def test_roots_own_trials_are_witnessed(self):
        done = harness.run("probe", "--trace", "--format=json")
        report = json.loads(done.stdout)
        self.assertIsNone(report["trace_error"])
        trace = report["trace"]
        self.assertIn(trace["method"], ("kretprobes", "function_graph", "function", "syscall"))
        self.assertGreaterEqual(trace["calls_seen"], 1)
        self.assertEqual(trace["calls"][-1]["agreement"]["verdict"], "agrees", trace)

    def test_a_command_is_watched(self):
        done = harness.run("probe", "--trace", "--format=json", "--", harness.binary(), "probe", "--exit-zero")
        self.assertIn("trial opens", done.stderr)  # the command's own output makes room for the report
        trace = json.loads(done.stdout)["trace"]
        self.assertGreaterEqual(trace["calls_seen"], 8)
        for call in trace["calls"]:  # one way to trace cuts names off
            self.assertTrue(call["command"].startswith("perf-ex"), call)

    def test_a_command_that_opens_nothing(self):
        done = harness.run("probe", "--trace", "--", "true")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("0 recorded", done.stdout)
        missing = harness.run("probe", "--trace", "--", "/no/such/program")
        self.assertIn("cannot execute /no/such/program", missing.stderr)

    def test_without_privilege_the_rest_of_the_report_stands(self):
        unmounted = "umount --all --types tracefs,debugfs"
        situations = {
            "not mounted": (unmounted, "that takes CAP_SYS_ADMIN; run as root"),
            "mounted, as systemd does": (f"{unmounted}; mount -t tracefs none /sys/kernel/tracing", "run as root"),
        }
        for name, (script, answer) in situations.items():
            with self.subTest(name), harness.copied_binary() as path:
                program = ["unshare", "--mount", "sh", "-ec", f'{script}; exec "$0" "$@"', *harness.as_nobody(path)]
                done = harness.run("probe", "--trace", "--format=json", program=program)
                other = harness.run("probe", "--pid=1", program=program)
                report = json.loads(done.stdout)
                self.assertIsNone(report["trace"])
                self.assertIn(answer, report["trace_error"])
                self.assertEqual(report["schema_version"], 1)
                self.assertEqual(other.returncode, 1)
                self.assertIn("cannot trace", other.stderr)

    def test_nothing_is_left_in_tracefs(self):
        before = in_private_tracefs("ls /mnt/instances; cat /mnt/kprobe_events 2> /dev/null; true")
        harness.run("probe", "--trace")
        harness.run("probe", "--trace", "--", "true")
        after = in_private_tracefs("ls /mnt/instances; cat /mnt/kprobe_events 2> /dev/null; true")
        self.assertEqual(after, before)


if __name__ == "__main__":
    harness.main()
