#!/usr/bin/python3
"""What the chart says about itself is current and complete."""

import json
import re
import subprocess
import sys
import unittest

import chart
import harness
import yaml

SCHEMA = json.loads((chart.CHART / "values.schema.json").read_text(encoding="utf-8"))


def schemas(node, path="values"):
    """Yields (path, node) of every schema in a schema."""
    yield path, node
    for key in ("properties", "definitions"):
        for name, child in node.get(key, {}).items():
            yield from schemas(child, f"{path}.{name}")
    if "items" in node:
        yield from schemas(node["items"], f"{path}[]")


class Docs(unittest.TestCase):
    def test_readme_and_schema_are_what_make_chart_would_write(self):
        done = subprocess.run([sys.executable, "-B", chart.DEPLOY / "helm" / "generate.py", "--check", harness.binary()],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_the_schema_leaves_no_object_open(self):
        for path, node in schemas(SCHEMA):
            if node.get("type") == "object" and path not in ("values.global", "values.affinity", "values.objects[]"):
                self.assertIn("additionalProperties", node, path)
                self.assertTrue("properties" not in node or node["additionalProperties"] is False, path)

    def test_every_value_is_described(self):
        for path, node in schemas(SCHEMA):
            if "." in path and path.split(".")[1] not in ("strings", "objects", "duration", "probe", "monitor"):
                self.assertTrue(node.get("description") or path.endswith("[]"), path)

    def test_the_readme_tells_about_every_platform(self):
        readme = (chart.CHART / "README.md").read_text(encoding="utf-8")
        platforms = SCHEMA["properties"]["platform"]["enum"]
        self.assertEqual(platforms, [*chart.PLATFORMS, "gke-autopilot"])
        table = readme.split("\n## Platforms\n")[1].split("\n## ")[0]
        self.assertEqual(re.findall(r"^\| `([a-z-]+)` \|", table, re.M), ["platform", *platforms])
        for words in ("perf_event_paranoid", "sysctl.d", "tuned", "MachineConfig", "does not help", "honorLabels: true"):
            self.assertIn(words, readme)

    def test_the_machine_config_of_the_readme_sets_the_level(self):
        readme = (chart.CHART / "README.md").read_text(encoding="utf-8")
        block = re.search(r"^  ```\n(  apiVersion: machineconfiguration.*?)^  ```", readme, re.M | re.S)[1]
        config = yaml.safe_load(block)
        [file] = config["spec"]["config"]["storage"]["files"]
        self.assertEqual((file["path"], file["mode"]), ("/etc/sysctl.d/60-perf-exporter.conf", 0o644))
        self.assertEqual(file["contents"]["source"], "data:,kernel.perf_event_paranoid%3D2%0A")

    def test_the_chart_is_of_the_projects_version(self):
        project = (chart.ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
        version = re.search(r"project\(perf-exporter VERSION ([\d.]+)", project)[1]
        metadata = yaml.safe_load((chart.CHART / "Chart.yaml").read_text(encoding="utf-8"))
        self.assertEqual(metadata["appVersion"], version)
        for path in ("ephemeral/Dockerfile", "ephemeral/powertoolconfig.yaml", "ephemeral/README.md"):
            named = re.findall(r"perf-exporter(?:-stat)?:(\d[\d.]*\d)", (chart.DEPLOY / path).read_text(encoding="utf-8"))
            self.assertEqual(set(named), {version}, path)


if __name__ == "__main__":
    chart.main()
