#!/usr/bin/python3
"""What the queries make of machines with a PMU, hybrid ones, sums and refusals, in a real Prometheus.

The machines are recorded pages, so this is a unit test of the PromQL alone: it says nothing about the exporter or a
PMU. What it expects are the ratios that the pages were made of, not what the queries said once.
"""

import unittest

import asking
import dashboards
import prometheus
import recorded

# Per second and CPU: bare metal counts 800 M instructions in 400 M cycles and has its counters for 3/5 of the time.
METAL_IPC, METAL_SHARE = 800 / 400, 2.4 / 4
# P cores: 600 M in 300 M; E cores: made to be 600 M in 1,200 M; two of each.
P_CORE_IPC, E_CORE_IPC = 600 / 300, 600 / 1200
HYBRID_IPC = (2 * 600 + 2 * 600) / (2 * 300 + 2 * 1200)
# Rates are looked at over 5 s, and a busy machine scrapes late. Ratios are of the same scrapes, and can't tell.
RATE_INTERVAL, RATE_TOLERANCE = "5s", 0.25


class Recorded(unittest.TestCase):
    def ask(self, title, by, ref="A", rate_interval=None, **singled):
        """{the labels that `by` names: value} of a panel's query."""
        dashboard = dashboards.load()["perf-exporter-overview.json"]
        chosen = asking.choose_all(self.server, dashboard, **singled)
        chosen["__rate_interval"] = rate_interval or chosen["__rate_interval"]
        [target] = [target for panel, target in dashboards.queries(dashboard)
                    if panel["title"] == title and target["refId"] == ref]  # fmt: skip
        found = asking.answers(self.server, target, chosen)
        named = {tuple(labels.get(each, "") for each in by): value for labels, value in found}
        self.assertEqual(len(named), len(found), f"{title}: {by} do not tell its series apart")
        return {key[0] if len(by) == 1 else key: value for key, value in named.items()}

    def assert_close(self, found, expected, tolerance=0.001):
        """The same keys, and values as close as that: the pages' counters differ by some units between CPUs."""
        self.assertEqual(found.keys(), expected.keys())
        for key, value in expected.items():
            self.assertAlmostEqual(found[key], value, delta=abs(value) * tolerance, msg=key)

    def check_ratios(self):
        by_node = {"metal": METAL_IPC, "hybrid": HYBRID_IPC, "lopsided": METAL_IPC, "sums": 2.0}
        self.assert_close(self.ask("IPC by node", ["instance"]), by_node)
        self.assert_close(self.ask("IPC by node", ["instance", "node"], instance="hybrid"),
                          {("hybrid", "n-hybrid"): HYBRID_IPC})
        self.assertEqual(self.ask("Instructions per cycle", [""], instance="virtual"), {})
        self.assert_close(
            self.ask("IPC by core type", ["instance", "pmu"]),
            {("metal", "cpu"): METAL_IPC, ("lopsided", "cpu"): METAL_IPC,
             ("hybrid", "cpu_core"): P_CORE_IPC, ("hybrid", "cpu_atom"): E_CORE_IPC})  # fmt: skip
        self.assert_close(self.ask("IPC by CPU of $cpu_instance", ["cpu"], cpu_instance="hybrid"),
                          {"0": P_CORE_IPC, "1": P_CORE_IPC, "2": E_CORE_IPC, "3": E_CORE_IPC})
        # CPU 2 has no instructions there, CPU 3 no cycles: neither has a ratio.
        self.assert_close(self.ask("IPC by CPU of $cpu_instance", ["cpu"], cpu_instance="lopsided"),
                          {"0": METAL_IPC, "1": METAL_IPC})
        self.assert_close(self.ask("Cache misses by node", ["instance"]), dict.fromkeys(by_node, 4 / 3))
        self.assert_close(self.ask("Branch misses by node", ["instance"]), dict.fromkeys(by_node, 6 / 5))
        self.assert_close(self.ask("Misses by cache", ["instance", "cache", "op"]),
                          {("metal", "l1d", "read"): 40 / 800, ("metal", "dtlb", "write"): 20 / 1000})

    def check_rates(self):
        cycles = {"metal": 4 * 400e6, "hybrid": 2 * 300e6 + 2 * 1200e6, "lopsided": 2 * 400e6 + 1200e6,
                  "sums": 12_800_040_320}  # fmt: skip
        self.assert_close(self.ask("Cycles by node", ["instance"], rate_interval=RATE_INTERVAL), cycles, RATE_TOLERANCE)
        metal = 2400 + 2440 + 2480 + 2520
        faults = {"virtual": 1220 + 1200, "hybrid": 1800 + 1830 + 1860 + 1890, "sums": 117_120}
        self.assert_close(self.ask("Minor page faults by node", ["instance"], rate_interval=RATE_INTERVAL),
                          {**faults, "metal": metal, "lopsided": metal}, RATE_TOLERANCE)

    def check_truth(self):
        shares = self.ask("Time with counters by group", ["instance", "group"])
        self.assertAlmostEqual(shares["metal", "cycles"], METAL_SHARE, places=6)
        self.assertAlmostEqual(shares["metal", "branches"], 0.6, places=6)
        self.assertAlmostEqual(shares["sums", "cycles"], 1, places=6)
        self.assertNotIn("refused", {instance for instance, _ in shares})
        self.assert_close(self.ask("Least time with counters", [""]), {"": METAL_SHARE})
        cpus = self.ask("Events by status", ["event", "status"])
        self.assertEqual(cpus["cycles", "multiplexed"], 8)
        self.assertEqual(cpus["cycles", "refused"], 2)
        self.assertEqual(cpus["cycles", "counting"], 4 + 64)
        self.assertEqual(cpus["ref_cycles", "unsupported"], 2 + 2)
        exporters = self.ask("Events by status", ["event", "status"], ref="B")
        self.assertEqual((exporters["cycles", "multiplexed"], exporters["cycles", "counting"]), (2, 2))

    def check_permissions(self):
        self.assertEqual(
            set(self.ask("Why data is missing", ["instance", "severity", "finding"])),
            {("virtual", "warn", "no_pmu"), ("refused", "fail", "bounding_set_lacks_perfmon"),
             ("refused", "fail", "debian_gate")})  # fmt: skip
        self.assertEqual(self.ask("Exporters by finding", ["severity"]), {"ok": 5, "warn": 1, "fail": 1})
        in_use = self.ask("Permissions of each exporter", ["instance"])
        self.assertEqual((in_use["metal"], in_use["refused"]), (1, 0))
        # A fact that is not known has no row, and is not a 0.
        self.assertNotIn("sums", in_use)
        self.assertEqual(self.ask("Permissions of each exporter", ["instance"], ref="C")["refused"], 3)
        # A true 0: all events are refused there.
        self.assertEqual(self.ask("Wanted events that count", [""], instance="refused"), {"": 0})
        self.assertEqual(self.ask("Exporters", [""]), {"": 6})

    def check_panels_of_bare_metal(self):
        """With a PMU every panel of hardware events has data; recorded pages have nothing of a process."""
        dashboard = dashboards.load()["perf-exporter-overview.json"]
        chosen = asking.choose_all(self.server, dashboard, instance="metal", cpu_instance="metal")
        self.assertEqual(
            asking.without_data(self.server, dashboard, chosen),
            {"CPU time of the exporter", "Memory of the exporter", "Descriptors in use",
             "Why data is missing"})  # fmt: skip

    def test_recorded_machines_have_the_ratios_that_they_were_made_of(self):
        with recorded.Machines() as machines, prometheus.Prometheus(machines.scrape_configs()) as self.server:
            asking.wait_for_scrapes(self.server, len(recorded.pages()), 7)
            self.assertEqual(set(self.server.targets()), {("up", "")})
            for check in (self.check_ratios, self.check_rates, self.check_truth, self.check_permissions,
                          self.check_panels_of_bare_metal):  # fmt: skip
                with self.subTest(check.__name__):
                    check()


if __name__ == "__main__":
    dashboards.main()
