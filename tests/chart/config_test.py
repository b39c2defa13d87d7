#!/usr/bin/python3
"""The configuration that the chart writes is what the program reads, and its probes ask for pages that there are."""

import contextlib
import json
import pathlib
import tempfile
import tomllib
import unittest

import chart
import harness
import yaml

SCHEMA = json.loads((chart.CHART / "values.schema.json").read_text(encoding="utf-8"))
FLAGS = SCHEMA["properties"]["config"]["properties"]


def flatten(table, prefix=""):
    """TOML's nested tables as the dotted keys that they were written with."""
    flat = {}
    for key, value in table.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def config_of(objects):
    [text] = [each["data"]["config.toml"] for each in objects
              if each["kind"] == "ConfigMap" and "config.toml" in each["data"]]  # fmt: skip
    return text


@contextlib.contextmanager
def written(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "config.toml")
        path.write_text(text, encoding="utf-8")
        yield path


def probe(text):
    """The program's probe with this configuration."""
    with written(text) as path:
        return harness.run("probe", "--exit-zero", f"--config={path}")


def with_config(config):
    """The objects for a `config` of values."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        yaml.safe_dump({"config": config}, file)
        file.flush()
        return chart.render(*chart.values(file.name))


class Config(chart.WithHelm):
    def test_the_program_takes_every_configuration(self):
        for path in chart.CI_VALUES:
            with self.subTest(path.name):
                objects = chart.render(*chart.values(path))
                text = config_of(objects)
                for mount in yaml.safe_load(path.read_text(encoding="utf-8")).get("extraHostVolumeMounts", []):
                    text = text.replace(mount["mountPath"], mount["hostPath"])
                done = probe(text)
                self.assertEqual(done.returncode, 0, f"{text}\n{done.stderr}")

    def test_a_key_that_is_no_flag_ends_the_program(self):
        done = chart.template("--skip-schema-validation", "--set", "config.colector={cycles}")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = probe(config_of([each for each in yaml.safe_load_all(done.stdout) if each]))
        self.assertEqual(done.returncode, 2)
        self.assertIn("line 2: unknown key 'colector'", done.stderr)

    def test_values_arrive_as_they_were_given(self):
        config = {"collector": ["cycles", "hw_cache"], "strict": True, "web.max-requests": 500, "log.level": "warn",
                  "cpus": '0-3," \\ $(HOME) ${x} {{ .y }} \t <&> ä', "web.telemetry-path": "/a'b"}
        text = config_of(with_config(config))
        expected = {**config, "web.listen-address": [":10950"]}
        self.assertEqual(flatten(tomllib.loads(text)), expected)
        # The program's own reader quotes the one that is no list of CPUs.
        done = probe(text)
        self.assertEqual(done.returncode, 2)
        self.assertIn("$(HOME) ${x} {{ .y }}", done.stderr)

    def test_a_change_of_the_configuration_restarts_the_pods(self):
        def checksum(*arguments):
            return chart.pod_of(chart.render(*arguments))["metadata"]["annotations"]["checksum/config"]

        self.assertEqual(checksum(), checksum("--set", "podMonitor.enabled=true"))
        sums = {checksum(), checksum("--set", r"config.log\.level=debug"), checksum("--set", "port=1")}
        self.assertEqual(len(sums), 3)

    def test_both_containers_read_the_file_that_is_mounted(self):
        objects = chart.render()
        name = chart.only(objects, "ConfigMap")["metadata"]["name"]
        self.assertEqual(chart.pod_of(objects)["spec"]["volumes"], [{"name": "config", "configMap": {"name": name}}])
        for container in chart.containers_of(objects).values():
            self.assertIn("--config=/etc/perf-exporter/config.toml", container["args"])
            self.assertEqual(container["volumeMounts"],
                             [{"name": "config", "mountPath": "/etc/perf-exporter", "readOnly": True}])

    def test_it_serves_on_the_port_what_probes_and_monitors_ask_for(self):
        port = harness.free_port()
        arguments = chart.setting(port=port, podMonitor__enabled="true")
        objects = chart.render(*arguments, "--set", r"config.web\.telemetry-path=/perf")
        container = chart.containers_of(objects)["perf-exporter"]
        self.assertEqual(container["ports"], [{"name": "metrics", "containerPort": port, "protocol": "TCP"}])
        gets = [container[each]["httpGet"] for each in ("livenessProbe", "readinessProbe")]
        gets += chart.only(objects, "PodMonitor")["spec"]["podMetricsEndpoints"]
        self.assertEqual({each["port"] for each in gets}, {"metrics"})
        with written(config_of(objects)) as path, harness.Exporter(f"--config={path}", listen=()) as exporter:
            self.assertEqual(exporter.port, port)
            for path in (each["path"] for each in gets):
                self.assertEqual(exporter.get(path)[0], 200, path)
            self.assertIn(b"perf_exporter_build_info", exporter.get("/perf")[2])


class Flags(unittest.TestCase):
    def test_the_schema_knows_each_flag_by_its_kind(self):
        self.assertEqual({name: FLAGS[name]["type"] for name in ("collector", "strict", "web.max-requests", "cpus")},
                         {"collector": "array", "strict": "boolean", "web.max-requests": "integer", "cpus": "string"})
        self.assertEqual(FLAGS["log.level"]["enum"], ["debug", "info", "warn", "error"])
        self.assertIn("cycles", FLAGS["collector"]["items"]["enum"])
        self.assertEqual((FLAGS["web.max-requests"]["minimum"], FLAGS["web.max-requests"]["maximum"]), (1, 500))
        self.assertNotIn("config", FLAGS)

    def test_the_program_takes_every_default_and_choice_of_the_schema(self):
        for name, node in FLAGS.items():
            for value in node.get("enum", [node["default"]] if "default" in node else []):
                with self.subTest(flag=name, value=value):
                    done = probe(f"{name} = {json.dumps(value)}")
                    self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    chart.main()
