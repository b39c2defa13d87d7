#!/usr/bin/python3
"""The commands that do not serve."""

import json
import re
import signal
import subprocess
import time
import unittest

import harness


class Commands(unittest.TestCase):
    @harness.needs_root
    def test_stat_counts_for_a_while(self):
        done = harness.run("stat", "--for=1s", "--collector=software")
        self.assertEqual(done.returncode, 0, done.stderr)
        row = re.search(r"^  context_switches +([\d,]+) +([\d.]+)", done.stdout, re.M)
        self.assertGreater(int(row[1].replace(",", "")), 0, done.stdout)

    @harness.needs_root
    def test_stat_prints_its_table_when_interrupted(self):
        process = subprocess.Popen(
            [harness.binary(), "stat", "--for=1h", "--collector=software"], stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=harness.PATIENCE_SECONDS)
        self.assertEqual(process.returncode, 0)
        self.assertIn("page_faults", output)

    def test_list_tells_what_opens(self):
        done = harness.run("list")
        self.assertEqual(done.returncode, 0, done.stderr)
        for event in ("cycles", "instructions", "l1d_read_misses", *harness.SOFTWARE_EVENTS):
            self.assertRegex(done.stdout, rf"(?m)^{event} +\w+ +(opens|unsupported|refused|busy) ")
        filtered = harness.run("list", "FAULT").stdout
        self.assertIn("page_faults", filtered)
        self.assertNotIn("\ncycles ", filtered)

    def test_probe_speaks_json(self):
        done = harness.run("probe", "--format=json")
        self.assertIn(done.returncode, (0, 3))
        report = json.loads(done.stdout)
        self.assertEqual(report["schema_version"], 1)
        self.assertTrue(report["findings"])
        self.assertEqual(len(report["trials"]["results"]), 11)

    def test_version_and_help(self):
        self.assertRegex(harness.run("--version").stdout, r"^perf-exporter \d+\.\d+\.\d+")
        self.assertIn("--web.listen-address", harness.run("--help").stdout)


if __name__ == "__main__":
    harness.main()
