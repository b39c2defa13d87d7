#!/usr/bin/python3
"""The Debian package: what it holds, what it asks for, and what lintian says to it."""

import io
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import unittest

import harness

FILES = {
    "./etc/default/perf-exporter",
    "./usr/bin/perf-exporter",
    "./usr/lib/systemd/system/perf-exporter.service",
    "./usr/share/bash-completion/completions/perf-exporter",
    "./usr/share/doc/perf-exporter/changelog.Debian.gz",
    "./usr/share/doc/perf-exporter/changelog.gz",
    "./usr/share/doc/perf-exporter/copyright",
    "./usr/share/doc/perf-exporter/examples/socket-activation/perf-exporter-proxy.service",
    "./usr/share/doc/perf-exporter/examples/socket-activation/perf-exporter-proxy.socket",
    "./usr/share/doc/perf-exporter/examples/socket-activation/perf-exporter.service.d/private-network.conf",
    "./usr/share/doc/perf-exporter/metrics.md",
    "./usr/share/doc/perf-exporter/permissions.md",
    "./usr/share/doc/perf-exporter/systemd.md",
    "./usr/share/fish/vendor_completions.d/perf-exporter.fish",
    "./usr/share/lintian/overrides/perf-exporter",
    "./usr/share/man/man1/perf-exporter.1.gz",
    "./usr/share/zsh/vendor-completions/_perf-exporter",
}


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def package():
    found = list(pathlib.Path(os.environ["PACKAGES"]).glob(f"perf-exporter_{os.environ['VERSION']}-*.deb"))
    assert len(found) == 1, found
    return str(found[0])


def members():
    """The files and folders as the package holds them, with all that tar can say of one."""
    archive = tarfile.open(fileobj=io.BytesIO(output("dpkg-deb", "--fsys-tarfile", package())))
    return {member.name.rstrip("/"): member for member in archive}


def control(name):
    return output("dpkg-deb", "--info", package(), name).decode()


def field(name):
    return output("dpkg-deb", "--field", package(), name).decode().strip()


class Package(unittest.TestCase):
    def test_lintian_finds_nothing(self):
        if shutil.which("lintian") is None:
            raise unittest.SkipTest("needs lintian")
        done = subprocess.run(
            ["lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", package()],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_it_holds_what_it_should(self):
        files = {name for name, member in members().items() if not member.isdir()}
        self.assertEqual(files, FILES)

    def test_owners_and_modes(self):
        for name, member in members().items():
            self.assertEqual((member.uid, member.gid), (0, 0), name)
            executable = member.isdir() or name.startswith("./usr/bin/")
            self.assertEqual(oct(member.mode), oct(0o755 if executable else 0o644), name)

    def test_no_file_carries_a_capability(self):
        # The unit grants it; on the file it would be every local user's.
        for name, member in members().items():
            self.assertEqual([key for key in member.pax_headers if "xattr" in key.lower()], [], name)
        for script in ("postinst", "prerm", "postrm"):
            self.assertNotIn("setcap", control(script))

    def test_it_depends_on_the_libraries(self):
        if shutil.which("dpkg-shlibdeps") is None:
            raise unittest.SkipTest("needs dpkg-shlibdeps")
        depends = field("Depends")
        for library in ("libc6", "libcap2", "libisal2", "libstdc++6", "libprometheus-cpp-core"):
            self.assertRegex(depends, rf"(^|, ){re.escape(library)}[\w.-]* \(>= ")
        self.assertNotIn("-dev", depends)
        self.assertIn("libpfm4", field("Recommends"))

    def test_version_is_the_projects_and_the_changelogs(self):
        self.assertEqual(field("Version").rsplit("-", 1)[0], os.environ["VERSION"])
        changelog = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "debian" / "changelog"
        self.assertTrue(changelog.read_text(encoding="utf-8").startswith(f"perf-exporter ({field('Version')}) "))

    def test_configuration_stays_the_administrators(self):
        self.assertEqual(control("conffiles"), "/etc/default/perf-exporter\n")

    def test_maintainer_scripts_are_posix_shell(self):
        for script in ("postinst", "prerm", "postrm"):
            text = control(script)
            self.assertTrue(text.startswith("#!/bin/sh\nset -e\n"), script)
            subprocess.run(["sh", "-n"], input=text.encode(), check=True)


if __name__ == "__main__":
    harness.main()
