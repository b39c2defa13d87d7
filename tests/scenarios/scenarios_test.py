#!/usr/bin/python3
"""That the scoreboard fails where it should, and that its results reach the summary."""

import pathlib
import sys
import tempfile
import unittest
from unittest import mock

NO_PROCESS = 1 << 30
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import board  # noqa: E402
import cgroup_tree  # noqa: E402
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


class CgroupsTest(unittest.TestCase):
    """On a folder that plays the unified hierarchy."""

    def root_after(self, controllers, clean_up):
        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.object(cgroup_tree, "mounts", lambda: [(pathlib.Path(folder), "cgroup2")]),
            mock.patch.object(cgroup_tree, "v1_with_pids", lambda: None),
            mock.patch.object(cgroup_tree, "NAME", f"{cgroup_tree.PREFIX}{NO_PROCESS}"),
        ):
            control = pathlib.Path(folder) / "cgroup.subtree_control"
            control.write_text(controllers, encoding="ascii")
            directory = cgroup_tree.make_with_pids("few")
            (directory.parent / control.name).unlink()  # the kernel's own files are in nobody's way
            clean_up()
            self.assertEqual([path.name for path in pathlib.Path(folder).iterdir()], [control.name])
            return control.read_text(encoding="ascii")

    def test_a_controller_that_was_asked_for_is_given_back(self):
        for clean_up in (cgroup_tree.remove_all, cgroup_tree.remove_abandoned):
            self.assertEqual(self.root_after("cpu memory", clean_up), "-pids")

    def test_a_controller_that_others_have_stays(self):
        self.assertEqual(self.root_after("cpu pids", cgroup_tree.remove_all), "cpu pids")


if __name__ == "__main__":
    unittest.main()
