#!/usr/bin/env python3
"""That no failure, unknown skip, lost result or empty run passes scripts/test_summary.py."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "test_summary.py"

PASSED = '<testcase name="unit.A" status="run"/>'
FAILED = '<testcase name="unit.B" status="fail"><failure message=""/></testcase>'
SKIPPED = '<testcase name="unit.C" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>'
DISABLED = '<testcase name="unit.D" status="disabled"/>'


def run(cases, allowed="", missing="", checks=()):
    """(exit status, all lines)"""
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        (base / "allowed").write_text(allowed, encoding="utf-8")
        (base / "missing").write_text(missing, encoding="utf-8")
        arguments = [f"--check={check}" for check in checks]
        if cases is not None:
            (base / "junit.xml").write_text(f"<testsuite>{cases}</testsuite>", encoding="utf-8")
            arguments.append(f"release={base}/junit.xml")
        command = [sys.executable, SCRIPT, "--allowed", base / "allowed", "--missing", base / "missing"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()


class TestSummaryTest(unittest.TestCase):
    def assert_closing(self, result, status, closing):
        self.assertEqual((result[0], result[1][-1]), (status, closing), result)

    def test_passes(self):
        self.assert_closing(run(PASSED, checks=["lint=passed"]), 0, "2 passed, 0 failed, 0 skipped")

    def test_failure(self):
        result = run(PASSED + FAILED)
        self.assert_closing(result, 1, "1 passed, 1 failed, 0 skipped")
        self.assertIn("FAILED  release: unit.B", result[1])

    def test_failed_check(self):
        self.assert_closing(run(PASSED, checks=["lint=failed"]), 1, "1 passed, 1 failed, 0 skipped")

    def test_skip_that_is_not_allowed(self):
        self.assert_closing(run(PASSED + SKIPPED), 1, "1 passed, 1 failed, 0 skipped")
        self.assert_closing(run(PASSED + DISABLED), 1, "1 passed, 1 failed, 0 skipped")
        self.assert_closing(
            run(PASSED + SKIPPED, allowed="unit.CC | always | why\n"), 1, "1 passed, 1 failed, 0 skipped"
        )

    def test_skip_that_is_allowed(self):
        result = run(PASSED + SKIPPED, allowed="# comment\n\nunit.(B|C) | always | no such CPU\n")
        self.assert_closing(result, 0, "1 passed, 0 failed, 1 skipped")
        self.assertIn("skipped release: unit.C: no such CPU", result[1])

    def test_skip_that_is_allowed_without_a_package(self):
        allowed = "unit.C | without prometheus | the mirror lacked it\n"
        self.assert_closing(run(SKIPPED, allowed), 1, "0 passed, 1 failed, 0 skipped")
        result = run(PASSED + SKIPPED, allowed, missing="prometheus: 404\n")
        self.assert_closing(result, 0, "1 passed, 0 failed, 1 skipped")

    def test_skips_for_want_of_root_are_named_with_what_runs_them(self):
        allowed = "unit.C | without pmu | no PMU\nunit.C | without perfmon | counts whole CPUs\n"
        told = [line for line in run(PASSED + SKIPPED, allowed, "root:\nperfmon:\npmu:\n")[1] if "sudo" in line]
        self.assertEqual(told, ["for those that need root: sudo make test PRESETS=release"])
        for missing in ("pmu:\n", "root:\npmu:\n", "perfmon:\n"):  # no such skip, or run by root
            told = [line for line in run(PASSED + SKIPPED, allowed, missing)[1] if "sudo" in line]
            self.assertEqual(told, [], missing)

    def test_skip_that_is_allowed_under_a_preset(self):
        result = run(PASSED + SKIPPED, "unit.C | under release | cannot be had there\n")
        self.assert_closing(result, 0, "1 passed, 0 failed, 1 skipped")
        result = run(PASSED + SKIPPED, "unit.C | under tsan | cannot be had there\n")
        self.assert_closing(result, 1, "1 passed, 1 failed, 0 skipped")

    def test_an_allow_list_that_makes_no_sense(self):
        for line in ("unit.C | sometimes | why", "unit.C | always |", "unit.C always"):
            self.assertNotEqual(run(PASSED, line + "\n")[0], 0, line)

    def test_no_test(self):
        self.assertEqual(run("")[0], 1)
        self.assertEqual(run(None)[0], 1)

    def test_lost_results(self):
        self.assertEqual(run("<unclosed", checks=["lint=passed"])[0], 1)

    def test_closing_line_stands_alone(self):
        self.assertTrue(re.fullmatch(r"\d+ passed, \d+ failed, \d+ skipped", run(PASSED)[1][-1]))


if __name__ == "__main__":
    unittest.main()
