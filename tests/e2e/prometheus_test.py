#!/usr/bin/python3
"""The page is what Prometheus, its linter and its parsers take."""

import contextlib
import json
import pathlib
import subprocess
import tempfile
import unittest
import urllib.parse
import urllib.request

import harness
from prometheus_client.openmetrics import parser as openmetrics_parser

# What the two major versions send: text 0.0.4 is their last resort.
ACCEPTS = {
    "Prometheus 2": "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Prometheus 3": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,/;q=0.1",
}


class Formats(unittest.TestCase):
    def lint(self, *flags):
        promtool = harness.tool("promtool")
        with harness.Exporter(*flags) as exporter:
            page = exporter.scrape().text
        done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_promtool_has_nothing_to_say(self):
        self.lint()

    def test_promtool_has_nothing_to_say_of_all_collectors(self):
        self.lint(f"--collector={harness.ALL_COLLECTORS}")

    def test_promtool_has_nothing_to_say_of_sums(self):
        self.lint("--aggregate=node")

    def test_openmetrics_is_parsed_and_shows_the_same_families(self):
        with harness.Exporter() as exporter:
            text = exporter.scrape()
            for version, accept in ACCEPTS.items():
                status, headers, body = exporter.get("/metrics", Accept=accept)
                self.assertEqual(status, 200)
                self.assertTrue(headers["Content-Type"].startswith("application/openmetrics-text"), version)
                families = list(openmetrics_parser.text_string_to_metric_families(body.decode()))
                names = {sample.name for family in families for sample in family.samples}
                self.assertEqual(names, {sample.name for family in text.families for sample in family.samples})

    def test_plain_text_is_the_default(self):
        with harness.Exporter() as exporter:
            _, headers, _ = exporter.get("/metrics")
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")


class RealPrometheus(unittest.TestCase):
    """Debian's Prometheus, scraping every second, asked by its own API."""

    @contextlib.contextmanager
    def prometheus(self, target):
        program = harness.tool("prometheus")
        port = harness.free_port()
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "prometheus.yml")
            config.write_text(
                "global: {scrape_interval: 1s}\nscrape_configs:\n"
                f"- job_name: perf\n  static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n",
                encoding="ascii",
            )
            with open(pathlib.Path(folder, "log"), "w+", encoding="utf-8") as log:
                process = subprocess.Popen(
                    [program, f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                     f"--web.listen-address=127.0.0.1:{port}"],
                    stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                )  # fmt: skip
                try:
                    yield lambda query: self.ask(port, query)
                    self.check_targets(port)
                finally:
                    process.terminate()
                    process.wait(harness.PATIENCE_SECONDS)

    def check_targets(self, port):
        """The newest scrape ended well; one that could not be parsed is told here."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/targets", timeout=10) as answer:
            targets = json.load(answer)["data"]["activeTargets"]
        self.assertEqual([(target["health"], target["lastError"]) for target in targets], [("up", "")])

    def ask(self, port, query):
        """The values of an instant query; nothing while Prometheus does not answer yet."""
        url = f"http://127.0.0.1:{port}/api/v1/query?query={urllib.parse.quote(query)}"
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(url, timeout=10) as answer:
                return [float(result["value"][1]) for result in json.load(answer)["data"]["result"]]
        return []

    @harness.needs_root
    def test_is_scraped_and_its_counters_have_rates(self):
        with harness.Exporter() as exporter, self.prometheus(exporter.port) as ask:
            harness.wait_for(lambda: ask("count_over_time(up[1m]) >= 5"), "five scrapes")
            self.assertEqual(ask("up"), [1.0])
            self.assertEqual(ask("min_over_time(up[1m])"), [1.0])
            rates = ask("rate(perf_cpu_context_switches_total[1m])")
            self.assertEqual(len(rates), len(harness.online_cpus()))
            self.assertTrue(all(rate > 0 for rate in rates), rates)
            self.assertGreater(ask("scrape_samples_scraped")[0], 20)
            self.assertEqual(ask("sum(resets(perf_cpu_context_switches_total[1m]))"), [0.0])


if __name__ == "__main__":
    harness.main()
