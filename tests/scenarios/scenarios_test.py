#!/usr/bin/python3
"""That the scoreboard fails where it should, and that its results reach the summary."""

import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import board  # noqa: E402
import test_summary  # noqa: E402


def scenario(*expected, top="right", problems=(), needs=()):
    return board.Scenario("some group", "a name, =p", expected, lambda: board.Found(top, list(problems)), needs)


def judged(played, missing=(), left=()):
    return board.judge(played, missing, lambda: list(left))


class BoardTest(unittest.TestCase):
    def test_the_expected_finding_passes(self):
        for expected in (("right",), ("other", "right")):
            result = judged(scenario(*expected))
            self.assertEqual((result.status, result.found, result.text), ("passed", "right", ""))

    def test_another_finding_fails_and_both_are_shown(self):
        result = judged(scenario("wrong"))
        self.assertEqual((result.status, result.text), ("failed", "expected wrong, found right"))
        self.assertRegex(board.show(result), r"some group: a name, =p +\| wrong +\| right +\| FAIL\n    expected")

    def test_what_else_is_wrong_fails(self):
        self.assertEqual(judged(scenario("right", problems=["no fix"])).text, "no fix")
        self.assertEqual(judged(scenario("right"), left=["mount m"]).text, "left behind: mount m")

    def test_an_exception_fails(self):
        def look():
            raise OSError("no such place")

        result = judged(board.Scenario("group", "name", ("right",), look))
        self.assertEqual(result.status, "failed")
        self.assertIn("no such place", result.text)

    def test_what_the_machine_lacks_skips(self):
        played = scenario("wrong", needs=("runc",))
        self.assertEqual(judged(played, missing={"runc"}).status, "skipped")
        self.assertEqual(judged(played).status, "failed")

    def test_the_summary_reads_every_result(self):
        results = [judged(scenario("right")), judged(scenario("wrong <1>")),
                   judged(scenario("right", needs=("runc",)), missing={"runc"})]  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "new" / "junit.xml"
            board.write_junit(path, results)
            name = "scenarios.some_group.a_name_p"
            self.assertEqual(test_summary.read_junit(path),
                             [(name, "passed"), (name, "failed"), (name, "skipped")])  # fmt: skip
        self.assertEqual(board.closing_line(results), "1 passed, 1 failed, 1 skipped")


if __name__ == "__main__":
    unittest.main()
