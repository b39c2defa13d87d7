#!/usr/bin/python3
"""Every panel's query runs in a real Prometheus that scrapes the real exporter, and has data wherever the exporter
has the events for it. Which panels stay empty without a PMU, and why, stands here."""

import contextlib
import pathlib
import unittest

import asking
import dashboards
import harness
import prometheus

IPC = ("no cycles, no instructions", "cycles", "instructions")
# Panels of hardware events: {title: (why it is empty without a PMU, the events that it needs)}
HARDWARE = {
    "Instructions per cycle": IPC,
    "IPC by node": IPC,
    "IPC by CPU of $cpu_instance": IPC,
    "IPC by core type": IPC,
    "Cycles by node": ("no cycles", "cycles"),
    "Instructions by node": ("no instructions", "instructions"),
    "Cache misses by node": ("no cache events", "cache_references", "cache_misses"),
    "Branch misses by node": ("no branch events", "branches", "branch_misses"),
    "Misses by cache": ("no generalised cache events", "hw_cache_accesses", "hw_cache_misses"),
}


def has_core_pmu():
    devices = pathlib.Path("/sys/bus/event_source/devices")
    return (devices / "cpu").exists() or any(devices.glob("*/cpus"))


@contextlib.contextmanager
def scraped(*flags):
    """(exporter, Prometheus), once there are scrapes enough."""
    with harness.Exporter(*flags) as exporter, prometheus.Prometheus(
        f"- job_name: perf\n  static_configs: [{{targets: ['127.0.0.1:{exporter.port}'], labels: {{node: here}}}}]\n"
    ) as server:
        asking.wait_for_scrapes(server, 1)
        yield exporter, server


class RealExporter(unittest.TestCase):
    def setUp(self):
        self.dashboard = dashboards.load()["perf-exporter-overview.json"]

    def empty_by_events(self, page):
        """Panels that are empty since an event that they need is not on the page."""
        counted = {family.name.split("_", 2)[2] for family in page.families if family.type == "counter"}
        return {title: why for title, (why, *events) in HARDWARE.items() if not counted.issuperset(events)}

    @harness.needs_root
    def test_every_query_has_data_but_those_of_events_that_this_machine_lacks(self):
        with scraped(f"--collector={harness.ALL_COLLECTORS}") as (exporter, server):
            page = exporter.scrape()
            chosen = asking.choose_all(server, self.dashboard)
            self.assertEqual(chosen["cpu_instance"], f"127.0.0.1:{exporter.port}")
            empty = asking.without_data(server, self.dashboard, chosen)
            self.assertEqual(server.targets(), [("up", "")])
            with self.assertRaisesRegex(AssertionError, "parse error"):
                asking.answers(server, {"expr": "sum(", "instant": True}, chosen)
        expected = self.empty_by_events(page)
        if has_core_pmu():
            self.assertNotIn("IPC by node", expected, "there is a PMU")
        else:
            self.assertEqual(expected, {title: why for title, (why, *_) in HARDWARE.items()})
            self.assertIn("no_pmu", page.findings())
        for title, why in expected.items():
            print(f"empty: {title}: {why}{'' if has_core_pmu() else ', this machine has no PMU'}")
        if all(dict(labels)["severity"] == "ok" for labels in page.values("perf_exporter_finding")):
            expected["Why data is missing"] = "nothing is missing"
        self.assertEqual(empty, set(expected))

    @harness.needs_root
    def test_one_instance_can_be_chosen_and_sums_have_data_too(self):
        with scraped("--aggregate=node") as (exporter, server):
            page = exporter.scrape()
            chosen = asking.choose_all(server, self.dashboard, instance=f"127.0.0.1:{exporter.port}")
            self.assertEqual(chosen["instance"], rf"127\\.0\\.0\\.1:{exporter.port}")
            # No perf_cpu_info names an instance whose CPUs are kept apart.
            self.assertEqual(chosen["cpu_instance"], "")
            empty = asking.without_data(server, self.dashboard, chosen)
        apart = {"IPC by CPU of $cpu_instance", "IPC by core type"}
        if all(dict(labels)["severity"] == "ok" for labels in page.values("perf_exporter_finding")):
            apart.add("Why data is missing")
        self.assertEqual(empty, apart | set(self.empty_by_events(page)))

    @harness.needs_root
    def test_an_exporter_that_is_gone_is_down_and_not_missing(self):
        [panel] = [each for each in dashboards.panels(self.dashboard) if each["title"] == "Exporters"]
        with scraped() as (exporter, server):
            chosen = asking.choose_all(server, self.dashboard)

            def up_and_down():
                return [[value for _, value in asking.answers(server, target, chosen)] for target in panel["targets"]]

            self.assertEqual(up_and_down(), [[1.0], [0.0]])
            exporter.stop()
            harness.wait_for(lambda: up_and_down() == [[0.0], [1.0]], "the exporter to be down")


if __name__ == "__main__":
    dashboards.main()
