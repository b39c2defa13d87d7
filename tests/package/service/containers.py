"""Containers by Docker and by Podman that are refused: what the exporter then says, and that the printed line mends it by
the letter."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[1:1] = [str(ROOT / "tests" / name) for name in ("e2e", "scenarios", "image")]

import cgroup_tree  # noqa: E402
import dockerd  # noqa: E402
import harness  # noqa: E402
import machine  # noqa: E402
import printed  # noqa: E402

IMAGE = "exporter"
PROGRAM = "/usr/bin/perf-exporter"
PROBE = ["probe", "--collector=software", "--format=json"]
PROFILE = str(ROOT / "deploy/seccomp/perf-exporter.json")
PERFMON = ("--cap-drop=ALL", "--cap-add=PERFMON")
USER = ("--user=65534:65534",)
# What the fixes are about: the program, a shell to start it by, and what gives it a capability.
PROGRAMS = ("/bin/sh", "/usr/sbin/setcap")


def libraries(path):
    text = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", text)


def lay_out(root, package):
    """A root file system with what is needed and nothing else."""
    machine.sh("dpkg-deb", "--extract", package, str(root))
    for folder in ("bin", "proc", "sys", "dev", "tmp", "run", "etc"):
        (root / folder).mkdir(exist_ok=True)
    wanted = {*PROGRAMS, *(file for program in (*PROGRAMS, str(root) + PROGRAM) for file in libraries(program))}
    for path in wanted:
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


class Runtime:
    """What both runtimes have in common. `call(*words, **options)` is their client, and gives what it prints."""

    plain = ("--rm", "--network=none")

    def build(self, dockerfile, name=IMAGE):
        self.call("build", "--network=host", "--tag", name, "-", input=dockerfile.encode())

    def load(self, root):
        with subprocess.Popen(["tar", "--create", "--numeric-owner", "--directory", root, "."],
                              stdout=subprocess.PIPE) as archive:  # fmt: skip
            self.call("import", "-", "bare", stdin=archive.stdout)
        assert archive.returncode == 0
        self.build(f'FROM bare\nENTRYPOINT ["{PROGRAM}"]\n')

    def probe(self, words, image=IMAGE, behind=()):
        """{id: finding} of a container started by these words; `behind` follows the image."""
        run = words.index("run") + 1
        output = self.call(*words[:run], *self.plain, *words[run:], image, *behind, check=False)
        if "{" not in output:
            raise AssertionError(f"{self.name} {' '.join(words)}: {output}")
        return printed.findings(output[output.index("{"):])


class Docker(Runtime):
    """The newest of Debian, for older ones know no CAP_PERFMON. To be used by `with`."""

    name = "docker"

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        tools = os.path.join(harness.cache_dir(), "newest")
        if not os.path.exists(os.path.join(tools, "usr/sbin/dockerd")):
            raise unittest.SkipTest("needs docker.io of Debian sid")
        self._stack.enter_context(unittest.mock.patch.dict(os.environ, {"TOOLS": tools}))
        self._daemon = self._stack.enter_context(dockerd.Daemon())
        return self

    def __exit__(self, *_):
        self._stack.close()
        cgroup_tree.remove_all()

    def call(self, *words, **options):
        return self._daemon.run(*words, variables={"DOCKER_BUILDKIT": "0"}, **options).stdout


class Podman(Runtime):
    """Rootful. To be used by `with`."""

    name = "podman"
    plain = (*Runtime.plain, "--ulimit=nproc=30000:30000", "--ulimit=nofile=20000:20000")

    def __enter__(self):
        self._podman = machine.Podman()
        return self

    def __exit__(self, *_):
        self._podman.remove()

    def call(self, *words, **options):
        return self._podman.run(*words, **options)


class Printed(unittest.TestCase):
    """By each runtime: `runtime` is what the subclass names."""

    make: type

    @classmethod
    def setUpClass(cls):
        cls.runtime = cls.enterClassContext(cls.make())
        with tempfile.TemporaryDirectory(dir="/var/tmp") as root:
            lay_out(pathlib.Path(root), DEB)
            cls.runtime.load(root)

    def told(self, finding, *options, image=IMAGE, behind=PROBE):
        found = self.runtime.probe(["run", *options], image, behind)
        self.assertIn(finding, found)
        return found[finding]["fix"]

    def line(self, fix):
        """The one printed command of this runtime's, as a shell would part it, from the client's first word on."""
        words = [line.split() for line in printed.commands(fix)]
        [found] = [line[line.index(self.runtime.name) + 1 :] for line in words if f"{self.runtime.name}" in line]
        return found

    def follow(self, fix, *options, image=IMAGE, behind=PROBE):
        """Runs the line: in place of its dots what the container was started with otherwise, of FILE a profile."""
        words = [word.replace("=FILE", f"={PROFILE}") for word in self.line(fix)]
        dots = words.index("...")
        return self.runtime.probe([*words[:dots], *options], image, [*behind, *words[dots + 1 :]])

    def assert_counts(self, found):
        self.assertIn("permitted", found)
        self.assertEqual([name for name, finding in found.items() if finding["severity"] == "fail"], [])

    def test_the_capability(self):
        open_filter = f"--security-opt=seccomp={PROFILE}"
        fix = self.told("bounding_set_lacks_perfmon", "--cap-drop=ALL", open_filter)
        self.assert_counts(self.follow(fix, open_filter))

    def test_the_filter(self):
        denied = {"defaultAction": "SCMP_ACT_ALLOW",
                  "syscalls": [{"names": ["perf_event_open"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}  # fmt: skip
        with tempfile.NamedTemporaryFile("w", suffix=".json") as profile:
            json.dump(denied, profile)
            profile.flush()
            fix = self.told("seccomp_eperm", *PERFMON, f"--security-opt=seccomp={profile.name}")
        self.assert_counts(self.follow(fix, *PERFMON))

    def test_the_descriptors(self):
        few = "--ulimit=nofile=12:12"  # with fewer, runc can't start it
        fix = self.told("descriptor_limit", *PERFMON, f"--security-opt=seccomp={PROFILE}", few)
        wanted = int(self.line(fix)[self.line(fix).index("--ulimit") + 1].rpartition(":")[2])
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < wanted:
            self.skipTest("needs a hard limit of open files that is as high")
        found = self.follow(fix, *PERFMON, f"--security-opt=seccomp={PROFILE}")
        self.assert_counts(found)
        self.assertNotIn("descriptor_limit", found)


class ByDocker(Printed):
    make = Docker

    # Podman gives users what it adds in the ambient set, too: there the file needs none.
    def test_the_file_capability(self):
        with_all = (*USER, *PERFMON, f"--security-opt=seccomp={PROFILE}")
        fix = self.told("image_lacks_file_capability", *with_all)
        [line] = [line for line in printed.commands(fix) if line.startswith("RUN ")]
        self.runtime.build(f"FROM {IMAGE}\n{line}\n", "with-capability")
        self.assert_counts(self.runtime.probe(["run", *with_all], "with-capability", PROBE))

    def test_the_entrypoint(self):
        self.runtime.build(f"FROM {IMAGE}\nRUN setcap cap_perfmon=ep {PROGRAM}\n", "with-capability")
        barred = (*USER, *PERFMON, f"--security-opt=seccomp={PROFILE}", "--security-opt=no-new-privileges")
        script = ["-c", f"{PROGRAM} {' '.join(PROBE)}; true"]
        fix = self.told("no_new_privs_dropped_perfmon", *barred, "--entrypoint=/bin/sh", image="with-capability",
                        behind=script)  # fmt: skip
        [line] = [line for line in printed.commands(fix) if line.startswith("ENTRYPOINT ")]
        self.runtime.build(f"FROM with-capability\nENTRYPOINT []\n{line}\n", "direct")
        self.assert_counts(self.runtime.probe(["run", *barred], "direct", PROBE))


class ByPodman(Printed):
    make = Podman

    def test_the_user_namespace(self):
        shifted = "--uidmap=0:100000:65536"
        allowed = (*PERFMON, f"--security-opt=seccomp={PROFILE}")
        fix = self.told("user_namespace", *allowed, shifted)
        self.assert_counts(self.follow(fix, *allowed))


def load_tests(loader, _tests, _pattern):
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (ByDocker, ByPodman))


def run(package):
    """Whether all went well."""
    globals().update(DEB=package)
    return unittest.main(__name__, argv=["containers.py"], verbosity=2, exit=False).result.wasSuccessful()
