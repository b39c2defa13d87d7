#!/usr/bin/python3
"""What the image holds: the two programs, what they load, licences; and what it says of itself."""

import datetime
import functools
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import oci_image

MOST_BYTES = 20_000_000
PROGRAMS = tuple(oci_image.EXPECTED)
PAPERS = "usr/share/doc/perf-exporter"
LIBRARIES = {
    "libc.so.6", "libcap.so.2", "libfmt.so.9", "libgcc_s.so.1", "libisal.so.2", "libm.so.6",
    "libpfm.so.4", "libprometheus-cpp-core.so.1.0", "libspdlog.so.1.10", "libstdc++.so.6",
}  # fmt: skip
LOADED = {"libpfm.so.4"}  # by dlopen
LABEL = "org.opencontainers.image."


def elf(path, *options):
    return subprocess.run(["readelf", *options, path], check=True, capture_output=True, text=True).stdout


@functools.cache
def unpacked(architecture):
    image, directory = oci_image.built(architecture), tempfile.TemporaryDirectory()
    image.unpack(directory.name)
    return image, directory


class Contents:
    """Tests of either architecture."""

    def setUp(self):
        self.image, directory = unpacked(self.architecture)
        self.root = pathlib.Path(directory.name)
        self.folder = f"usr/lib/{self.triplet}"

    def objects(self):
        return [name for name in self.image.files() if name in PROGRAMS or ".so" in name]

    def test_it_is_small(self):
        size = sum(map(len, self.image.layers))
        print(f"{self.architecture}: {size} bytes, {self.image.size} compressed")
        self.assertLessEqual(size, MOST_BYTES)

    def test_it_holds_nothing_else(self):
        loader = {pathlib.PurePath(self.loader).name}
        names = {name for name in self.image.files() if not re.fullmatch(r"usr/share/common-licenses/[\w.-]+", name)}
        papers = {name for name in names if re.fullmatch(r"usr/share/doc/[\w.+-]+/copyright", name)}
        self.assertEqual(names - papers, {
            *PROGRAMS, f"{PAPERS}/LICENSE", f"{PAPERS}/sbom.cdx.json",
            *(f"{self.folder}/{name}" for name in LIBRARIES | loader)})

    def test_it_has_no_shell_and_no_other_program(self):
        runnable = {name for name, member in self.image.files().items() if member.mode & 0o111}
        self.assertEqual(runnable, {*PROGRAMS, f"{self.folder}/{pathlib.PurePath(self.loader).name}"})

    def test_nobody_but_root_can_change_it(self):
        for name, member in self.image.members.items():
            self.assertEqual((member.uid, member.gid), (0, 0), name)
            self.assertTrue(member.isdir() or member.isfile() or member.issym(), name)
            if not member.issym():
                self.assertEqual(member.mode & 0o7022, 0, f"{name}: {member.mode:o}")

    def test_every_library_that_is_needed_is_there_and_no_other(self):
        needed = set(LOADED)
        for name in self.objects():
            needed |= set(re.findall(r"\(NEEDED\).*\[(.+)\]", elf(self.root / name, "--dynamic")))
        there = {os.path.basename(name) for name in self.objects() if name not in PROGRAMS}
        self.assertEqual(there, needed)
        for name in PROGRAMS:
            [interpreter] = re.findall(r"interpreter: /(\S+)\]", elf(self.root / name, "--program-headers"))
            self.assertEqual(interpreter, self.loader)
            self.assertTrue((self.root / interpreter).exists())
            self.assertNotRegex(elf(self.root / name, "--dynamic"), r"\((RPATH|RUNPATH)\)")

    def test_it_is_of_its_architecture(self):
        self.assertEqual((self.image.config["os"], self.image.config["architecture"]), ("linux", self.architecture))
        for name in self.objects():
            self.assertRegex(elf(self.root / name, "--file-header"), rf"Machine: +{self.machine}\n")

    def test_the_licences_are_there(self):
        for name in (path for path in self.image.files() if path.endswith("/copyright")):
            text = self.image.read(name).decode(errors="replace")
            self.assertRegex(text, "(?i)copyright", name)
            for licence in re.findall(r"/(usr/share/common-licenses/[\w.+-]*\w)", text):
                self.assertTrue((self.root / licence).exists(), f"{name} names {licence}")
        self.assertIn("Apache License", self.image.read(f"{PAPERS}/LICENSE").decode())
        self.assertIn("civetweb/", self.image.read(f"{PAPERS}/copyright").decode())

    def test_it_starts_the_program_itself_as_nobody(self):
        config = self.image.config["config"]
        self.assertEqual((config["User"], config["Entrypoint"]), ("65534:65534", ["/usr/bin/perf-exporter"]))
        self.assertNotIn("Cmd", config)
        self.assertEqual(config["ExposedPorts"], {"10950/tcp": {}})

    def test_its_name_and_labels(self):
        sources = (pathlib.Path(__file__).resolve().parents[2] / "CMakeLists.txt").read_text(encoding="utf-8")
        version = re.search(r"project\(perf-exporter VERSION ([\d.]+)", sources)[1]
        labels = {name.removeprefix(LABEL): text for name, text in self.image.config["config"]["Labels"].items()}
        self.assertEqual(self.image.name, f"localhost/perf-exporter:{version}")
        self.assertEqual([labels[name] for name in ("title", "version", "licenses")],
                         ["perf-exporter", version, "Apache-2.0"])  # fmt: skip
        self.assertTrue(labels["description"])
        self.assertRegex(labels["revision"], r"^([0-9a-f]{40}(-dirty)?|unknown)$")
        self.assertIsNotNone(datetime.datetime.fromisoformat(labels["created"]).tzinfo)


class Amd64(Contents, unittest.TestCase):
    architecture, triplet, loader = "amd64", "x86_64-linux-gnu", "lib64/ld-linux-x86-64.so.2"
    machine = r"Advanced Micro Devices X86-64"


class Arm64(Contents, unittest.TestCase):
    architecture, triplet, loader = "arm64", "aarch64-linux-gnu", "lib/ld-linux-aarch64.so.1"
    machine = "AArch64"


if __name__ == "__main__":
    unittest.main()
