"""What the chart's tests share: helm and what it renders, the files under deploy/, the harness of the end-to-end
tests. Every test file is a program, as there."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "perf-exporter"
CI_VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
PLATFORMS = ("generic", "openshift", "selinux", "crio-legacy", "docker-legacy")
RELEASE, NAMESPACE = "perf-exporter", "counting"


def fetched(name):
    """What scripts/fetch-helm.sh has put into the cache, or a skip."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = pathlib.Path(cache, "perf-exporter", "helm", name)
    if not path.exists():
        raise unittest.SkipTest(f"needs {name}: scripts/fetch-helm.sh")
    return path


class WithHelm(unittest.TestCase):
    """Tests that are skipped whole where there is no helm; a skip within a subTest would not be seen as one."""

    def setUp(self):
        fetched("helm")


def helm(*arguments):
    """helm run to its end, without a cluster and with folders of its own."""
    with tempfile.TemporaryDirectory() as home:
        folders = {f"HELM_{kind}_HOME": home for kind in ("CACHE", "CONFIG", "DATA")}
        return subprocess.run(
            [fetched("helm"), *map(str, arguments)],
            env={"PATH": os.defpath, "HOME": home, "KUBECONFIG": "/dev/null", **folders},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip


def template(*arguments, chart=CHART):
    return helm("template", RELEASE, chart, "--namespace", NAMESPACE, *arguments)


def render(*arguments, chart=CHART):
    """The objects that the chart makes of these values."""
    done = template(*arguments, chart=chart)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def values(path):
    """The arguments that give helm a file of values."""
    return ("--values", path)


def setting(**settings):
    """The arguments for --set, a double underscore for a dot."""
    return [each for key, value in settings.items() for each in ("--set", f"{key.replace('__', '.')}={value}")]


def platform_arguments(platform):
    """A platform with what it asks for besides."""
    return setting(platform=platform, serviceAccount__create="true")


def only(objects, kind):
    """The one object of a kind."""
    found = [each for each in objects if each["kind"] == kind]
    assert len(found) == 1, f"{len(found)} objects of kind {kind}"
    return found[0]


def pod_of(objects):
    """The DaemonSet's pod template."""
    return only(objects, "DaemonSet")["spec"]["template"]


def containers_of(objects):
    """{name: container}, the init container among them."""
    spec = pod_of(objects)["spec"]
    return {each["name"]: each for each in [*spec.get("initContainers", []), *spec["containers"]]}


def load(path):
    """The one object in a file below deploy/."""
    return yaml.safe_load((DEPLOY / path).read_text(encoding="utf-8"))


def main():
    harness.main()
