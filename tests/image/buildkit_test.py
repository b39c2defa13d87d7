#!/usr/bin/python3
"""Docker's two builders: BuildKit keeps the file capabilities of docker/Dockerfile, the classic one does not."""

import pathlib
import subprocess
import tempfile
import unittest

import dockerd
import oci_image
import running

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGE = ROOT / "scripts/image.sh"
BUILDKIT = {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}
CLASSIC = {"DOCKER_BUILDKIT": "0"}
BASE, TAG, UNPACKED = "perf-exporter-builder:test", "perf-exporter:test", "perf-exporter-unpacked:test"
# Files by name: of a whole folder the classic builder keeps the attributes.
COPY = "\n".join([f"FROM {UNPACKED} AS built", "FROM scratch",
                  *(f"COPY --from=built /{name} /{name}" for name in oci_image.EXPECTED), 'CMD ["/"]'])  # fmt: skip


@running.needs_isolation
class Docker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        oci_image.built("amd64")
        cls.daemon = cls.enterClassContext(dockerd.Daemon())

    def saved(self, tag):
        with tempfile.TemporaryDirectory() as folder:
            archive = pathlib.Path(folder, "image.tar")
            self.daemon.run("save", "--output", str(archive), tag)
            return oci_image.Image(archive)

    def listed(self, tag):
        """What tar says to a container of it, as docker/README.md has it."""
        created = self.daemon.run("create", tag).stdout.strip()
        with tempfile.NamedTemporaryFile() as exported:
            self.daemon.run("export", "--output", exported.name, created)
            return subprocess.run(["tar", "-tvv", "--xattrs", "--xattrs-include=security.capability", "--file",
                                   exported.name], check=True, capture_output=True, text=True).stdout  # fmt: skip

    def test_buildkit_keeps_the_capabilities(self):
        # From the builder as scripts/image.sh has left it, so that all steps run and little is to be done.
        with subprocess.Popen([IMAGE, "export-builder"], stdout=subprocess.PIPE) as builder:
            self.daemon.run("import", "-", BASE, stdin=builder.stdout)
        self.assertEqual(builder.returncode, 0)
        built = self.daemon.run("build", "--network=host", "--file", "docker/Dockerfile", "--build-arg", f"BASE={BASE}",
                                "--tag", TAG, ".", cwd=ROOT, variables=BUILDKIT)  # fmt: skip
        self.assertIn("setcap cap_perfmon=ep", built.stdout)
        image = self.saved(TAG)
        self.assertEqual(oci_image.capabilities(image), oci_image.EXPECTED)
        self.assertEqual(set(image.files()), set(oci_image.built("amd64").files()))
        self.assertEqual(image.config["config"]["User"], "65534:65534")

    def test_the_classic_builder_does_not_take_the_dockerfile(self):
        done = self.daemon.run("build", "--file", "docker/Dockerfile", "--tag", TAG, ".", cwd=ROOT, check=False,
                               variables=CLASSIC)  # fmt: skip
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("platform", done.stdout)

    def test_the_classic_builder_loses_them_and_that_is_seen(self):
        [layer] = oci_image.built("amd64").layers
        self.daemon.run("import", "-", UNPACKED, input=layer)
        for builder, expected in ((BUILDKIT, oci_image.EXPECTED), (CLASSIC, {})):
            self.daemon.run("build", "--tag", "copy:test", "-", input=COPY.encode(), variables=builder)
            self.assertEqual(oci_image.capabilities(self.saved("copy:test")), expected)
            self.assertEqual(self.listed("copy:test").count("security.capability"), len(expected))


if __name__ == "__main__":
    unittest.main()
