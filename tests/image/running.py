"""The image's container by runc, with what Kubernetes gives to a pod of the chart."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import cgroup_tree
import container
import harness
import oci_image

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFILE = ROOT / "deploy/seccomp/perf-exporter.json"
NAME = "image"
PERFMON = "CAP_PERFMON"


# What starts containers wants to be root, with all capabilities to hand out, and in run.py's namespaces.
needs_isolation = unittest.skipUnless(
    os.getuid() == 0 and harness.permitted() & oci_image.PERFMON and "PERF_EXPORTER_SCENARIOS_CGROUP" in os.environ
    and pathlib.Path("/proc/self/uid_map").read_text("ascii").split() == ["0", "0", "4294967295"]
    and "\nSeccomp:\t0\n" in pathlib.Path("/proc/self/status").read_text("ascii")
    and shutil.which("runc"), "needs root, namespaces and runc")  # fmt: skip


class Bundle:
    """The image unpacked, and a configuration beside it. To be used by `with`; what it runs ends with it."""

    def __init__(self, image):
        self._image = image
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        self._folder = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._folder.chmod(0o755)
        self.root = self._folder / "rootfs"
        self.root.mkdir(mode=0o755)
        self._image.unpack(self.root)
        self._stack.callback(cgroup_tree.remove_all)
        self._stack.callback(self._runc, "delete", "--force", NAME)
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _runc(self, *words):
        return subprocess.run([*self._start(), *words], capture_output=True, text=True, check=False)

    def _start(self):
        return ["runc", "--root", str(self._folder / "state")]

    def command(self, *arguments, capabilities=(PERFMON,), entrypoint=None):
        """What runs the container; the image says which program as whom."""
        config = self._image.config["config"]
        user = int(config["User"].partition(":")[0])
        wanted = container.Container(capabilities=capabilities, uid=user, no_new_privs=True)
        made = container.configuration(wanted, [*(entrypoint or config["Entrypoint"]), *arguments])
        made["process"]["env"] = config["Env"]
        made["root"] = {"path": "rootfs", "readonly": True}
        made["linux"]["namespaces"].append({"type": "network"})
        made["linux"]["seccomp"] = json.loads(PROFILE.read_text(encoding="utf-8"))
        (self._folder / "config.json").write_text(json.dumps(made), encoding="utf-8")
        return [*self._start(), "run", "--bundle", str(self._folder), NAME]

    def run(self, *arguments, **options):
        """The container run to its end."""
        return subprocess.run(self.command(*arguments, **options), capture_output=True, text=True,
                              timeout=harness.PATIENCE_SECONDS, check=False)  # fmt: skip

    @contextlib.contextmanager
    def serving(self):
        """A Served, once it is ready."""
        log = self._folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(self.command(), stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            served = Served(harness.wait_for(self._pid, "the container to run"))
            harness.wait_for(lambda: process.poll() is not None or served.is_ready(), "the exporter to be ready")
            assert process.poll() is None, f"it ended with {process.returncode}"
            yield served
            self._runc("kill", NAME, "TERM")
            served.exit_status = process.wait(harness.PATIENCE_SECONDS)
        except BaseException:
            print(f"--- the container's log\n{log.read_text(encoding='utf-8', errors='replace')}")
            raise
        finally:
            process.kill()
            process.wait()

    def _pid(self):
        state = self._runc("state", NAME)
        known = json.loads(state.stdout) if state.returncode == 0 else {}
        return known["pid"] if known.get("status") == "running" else None


class Served:
    """The exporter in its container, seen from the container's own network."""

    def __init__(self, pid):
        self.pid = pid
        self.exit_status = None

    def get(self, path):
        """The body, or None where the answer is none or an error."""
        done = subprocess.run(
            ["nsenter", "--target", str(self.pid), "--net", "curl", "--silent", "--fail", "--noproxy", "*",
             f"http://127.0.0.1:10950{path}"], capture_output=True, text=True, check=False)  # fmt: skip
        return done.stdout if done.returncode == 0 else None

    def is_ready(self):
        return self.get("/-/ready") is not None

    def scrape(self):
        return harness.Page(self.get("/metrics"))

    def threads(self):
        """[{field: value}] of /proc/PID/task/TID/status."""
        texts = [path.read_text(encoding="ascii") for path in pathlib.Path(f"/proc/{self.pid}/task").glob("*/status")]
        return [dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line) for text in texts]

    def root_options(self):
        """With which its root is mounted."""
        lines = pathlib.Path(f"/proc/{self.pid}/mountinfo").read_text(encoding="utf-8").splitlines()
        [options] = [line.split()[5] for line in lines if line.split()[4] == "/"]
        return options.split(",")


def bundle():
    """That of the image for this machine."""
    return Bundle(oci_image.built({"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]))
