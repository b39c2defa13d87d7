#!/usr/bin/python3
"""The page is what Prometheus, its linter and its parsers take."""

import subprocess
import unittest

import harness
import prometheus
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
    """Debian's Prometheus, asked by its own API."""

    def judge(self, program):
        with harness.Exporter() as exporter, prometheus.Prometheus(
            f"- job_name: perf\n  static_configs: [{{targets: ['127.0.0.1:{exporter.port}']}}]\n", program
        ) as server:
            ask = server.ask
            harness.wait_for(lambda: ask("count_over_time(up[1m]) >= 5"), "five scrapes")
            self.assertEqual(ask("up"), [1.0])
            self.assertEqual(ask("min_over_time(up[1m])"), [1.0])
            rates = ask("rate(perf_cpu_context_switches_total[1m])")
            self.assertEqual(len(rates), len(harness.online_cpus()))
            self.assertTrue(all(rate > 0 for rate in rates), rates)
            self.assertGreater(ask("scrape_samples_scraped")[0], 20)
            self.assertEqual(ask("sum(resets(perf_cpu_context_switches_total[1m]))"), [0.0])
            self.assertEqual(server.targets(), [("up", "")])

    @harness.needs_root
    def test_is_scraped_and_its_counters_have_rates(self):
        self.judge(harness.tool("prometheus"))

    @harness.needs_root
    def test_is_scraped_by_the_newest(self):
        self.judge(harness.newest("prometheus"))

    @harness.needs_root
    def test_the_newest_takes_every_protocol_that_it_may_ask_for(self):
        protocols = ("PrometheusProto", "OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText1.0.0",
                     "PrometheusText0.0.4")  # fmt: skip
        with harness.Exporter() as exporter, prometheus.Prometheus(
            "".join(
                f"- job_name: {name}\n  scrape_protocols: [{name}]\n  fallback_scrape_protocol: PrometheusText0.0.4\n"
                f"  static_configs: [{{targets: ['127.0.0.1:{exporter.port}']}}]\n"
                for name in protocols
            ),
            harness.newest("prometheus"),
        ) as server:
            harness.wait_for(lambda: len(server.ask("count_over_time(up[1m]) >= 2")) == len(protocols), "two scrapes each")
            self.assertEqual(server.targets(), [("up", "")] * len(protocols))
            series = {labels["job"]: value for labels, value in server.query('count by (job) ({__name__=~"perf_.*"})')}
            self.assertEqual(set(series), set(protocols))
            self.assertEqual(len(set(series.values())), 1, series)


if __name__ == "__main__":
    harness.main()
