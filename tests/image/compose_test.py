#!/usr/bin/python3
"""docker/compose.yaml and the Prometheus configuration beside it, by those who read them."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import harness
import oci_image

DOCKER = pathlib.Path(__file__).resolve().parents[2] / "docker"


def compose(*arguments, file="compose.yaml"):
    if shutil.which("docker-compose") is None:
        raise unittest.SkipTest("needs docker-compose")
    return subprocess.run(["docker-compose", "--file", file, *arguments], cwd=DOCKER, capture_output=True, text=True,
                          env={**os.environ, "HOME": "/nonexistent"}, check=False)  # fmt: skip


class Compose(unittest.TestCase):
    def test_compose_takes_it(self):
        done = compose("config")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        import yaml

        services = yaml.safe_load(done.stdout)["services"]
        self.assertEqual(set(services), {"perf-exporter", "prometheus"})
        exporter = services["perf-exporter"]
        self.assertEqual((exporter["user"], exporter["cap_drop"], exporter["cap_add"], exporter["read_only"]),
                         ("65534:65534", ["ALL"], ["PERFMON"], True))  # fmt: skip
        self.assertEqual(exporter["security_opt"][0], "no-new-privileges:true")
        name = "localhost/" + exporter["image"]
        self.assertEqual(name, oci_image.built("amd64").name)
        # The entrypoint is the image's.
        self.assertEqual({"entrypoint", "command", "privileged", "pid", "network_mode"} & set(exporter), set())

    def test_compose_would_find_a_mistake(self):
        with tempfile.TemporaryDirectory() as folder:
            broken = pathlib.Path(folder, "compose.yaml")
            text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
            broken.write_text(text.replace("cap_drop:", "cap_drops:"), encoding="utf-8")
            done = compose("config", file=str(broken))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cap_drops", done.stderr)

    def test_the_seccomp_profile_is_there(self):
        text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
        [path] = [line.partition("seccomp=")[2] for line in text.splitlines() if "seccomp=" in line]
        self.assertIn("perf_event_open", json.dumps(json.loads((DOCKER / path).read_text(encoding="utf-8"))))

    def test_promtool_takes_the_configuration(self):
        done = subprocess.run([harness.tool("promtool"), "check", "config", DOCKER / "prometheus.yml"],
                              capture_output=True, text=True, check=False)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
