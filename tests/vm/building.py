"""The programs that guests run, compiled, and the images that hold them."""

import atexit
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import sysroot
from archive import Unavailable
from image import Image
from notes import ROOT, note_missing, say

PROGRAMS = ("perf-exporter", "tests/kernel/kernel_test", "tests/situation")
TOOLS = {"arm64": ("qemu-system-aarch64", "aarch64-linux-gnu-g++"), "amd64": ("qemu-system-x86_64", "secilc")}
PRESETS = {"arm64": "arm64", "amd64": "release"}


class Build:
    """Compiles the programs for one architecture, beside whatever else goes on."""

    def __init__(self, architecture, root):
        self._architecture = architecture
        self._preset = PRESETS[architecture]
        self._log = ROOT / "build" / f"vm-{architecture}.log"
        self._log.parent.mkdir(exist_ok=True)
        targets = " ".join(pathlib.PurePath(program).name for program in PROGRAMS)
        commands = (f"cmake --preset {self._preset} -DPERF_EXPORTER_TESTS=ON",
                    f"cmake --build --preset {self._preset} --parallel {os.cpu_count()} --target {targets}")  # fmt: skip
        say(f"building for {architecture}")
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                ["sh", "-c", " && ".join(commands)], cwd=ROOT, env={**os.environ, "PERF_EXPORTER_SYSROOT": str(root)},
                stdout=output, stderr=output, start_new_session=True)  # fmt: skip
        atexit.register(self._stop)

    def _stop(self):
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()

    def programs(self):
        """Their files, once they are there."""
        if self._process.wait():
            sys.exit(f"the build for {self._architecture} failed:\n{self._log.read_text(errors='replace')[-4000:]}")
        return [ROOT / "build" / self._preset / program for program in PROGRAMS]


def compile_policy():
    """The SELinux policy of the tests, for the kernels' policy version."""
    policy = ROOT / "build/vm/perf_test.policy"
    policy.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["secilc", "-M", "false", "-c", "33", "-o", policy, "-f", "/dev/null",
                    pathlib.Path(__file__).parent / "guest/perf_test.cil"], check=True)  # fmt: skip
    return policy


class Images:
    """What the guests of each architecture start from. The programs for the second one are compiled while the first
    one's guests run."""

    def __init__(self, architectures, cache, archives):
        self._wanted = architectures
        self._cache = cache
        self._archives = archives
        self._builds = {}
        self._made = {}

    def of(self, architecture):
        """Raises Unavailable where something for it is not to be had."""
        if architecture not in self._made:
            self._made[architecture] = self._make(architecture)
            if "amd64" in self._wanted and "amd64" not in self._builds:
                self._builds["amd64"] = Build("amd64", pathlib.Path("/"))
        return self._made[architecture]

    def _make(self, architecture):
        for tool in TOOLS[architecture]:
            if shutil.which(tool) is None:
                raise Unavailable(f"{tool} is not installed")
        try:
            root, busybox, tools, files = self._parts(architecture)
        except Unavailable as error:
            note_missing(f"sysroot-{architecture}", str(error))
            raise
        note_missing(f"sysroot-{architecture}", None)
        build = self._builds.get(architecture) or Build(architecture, root)
        self._builds[architecture] = build
        return Image(architecture, root, busybox, [*build.programs(), *tools], files)

    def _parts(self, architecture):
        """Sysroot, busybox, further tools, further files."""
        if architecture == "arm64":
            root = sysroot.fetch(self._cache, self._archives)
            return root, root / "bin/busybox", [], []
        busybox = sysroot.fetch_tool(self._cache, self._archives, "busybox-static", "bin/busybox")
        parser = sysroot.fetch_tool(self._cache, self._archives, "apparmor", "sbin/apparmor_parser")
        return pathlib.Path("/"), busybox, [parser], [compile_policy()]
