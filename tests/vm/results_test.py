#!/usr/bin/python3
"""That the table of kernels and cases shows the worst of what it sums up, and that a failure reaches the JUnit file."""

import pathlib
import sys
import tempfile
import types
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import results  # noqa: E402
import test_summary  # noqa: E402

FOUND = [
    results.Result("old", "one", "Exact.User", "passed", 1.0),
    results.Result("old", "one", "Exact.Kernel", "failed", 1.0, "off by <3>"),
    results.Result("old", "two", "a_case", "passed", 1.0),
    results.Result("new", "one", "Exact.User", "passed", 1.0),
    results.Result("new", "two", "a_case", "skipped", 0.0, "not to be had"),
]


class ResultsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "file"

    def test_a_cell_is_the_worst_of_its_tests(self):
        self.path.write_text(f"before\n{results.BEGIN}old\n{results.END}after\n", encoding="utf-8")
        for _ in range(2):  # written over what an earlier run wrote
            results.write_matrix(self.path, [types.SimpleNamespace(name=name) for name in ("old", "new")], FOUND)
        text = self.path.read_text(encoding="utf-8")
        self.assertIn("| one | Exact | **FAIL** | pass |\n| two | a case | pass | skip |\n", text)
        self.assertTrue(text.startswith(f"before\n{results.BEGIN}") and text.endswith(f"{results.END}after\n"), text)

    def test_a_kernel_that_is_tried_again_gets_new_results_and_others_keep_theirs(self):
        results.remember(self.path, FOUND)
        again = results.Result("old", "two", "a_case", "skipped", 0.0)
        self.assertEqual(results.remember(self.path, [again]), [*FOUND[3:], again])

    def test_the_summary_reads_every_result(self):
        results.write_junit(self.path, FOUND)
        self.assertEqual(
            test_summary.read_junit(self.path),
            [(f"vm.{found.kernel}.{found.machine}.{found.case}", found.status) for found in FOUND])


if __name__ == "__main__":
    unittest.main()
