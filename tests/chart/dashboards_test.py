#!/usr/bin/python3
"""The dashboards arrive as Grafana's sidecar expects them: whole, in a ConfigMap that carries its label."""

import json

import chart

DASHBOARDS = {path.name: path.read_text(encoding="utf-8") for path in (chart.CHART / "dashboards").glob("*.json")}


def config_map(*arguments):
    [found] = [each for each in chart.render(*arguments) if each["metadata"]["name"].endswith("-dashboards")]
    return found


class Dashboards(chart.WithHelm):
    def test_the_config_map_holds_every_dashboard_to_the_letter(self):
        found = config_map(*chart.values(chart.CHART / "ci" / "dashboards-values.yaml"))
        self.assertEqual(found["kind"], "ConfigMap")
        self.assertEqual(found["metadata"]["labels"]["grafana_dashboard"], "1")
        self.assertEqual(found["metadata"]["annotations"], {"grafana_folder": "Nodes"})
        self.assertIn("perf-exporter-overview.json", found["data"])
        self.assertEqual(found["data"], DASHBOARDS)
        for text in found["data"].values():
            self.assertTrue(json.loads(text)["uid"])
        # What the API server takes of one object.
        self.assertLess(sum(map(len, found["data"].values())), 1024 * 1024)

    def test_namespace_and_labels_are_as_asked(self):
        found = config_map(*chart.setting(dashboards__enabled="true", dashboards__namespace="monitoring",
                                          dashboards__labels__grafana_dashboard="null"),
                           "--set-string", "dashboards.labels.team=sre")  # fmt: skip
        self.assertEqual(found["metadata"]["namespace"], "monitoring")
        self.assertEqual(found["metadata"]["labels"]["team"], "sre")
        self.assertNotIn("grafana_dashboard", found["metadata"]["labels"])
        self.assertNotIn("annotations", found["metadata"])

    def test_a_namespace_that_can_be_none_is_refused(self):
        done = chart.template(*chart.setting(dashboards__enabled="true", dashboards__namespace="Grafana_1"))
        self.assertIn("values don't meet the specifications of the schema", done.stderr)


if __name__ == "__main__":
    chart.main()
