"""Debian's containerd with folders of its own, and what it needs to start a pod: an image for the sandbox."""

import os
import pathlib
import platform
import re
import subprocess
import time

import oci_archive

FOLDER = pathlib.Path(__file__).resolve().parent
SANDBOX_IMAGE = "localhost/pause:local"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
PATIENCE_SECONDS = 60
# CAP_SYS_RESOURCE may be missing, without which no oom_score can be lowered.
CONFIG = """version = 2
root = "{room}/containerd"
state = "/run/containerd"
[grpc]
  address = "{room}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{sandbox_image}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{room}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""


def wait_for(condition, what, patience=PATIENCE_SECONDS):
    """The first true answer of `condition`."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


class Daemons:
    """Starts processes that live until the namespaces end, each with its log in the folder."""

    def __init__(self, logs):
        self._logs = logs
        self._running = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name, *command):
        with (self._logs / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                list(map(str, command)), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**os.environ, "NO_PROXY": "*", "AWS_EC2_METADATA_DISABLED": "true"},
            )  # fmt: skip

    def stop(self, name):
        self._running[name].terminate()
        self._running.pop(name).wait(PATIENCE_SECONDS)

    def check(self):
        """Fails where one of them has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise AssertionError(f"{name} ended with {process.returncode}:\n{self.tail(name)}")

    def tail(self, name):
        return "\n".join((self._logs / f"{name}.log").read_text(errors="replace").splitlines()[-20:])


class Containerd:
    def __init__(self, room, tools, daemons):
        """`tools`: where Debian's packages are unpacked."""
        self.socket = room / "containerd.sock"
        self._room = room
        config = room / "containerd.toml"
        config.write_text(CONFIG.format(room=room, sandbox_image=SANDBOX_IMAGE, plugins=tools / "usr/lib/cni"),
                          encoding="utf-8")  # fmt: skip
        daemons.start("containerd", "containerd", "--config", config)

        def is_up():
            daemons.check()
            return self._ctr("version", check=False).returncode == 0

        wait_for(is_up, "containerd")
        self._import_pause()

    def _ctr(self, *arguments, check=True):
        done = subprocess.run(
            ["ctr", f"--address={self.socket}", "--namespace=k8s.io", *map(str, arguments)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise AssertionError(f"ctr {arguments} failed: {done.stderr}")
        return done

    def _import_pause(self):
        program, archive = self._room / "pause", self._room / "pause.tar"
        subprocess.run(["cc", "-static", "-Os", "-o", program, FOLDER / "pause.c"], check=True)
        oci_archive.write(archive, SANDBOX_IMAGE, ARCHITECTURES[platform.machine()], program)
        self.import_image(archive)

    def import_image(self, archive):
        """The name that it bears."""
        known = self._image_names()
        self._ctr("images", "import", archive)
        [name] = self._image_names() - known
        return name

    def _image_names(self):
        """Those with a tag; the interface adds names by digest."""
        names = self._ctr("images", "list", "--quiet").stdout.split()
        return {name for name in names if not re.search(r"@|^sha256:", name)}

    def process_of(self, container):
        """The number of its first process."""
        rows = [line.split() for line in self._ctr("tasks", "list").stdout.splitlines()]
        return next(int(row[1]) for row in rows if row[0] == container)
