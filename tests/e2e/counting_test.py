#!/usr/bin/python3
"""The software counters are true: against a known load, the kernel's own sums and perf."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

import harness

FAULTS = 100_000
SWITCHES = 10_000


def kernel_sum(path, name):
    return int(re.search(rf"^{name} (\d+)$", pathlib.Path(path).read_text(encoding="ascii"), re.M)[1])


def start_load(cpu, faults, switches):
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.py")
    command = [sys.executable, program, str(cpu), str(faults), str(switches)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


@harness.needs_root
class Counting(unittest.TestCase):
    def test_every_online_cpu_has_rising_counters(self):
        cpus = harness.online_cpus()
        with harness.Exporter() as exporter:
            first = exporter.scrape()
            for cpu in cpus:
                start_load(cpu, 100, 20)
            second = exporter.scrape()
        for event in harness.SOFTWARE_EVENTS:
            labels = {frozenset({("cpu", str(cpu))}) for cpu in cpus}
            self.assertEqual(set(second.values(f"perf_cpu_{event}_total")), labels, event)
            for cpu in cpus:
                self.assertGreaterEqual(second.count(event, cpu), first.count(event, cpu), event)
        for cpu in cpus:
            self.assertGreaterEqual(second.count("page_faults", cpu) - first.count("page_faults", cpu), 100)
            self.assertGreaterEqual(second.count("context_switches", cpu) - first.count("context_switches", cpu), 20)

    def check_load(self, event, own_event, load, path, name):
        """The load's own account is the floor, and the kernel's sum for the whole machine, read outside of
        the scrapes, the ceiling: whatever else runs here counts in both."""
        cpus = harness.online_cpus()
        for cpu in cpus:
            with harness.Exporter("--collector=software") as exporter:
                all_before = kernel_sum(path, name)
                before = exporter.scrape()
                own = start_load(cpu, *load)[own_event]
                after = exporter.scrape()
                everything = kernel_sum(path, name) - all_before
            # A fault that ends in a signal counts for perf and not in vmstat.
            ceiling = everything + everything // 100 + 50
            rise = {each: after.count(event, each) - before.count(event, each) for each in cpus}
            print(f"CPU {cpu}: load {own}, counted {rise}, whole machine {everything}")
            self.assertGreaterEqual(own, max(load))
            self.assertGreaterEqual(rise[cpu], own)
            self.assertLessEqual(sum(rise.values()), ceiling)
            if len(cpus) > 1:  # and it was charged to the right CPU
                self.assertLessEqual(sum(rise.values()) - rise[cpu], ceiling - own)

    def test_page_faults_rise_by_a_known_load(self):
        self.check_load("page_faults", "minor_faults", (FAULTS, 0), "/proc/vmstat", "pgfault")

    def test_minor_faults_rise_by_a_known_load(self):
        self.check_load("minor_faults", "minor_faults", (FAULTS, 0), "/proc/vmstat", "pgfault")

    def test_context_switches_rise_by_a_known_load(self):
        self.check_load("context_switches", "context_switches", (0, SWITCHES + 200), "/proc/stat", "ctxt")

    def test_cpus_and_aggregate_choose_what_is_kept_apart(self):
        with harness.Exporter("--collector=software", "--cpus=0") as exporter:
            page = exporter.scrape()
        self.assertEqual(set(page.values("perf_cpu_page_faults_total")), {frozenset({("cpu", "0")})})
        with harness.Exporter("--collector=software", "--aggregate=node") as exporter:
            before = exporter.scrape().value("perf_node_page_faults_total")
            own = start_load(harness.online_cpus()[-1], 1000, 0)["minor_faults"]
            page = exporter.scrape()
        self.assertGreaterEqual(page.value("perf_node_page_faults_total") - before, own)
        self.assertEqual(page.values("perf_cpu_page_faults_total"), {})


EVENTS = {"page-faults": "page_faults", "context-switches": "context_switches", "cpu-migrations": "migrations"}


class PerfStat:
    """perf stat -a that counts between enable() and disable() alone, both answered once it does."""

    def __init__(self, perf):
        control_out, self._control = os.pipe()
        self._ack, ack_in = os.pipe()
        command = [perf, "stat", "-a", "-x,", "-e", ",".join(EVENTS), "--delay=-1",
                   f"--control=fd:{control_out},{ack_in}"]  # fmt: skip
        self._process = subprocess.Popen(
            command, pass_fds=(control_out, ack_in), stderr=subprocess.PIPE, text=True,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
        os.close(control_out)
        os.close(ack_in)

    def _ask(self, command):
        os.write(self._control, command + b"\n")
        answer = os.read(self._ack, 16)
        assert answer.startswith(b"ack"), answer

    def enable(self):
        self._ask(b"enable")

    def disable(self):
        self._ask(b"disable")

    def end(self):
        """Of one that a failure left running."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def stop(self):
        """{our event: count}"""
        self._process.send_signal(signal.SIGINT)
        _, report = self._process.communicate(timeout=harness.PATIENCE_SECONDS)
        os.close(self._control)
        os.close(self._ack)
        counts = {}
        for line in report.splitlines():
            fields = line.split(",")
            if len(fields) > 2 and fields[2] in EVENTS:
                counts[EVENTS[fields[2]]] = int(fields[0])
        assert set(counts) == set(EVENTS.values()), report
        return counts


@harness.needs_root
class AgreementWithPerf(unittest.TestCase):
    ATTEMPTS = 6

    def measure(self, exporter, perf):
        """(rise between the inner scrapes, perf's count, rise between the outer scrapes) by event. perf
        starts between the first and the second scrape and stops between the third and the fourth."""
        stat = PerfStat(perf)
        self.addCleanup(stat.end)
        pages = [exporter.scrape()]
        stat.enable()
        pages.append(exporter.scrape())
        for cpu in harness.online_cpus():
            start_load(cpu, FAULTS, SWITCHES)
        pages.append(exporter.scrape())
        stat.disable()
        pages.append(exporter.scrape())
        counted = stat.stop()

        def rise(event, first, last):
            return pages[last].total(event) - pages[first].total(event)

        return {event: (rise(event, 1, 2), count, rise(event, 0, 3)) for event, count in counted.items()}

    def test_perf_stat_counts_the_same(self):
        """Counters only rise, so perf's count must lie between the inner and the outer rise, however busy
        the machine is. Where those two are no further apart than 2 % or 50, that is the agreement asked
        for; a machine too busy between two scrapes is measured anew."""
        perf = harness.tool("perf")
        with harness.Exporter("--collector=software") as exporter:
            for _ in range(self.ATTEMPTS):
                counts = self.measure(exporter, perf)
                print(counts)
                for event, (inner, counted, outer) in counts.items():
                    self.assertLessEqual(inner, counted, event)
                    self.assertLessEqual(counted, outer, event)
                if all(outer - inner <= max(50, counted / 50) for inner, counted, outer in counts.values()):
                    return
        self.fail(f"the machine never was calm enough to tell: {counts}")


if __name__ == "__main__":
    harness.main()
