#!/usr/bin/python3
"""The pod that the chart renders, run by Debian's containerd as a kubelet would ask for it.

Needs root; runs in namespaces of its own. PERF_EXPORTER_IMAGE may name another archive than scripts/image.sh leaves."""

import contextlib
import copy
import functools
import os
import pathlib
import platform
import re
import sys
import tempfile
import unittest
import urllib.request

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parents[1] / "chart")]
import chart  # noqa: E402
import harness  # noqa: E402
import isolation  # noqa: E402
import pod_spec  # noqa: E402
import process  # noqa: E402
import runtime  # noqa: E402

INSIDE = "PERF_EXPORTER_CRI_ROOM"
WITHOUT_PERFMON = {"drop": ["ALL"]}


def image():
    name = f"perf-exporter-{runtime.ARCHITECTURES.get(platform.machine())}.oci.tar"
    path = pathlib.Path(os.environ.get("PERF_EXPORTER_IMAGE") or chart.ROOT / "build/image" / name)
    if not path.exists():
        raise unittest.SkipTest(f"needs {path}: scripts/image.sh")
    return path


def rendered(name):
    """(the pod template, {config map: files}) of the chart for this image."""
    repository, tag = name.rsplit(":", 1)
    objects = chart.render(*chart.setting(image__repository=repository, image__tag=tag))
    return chart.pod_of(objects), {each["metadata"]["name"]: each["data"] for each in objects
                                   if each["kind"] == "ConfigMap"}  # fmt: skip


def log_of(text):
    """The lines that a container wrote, of a log as runtimes keep it."""
    return "".join(line.split(" ", 3)[3] for line in text.splitlines(keepends=True))


class Node:
    """containerd within the namespaces, with the image at hand. Raises SkipTest where it can't be had."""

    def __init__(self):
        if INSIDE not in os.environ:
            raise unittest.SkipTest("needs namespaces, the initial user's own, and no seccomp filter")
        if harness.paranoid() != 2:
            raise unittest.SkipTest("other levels allow more, or ask for CAP_SYS_ADMIN")
        chart.fetched("helm")
        archive, tools = image(), pathlib.Path(harness.tool("containerd")).parents[2]
        for needed in ("runc", "protoc"):
            harness.tool(needed)
        try:
            import client
        except ModuleNotFoundError as error:
            raise unittest.SkipTest(f"needs python3-grpcio: {error}") from error
        self.room = pathlib.Path(os.environ[INSIDE])
        isolation.furnish(self.room)
        os.environ["PATH"] = f"{tools}/usr/bin:{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
        self.daemons = runtime.Daemons(self.room / "logs")
        containerd = runtime.Containerd(self.room, tools, self.daemons)
        self.image = containerd.import_image(archive)
        self.api = client.messages(self.room)
        self.client = client.Client(containerd.socket, self.api)
        print(self.client.version(), self.image, flush=True)


@functools.cache
def node():
    return Node()


@harness.needs_root
class Cri(unittest.TestCase):
    def setUp(self):
        self.room, self.api, self.client = node().room, node().api, node().client
        self.template, self.config_maps = rendered(node().image)

    def translated(self, template):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.room))
        self.logs = folder / "logs"
        return pod_spec.Pod(self.api, template, self.config_maps, folder, self.room.name)

    def pod(self):
        """The pod, its sandbox running."""
        made = self.translated(self.template)
        self.sandbox = self.client.run_sandbox(made.sandbox)
        self.addCleanup(self.client.remove_sandbox, self.sandbox)
        return made

    def start(self, pod, container):
        return self.client.start(self.sandbox, pod.sandbox, container)

    def log(self, container):
        return log_of((self.logs / f"{container}.log").read_text(encoding="utf-8"))

    def take_perfmon_away(self):
        for kind in ("initContainers", "containers"):
            for container in self.template["spec"][kind]:
                container["securityContext"]["capabilities"] = dict(WITHOUT_PERFMON)

    def get(self, path):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:10950{path}", timeout=10) as answer:
                return answer.read().decode()
        return None

    def serving(self):
        """The process of the main container, ready."""
        pod = self.pod()
        [container] = pod.main
        identity = self.start(pod, container)

        def is_ready():
            status, _ = self.client.status(identity)
            if status.state == self.api.EXITED:
                raise AssertionError(f"exited with {status.exit_code}: {self.log('perf-exporter')}")
            return self.get("/-/ready")

        runtime.wait_for(is_ready, "readiness")
        return self.client.status(identity)

    def test_it_is_ready_and_its_counters_rise(self):
        self.serving()

        def page():
            return harness.Page(self.get("/metrics"))

        first = page()
        self.assertIn("permitted", first.findings())
        self.assertGreater(first.total("context_switches"), 0)
        for event in ("context_switches", "page_faults"):
            runtime.wait_for(lambda: page().total(event) > first.total(event), f"{event} to rise")  # noqa: B023

    def test_its_process_holds_one_capability_and_nothing_else(self):
        _, info = self.serving()
        self.assertEqual(process.problems(info["pid"]), [])
        handed_over = info["runtimeSpec"]["process"]["capabilities"]
        self.assertEqual({kind: names for kind, names in handed_over.items() if names},
                         {kind: ["CAP_PERFMON"] for kind in ("bounding", "effective", "permitted")})  # fmt: skip

    def test_the_preflight_permits(self):
        pod = self.pod()
        [preflight] = pod.initial
        self.assertEqual(self.client.wait_for_end(self.start(pod, preflight)).exit_code, 0)
        self.assertRegex(self.log("preflight"), r"(?m)^ok: permitted$")
        self.assertNotRegex(self.log("preflight"), r"(?m)^fail: ")

    def test_without_perfmon_it_is_refused_and_the_preflight_says_why(self):
        self.take_perfmon_away()
        pod = self.pod()
        [preflight], [container] = pod.initial, pod.main
        self.assertEqual(self.client.wait_for_end(self.start(pod, preflight)).exit_code, 0)
        text = self.log("preflight")
        self.assertEqual(re.findall(r"(?m)^fail: (\w+)$", text), ["seccomp_eperm", "main_program_exec_refused"])
        self.assertRegex(text, r"(?m)^warn: bounding_set_lacks_perfmon$")
        self.assertIn("capabilities: {drop: [ALL], add: [PERFMON]}", text)
        ended = self.client.wait_for_end(self.start(pod, container))
        self.assertEqual(ended.exit_code, 1)
        self.assertRegex(self.log("perf-exporter"), r"exec /usr/bin/perf-exporter: operation not permitted")

    def test_a_field_without_a_rule_is_refused(self):
        places = {
            "spec": lambda spec: spec,
            "security context": lambda spec: spec["securityContext"],
            "container": lambda spec: spec["containers"][0],
            "capabilities": lambda spec: spec["initContainers"][0]["securityContext"]["capabilities"],
            "resources": lambda spec: spec["containers"][0]["resources"]["requests"],
            "mount": lambda spec: spec["containers"][0]["volumeMounts"][0],
            "volume": lambda spec: spec["volumes"][0],
        }
        for name, place in places.items():
            template = copy.deepcopy(self.template)
            place(template["spec"])["unheard"] = "of"
            with self.subTest(name), self.assertRaisesRegex(pod_spec.NotTranslated, "unheard"):
                self.translated(template)
        self.translated(self.template)


if __name__ == "__main__":
    if INSIDE in os.environ or not isolation.is_possible():
        chart.main()
    with isolation.Guard() as guard:
        os.environ[INSIDE] = str(guard.room)
        status = guard.run(sys.executable, "-B", __file__, *sys.argv[1:])
    sys.exit(status)
