#!/usr/bin/python3
"""The man page, as two programs lay it out."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

import harness

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "perf-exporter.1"


def laid_out(*command, **environment):
    if shutil.which(command[0]) is None:
        raise unittest.SkipTest(f"needs {command[0]}")
    return subprocess.run(
        [*command, str(PAGE)], capture_output=True, text=True, check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
    )  # fmt: skip


class Manual(unittest.TestCase):
    def test_man_warns_of_nothing(self):
        done = laid_out("man", "--warnings", "--local-file", MANWIDTH="80", MAN_KEEP_FORMATTING="")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("EXIT STATUS", done.stdout)

    def test_mandoc_warns_of_nothing_but_the_date(self):
        # It belongs to a version rather than to a day.
        done = laid_out("mandoc", "-T", "lint", "-W", "warning")
        warnings = [line for line in done.stdout.splitlines() if not line.endswith('missing date, using "": TH')]
        self.assertEqual((warnings, done.stderr), ([], ""))

    def test_whatis_has_its_line(self):
        done = laid_out("lexgrog")
        self.assertIn('"perf-exporter - Prometheus exporter for perf hardware counters"', done.stdout)

    def test_it_shows_the_flags_that_help_shows(self):
        shown = laid_out("man", "--local-file", MANWIDTH="200").stdout
        for command in ([], ["probe"], ["list"], ["stat"]):
            for flag in re.findall(r"^  (--[\w.-]+)", harness.run(*command, "--help").stdout, re.M):
                self.assertRegex(shown, rf"(?m)^ +{re.escape(flag)}\b")


if __name__ == "__main__":
    harness.main()
