#!/usr/bin/python3
"""What every committed dashboard holds to: explained panels, no invented zeros, metrics that are documented."""

import json
import re
import unittest

import dashboards

METRIC = re.compile(r"\b((?:perf|process|scrape)_\w+|up)\b(?=[{\[])")
ANY_SCOPE = re.compile(r'__name__=~"perf_\(cpu\|package\|node\)_(\w+)"')
# Written by Prometheus itself for every target.
OF_PROMETHEUS = {"up", "scrape_duration_seconds"}
# Put there by the scrape, or by the heading of a column.
OF_TARGETS = {"job", "instance", "node"}


def documented():
    """(metrics, all words in code) of docs/metrics.md."""
    words = set(re.findall(r"`([a-z]\w+)`", (dashboards.ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")))
    metrics = {each for each in words if re.match(r"(perf|process)_", each)}
    # These two carry the prefix of the sum with --aggregate.
    times = {each for each in metrics if re.match(r"perf_cpu_group_\w+_seconds_total", each)}
    metrics |= {each.replace("_cpu_", f"_{scope}_") for each in times for scope in ("package", "node")}
    return metrics, words


def metrics_of(expression):
    """The metrics that a query names, one for each scope where it takes any."""
    scopes = ("cpu", "package", "node")
    found = {f"perf_{scope}_{event}" for event in ANY_SCOPE.findall(expression) for scope in scopes}
    return found | set(METRIC.findall(expression))


def labels_of(expression):
    """The labels by which a query groups, joins or chooses."""
    lists = re.findall(r"\b(?:by|on|group_left) \(([^)]*)\)", expression)
    chosen = re.findall(r"(\w+)(?:=~|!~|!=|=)\"", expression)
    return {label.strip() for each in lists for label in each.split(",")} | set(chosen) - {"__name__"}


def cells(panel):
    place = panel["gridPos"]
    return {(x, y) for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip


class Dashboards(unittest.TestCase):
    def setUp(self):
        self.all = dashboards.load()

    def each_panel(self):
        """[(its place in words, panel)]"""
        return [(f"{name}: {panel['title']}", panel)
                for name, dashboard in self.all.items() for panel in dashboards.panels(dashboard)]  # fmt: skip

    def each_query(self):
        """[(its place in words, panel, target)]"""
        return [(f"{name}: {panel['title']}: {target['refId']}", panel, target)
                for name, dashboard in self.all.items()
                for panel, target in dashboards.queries(dashboard)]  # fmt: skip

    def test_there_is_the_overview_and_each_can_be_told_apart(self):
        self.assertIn("perf-exporter-overview.json", self.all)
        for name, dashboard in self.all.items():
            self.assertEqual(f"{dashboard['uid']}.json", name)
            self.assertIn("perf-exporter", dashboard["tags"])
            self.assertNotIn("id", dashboard)
            self.assertGreaterEqual(dashboard["schemaVersion"], 39)
            self.assertGreater(len(dashboard["description"]), 40)
        titles = [each["title"] for each in self.all.values()]
        self.assertEqual(len(set(titles)), len(titles))

    def test_ids_and_places_are_each_panels_own(self):
        for dashboard in self.all.values():
            ids = [each["id"] for each in dashboard["panels"]]
            self.assertEqual(len(set(ids)), len(ids))
            taken = {}
            for panel in dashboard["panels"]:
                self.assertLessEqual(panel["gridPos"]["x"] + panel["gridPos"]["w"], 24, panel["title"])
                for cell in cells(panel):
                    self.assertIsNone(taken.setdefault(cell, None), f"{panel['title']} lies on {taken[cell]}")
                    taken[cell] = panel["title"]

    def test_every_panel_is_explained(self):
        titles = set()
        for place, panel in self.each_panel():
            with self.subTest(place):
                paragraphs = panel["description"].split("\n\n")
                self.assertEqual(len(paragraphs), 3, "what it shows, how it is computed, what is good or bad")
                self.assertTrue(all(len(each) > 15 and each.endswith(".") for each in paragraphs), paragraphs)
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                self.assertNotIn(panel["title"], titles)
                titles.add(panel["title"])

    def test_data_comes_from_the_chosen_source(self):
        wanted = {"type": "prometheus", "uid": "${datasource}"}
        for place, panel, target in self.each_query():
            with self.subTest(place):
                self.assertEqual(panel["datasource"], wanted)
                self.assertEqual(target["datasource"], wanted)
                for matchers in re.findall(r"\{(.*?)\}(?=[\[\s)/]|$)", target["expr"]):
                    self.assertRegex(matchers, r'job=~"\$job"')
                    self.assertRegex(matchers, r'instance(=~"\$instance"|="\$cpu_instance")')

    def test_what_is_absent_is_shown_as_absent(self):
        for place, panel in self.each_panel():
            with self.subTest(place):
                self.assertRegex(panel["fieldConfig"]["defaults"]["noValue"], r"^no (data|finding): ")
                if panel["type"] == "timeseries":
                    self.assertIs(panel["fieldConfig"]["defaults"]["custom"]["spanNulls"], False)
        for place, _, target in self.each_query():
            with self.subTest(place):
                self.assertNotRegex(target["expr"], r"\bvector\s*\(|\bor\b|\babsent")
        # The sections that the texts point to are there.
        for dashboard in self.all.values():
            headings = {each["title"] for each in dashboard["panels"]}
            self.assertLessEqual({"Permission health", "Exporters"}, headings)

    def test_ranges_follow_the_scrape_interval(self):
        for place, _, target in self.each_query():
            with self.subTest(place):
                self.assertLessEqual(set(re.findall(r"\[(.*?)\]", target["expr"])), {"$__rate_interval", "$__range"})
                plain = target["expr"].replace("(cpu|package|node)", "")
                for over in re.findall(r"\b(?:rate|increase)\((.*?)\)", plain):
                    self.assertTrue(over.endswith("[$__rate_interval]"), over)

    def test_metrics_and_labels_are_documented(self):
        metrics, words = documented()
        self.assertIn("perf_node_cycles_total", metrics)
        for place, _, target in self.each_query():
            with self.subTest(place):
                named = metrics_of(target["expr"])
                self.assertTrue(named)
                self.assertLessEqual(named, metrics | OF_PROMETHEUS)
                self.assertLessEqual(labels_of(target["expr"]), words | OF_TARGETS)

    def test_variables_are_there_and_used(self):
        for dashboard in self.all.values():
            variables = dashboards.variables(dashboard)
            self.assertEqual(list(variables), ["datasource", "job", "instance", "cpu_instance"])
            text = json.dumps(dashboard["panels"])
            for name, variable in variables.items():
                self.assertRegex(text, rf"\${{?{name}\b")
                self.assertTrue(variable["label"] and variable["description"])
            for name in ("job", "instance"):
                self.assertTrue(variables[name]["multi"] and variables[name]["includeAll"])
            # All jobs of a Prometheus are more than exporters, so that All has to be their list.
            self.assertNotIn("allValue", variables["job"])

    def test_the_checks_see_what_they_look_for(self):
        self.assertEqual(metrics_of('sum(up{a="b"} and rate(perf_x_total[1m]))'), {"up", "perf_x_total"})
        self.assertEqual(metrics_of('{__name__=~"perf_(cpu|package|node)_x_total", job="j"}'),
                         {"perf_cpu_x_total", "perf_package_x_total", "perf_node_x_total"})
        self.assertEqual(labels_of('sum by (a, b) (x{c=~"d"} * on (e) group_left (f) y)'), {"a", "b", "c", "e", "f"})


class Sources(unittest.TestCase):
    def test_the_lock_file_names_hashes_and_no_registry(self):
        lock = json.loads((dashboards.SOURCES / "package-lock.json").read_text(encoding="utf-8"))
        packages = {name: each for name, each in lock["packages"].items() if name}
        self.assertIn("node_modules/@grafana/grafana-foundation-sdk", packages)
        for name, package in packages.items():
            self.assertTrue(package["integrity"].startswith("sha512-"), name)
            self.assertNotIn("resolved", package, name)

    def test_versions_are_pinned(self):
        package = json.loads((dashboards.SOURCES / "package.json").read_text(encoding="utf-8"))
        for name, version in package["devDependencies"].items():
            self.assertRegex(version, r"^\d+\.\d+\.\d+$", name)
        self.assertNotIn("dependencies", package)

    def test_there_is_one_copy_of_each_dashboard(self):
        self.assertEqual((dashboards.SOURCES / "dashboards").resolve(), dashboards.DASHBOARDS.resolve())


if __name__ == "__main__":
    dashboards.main()
