#!/usr/bin/python3
"""The commands that do not serve."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

import harness


def open_events(pid):
    """How many events a process has open."""
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(f"/proc/{pid}/fd/{name}") == "anon_inode:[perf_event]"
    return count


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

    @harness.needs_root
    def test_stat_counts_a_cpu_until_it_goes_offline(self):
        """The list of online CPUs is a file of the test's own, the counters are the kernel's."""
        first = harness.online_cpus()[0]
        with tempfile.TemporaryDirectory() as sysfs:
            online = pathlib.Path(sysfs, "devices/system/cpu/online")
            online.parent.mkdir(parents=True)
            online.write_text(f"{first},4000\n", encoding="ascii")
            process = subprocess.Popen(
                [harness.binary(), "stat", "--for=1h", "--collector=software", f"--cpus={first}",
                 f"--path.sysfs={sysfs}"], stdout=subprocess.PIPE, text=True)  # fmt: skip
            harness.wait_for(lambda: open_events(process.pid) == len(harness.SOFTWARE_EVENTS), "the events")
            time.sleep(1)
            online.write_text("4000\n", encoding="ascii")  # in place: the program has it open
            harness.wait_for(lambda: open_events(process.pid) == 0, "the events to be closed")
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=harness.PATIENCE_SECONDS)
        self.assertIn(f"CPU {first} went offline meanwhile", output)
        row = re.search(r"^  context_switches +([\d,]+) +([\d.]+)$", output, re.M)
        self.assertLess(float(row[2]), 1e9, output)

    def test_list_tells_what_opens(self):
        done = harness.run("list")
        self.assertEqual(done.returncode, 0, done.stderr)
        for event in ("cycles", "instructions", "l1d_read_misses", *harness.SOFTWARE_EVENTS):
            self.assertRegex(done.stdout, rf"(?m)^{event} +\w+ +(opens|unsupported|refused|busy) ")
        for row in re.findall(r"^\w+ +\w+ +(?:unsupported|refused|busy) .*$", done.stdout, re.M):
            self.assertRegex(row, r" \(E[A-Z]+\) ", "a reason with its errno")
        filtered = harness.run("list", "FAULT").stdout
        self.assertIn("page_faults", filtered)
        self.assertNotIn("\ncycles ", filtered)

    def test_list_of_what_nothing_here_knows_names_what_is_near(self):
        done = harness.run("list", "page_fautls")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, "")
        self.assertIn("'page_fautls' (did you mean page_faults", done.stderr)

    def test_list_help_and_docs_say_the_same_of_every_event(self):
        docs = (pathlib.Path(__file__).parents[2] / "docs/metrics.md").read_text(encoding="utf-8")
        documented = dict(re.findall(r"^\| `perf_cpu_(\w+)_total` \|.*\| ([^|]+\.) \|$", docs, re.M))
        listed = re.findall(r"^(\w+) +(?:cycles|instructions|branch|cache|software|stalls|bus|hw_cache) +\w+ +\S.*?  +"
                            r"(\S.*)$", harness.run("list").stdout, re.M)
        self.assertGreater(len(listed), 40)
        for event, meaning in listed:
            metric = re.sub(r"^(?:l1d|l1i|ll|dtlb|itlb|bpu|node)_(?:read|write|prefetch)", "hw_cache", event)
            self.assertRegex(meaning, r"\. (Counts user and kernel mode|Happens in kernel mode)\.$", event)
            self.assertTrue(documented[metric].startswith(meaning), event)
        with harness.Exporter("--collector=software") as exporter:
            served = dict(re.findall(r"^# HELP perf_cpu_(\w+)_total (.+)$", exporter.scrape().text, re.M))
        for event, meaning in listed:
            self.assertIn(served.get(event, meaning), (meaning,), event)

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
