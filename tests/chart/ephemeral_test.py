#!/usr/bin/python3
"""Counting from an ephemeral container: what the real kubectl makes of our profile, and what TOE is told."""

import json
import os
import re
import subprocess
import tempfile
import unittest

import chart
import fake_api_server
import harness
import known_fields
import kube_types

FOLDER = chart.DEPLOY / "ephemeral"
ARGUMENTS = ["stat", "--for", "5s"]
IMAGE = "registry.example.com/perf-exporter:0.1.0"


def kubectl_debug(pod, *arguments):
    """(the process, what it sent to change the pod)"""
    with fake_api_server.FakeApiServer(pod) as server, tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [chart.fetched("kubectl"), f"--server={server.url}", "debug", pod["metadata"]["name"], f"--image={IMAGE}",
             "--container=perf-stat", "--profile=restricted", f"--custom={FOLDER / 'debug-profile.yaml'}", *arguments],
            env={"PATH": os.defpath, "HOME": home, "KUBECONFIG": "/dev/null"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done, server.patches


class KubectlDebug(unittest.TestCase):
    def test_the_container_that_it_asks_for(self):
        done, patches = kubectl_debug(chart.load("ephemeral/target-pod.yaml"))
        self.assertEqual(done.returncode, 0, done.stderr)
        [(path, kind, body)] = patches
        self.assertTrue(path.endswith("/pods/example/ephemeralcontainers"), path)
        self.assertIn("strategic-merge-patch", kind)
        [container] = body["spec"]["ephemeralContainers"]
        self.assertEqual(container.pop("securityContext"), {
            "runAsNonRoot": True, "runAsUser": 1001, "runAsGroup": 1001, "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True, "seccompProfile": {"type": "RuntimeDefault"},
            "capabilities": {"drop": ["ALL"], "add": ["PERFMON"]}})
        self.assertEqual((container["name"], container["image"], container["args"]), ("perf-stat", IMAGE, ARGUMENTS))
        # No command: the image's entrypoint, the exporter itself, is what the runtime executes.
        self.assertNotIn("command", container)

    def test_profile_and_pod_fit_the_types_of_the_api(self):
        profile = {"name": "perf-stat", **chart.load("ephemeral/debug-profile.yaml")}
        fields = kube_types.declaration("V1EphemeralContainer")
        self.assertEqual(list(kube_types.check_object(profile, fields, "container")), [])
        pod = chart.load("ephemeral/target-pod.yaml")
        self.assertEqual(kube_types.problems(pod), [])
        self.assertEqual(pod["spec"]["securityContext"]["runAsUser"], 1001)

    def test_the_commands_of_the_readme_are_these(self):
        text = re.sub(r"\\\n\s*", "", (FOLDER / "README.md").read_text(encoding="utf-8"))
        command = re.search(r"^kubectl debug (.*)$", text, re.M)[1].split()
        self.assertEqual(command[0], chart.load("ephemeral/target-pod.yaml")["metadata"]["name"])
        self.assertEqual(command[2:], ["--container=perf-stat", "--profile=restricted",
                                       "--custom=deploy/ephemeral/debug-profile.yaml"])


class Toe(unittest.TestCase):
    def test_the_manifests_fit_their_definitions(self):
        for name in ("powertoolconfig.yaml", "powertool.yaml"):
            self.assertEqual(known_fields.problems(chart.load(f"ephemeral/{name}")), [], name)

    def test_the_tool_is_not_root_and_has_one_capability(self):
        config = chart.load("ephemeral/powertoolconfig.yaml")
        self.assertEqual(config["spec"]["securityContext"], {
            "allowPrivileged": False, "allowHostPID": False, "runAsRoot": False,
            "capabilities": {"drop": ["ALL"], "add": ["PERFMON"]}})

    def test_toe_finds_the_tool_by_its_name(self):
        config, run = chart.load("ephemeral/powertoolconfig.yaml"), chart.load("ephemeral/powertool.yaml")
        self.assertEqual(config["metadata"]["name"], f"{config['spec']['name']}-config")
        self.assertEqual(config["metadata"]["namespace"], "toe-system")
        self.assertEqual(run["spec"]["tool"]["name"], config["spec"]["name"])

    def test_its_image_counts_without_arguments(self):
        text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
        instructions = [line for line in text.splitlines() if line and not line.startswith("#")]
        self.assertEqual(instructions[:2], ["ARG IMAGE=perf-exporter:0.1.0", "FROM ${IMAGE}"])
        [command] = instructions[2:]
        self.assertEqual(json.loads(command.removeprefix("CMD ")), ARGUMENTS)
        self.assertEqual(chart.load("ephemeral/powertoolconfig.yaml")["spec"]["defaultArgs"], ARGUMENTS)


def as_in_the_container(path):
    """The start of a command that runs the file as a runtime does for our profile: uid 1001, PERFMON in the bounding
    set and held by who executes, no_new_privs."""
    return ["setpriv", "--reuid=1001", "--regid=1001", "--clear-groups", "--inh-caps=-all",
            "--bounding-set=-all,+perfmon", "--no-new-privs", path]  # fmt: skip


@harness.needs_root
class Program(unittest.TestCase):
    def setUp(self):
        if harness.paranoid() not in (1, 2):
            raise unittest.SkipTest("at this perf_event_paranoid everybody may count, or CAP_SYS_ADMIN is asked for")

    def stat(self, capability):
        with harness.copied_binary(capability) as path:
            return harness.run(*ARGUMENTS[:2], "50ms", "--collector=software", program=as_in_the_container(path))

    def test_with_its_file_capability_it_counts_as_uid_1001(self):
        done = self.stat("cap_perfmon=ep")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\n  context_switches +[1-9]\d* ")

    def test_without_one_what_the_container_adds_is_worth_nothing(self):
        done = self.stat(None)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertRegex(done.stdout, r"\n  context_switches +not permitted \(EACCES\)")
        self.assertIn("file_capability_missing", done.stderr)


if __name__ == "__main__":
    chart.main()
