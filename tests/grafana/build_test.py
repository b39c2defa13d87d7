#!/usr/bin/python3
"""The committed dashboards are what their TypeScript makes, by the real compiler and Grafana's own SDK."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import dashboards

SCRIPT = dashboards.ROOT / "scripts" / "dashboards.sh"
# What the compiler has to refuse: {what: (file, what stands there, what is put there, its message)}
MISTAKES = {
    "a unit that is no text": ("rows/ipc.ts", "unit: units.Hertz", "unit: 5", "is not assignable to type 'string'"),
    "a panel that is not explained": ("rows/ipc.ts", "computed: 'The rate of instructions.',", "", "is missing"),
    "a method that no panel has": ("panels.ts", ".spanNulls(false)", ".spanNull(false)", "'spanNull' does not exist"),
    "a parameter without a type": ("queries.ts", "expression: string", "expression", "implicitly has an 'any' type"),
    "a value that may be missing": ("main.ts", "if (directory === undefined)", "if (!process)", "'undefined' is not"),
}


def build(out, sources=dashboards.SOURCES):
    return subprocess.run([SCRIPT, out, sources], capture_output=True, text=True, timeout=120, check=False)


class Build(unittest.TestCase):
    def setUp(self):
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        made_of = pathlib.Path(cache, "perf-exporter", "grafana-sdk", "made-of")
        if not made_of.exists() or not shutil.which("node"):
            self.skipTest("needs node and Grafana's SDK: scripts/fetch-grafana-sdk.sh")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_the_committed_json_is_what_make_dashboards_would_write(self):
        done = build(self.folder)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        made = {path.name: path.read_text(encoding="utf-8") for path in self.folder.iterdir()}
        committed = {path.name: path.read_text(encoding="utf-8") for path in dashboards.DASHBOARDS.iterdir()}
        self.assertEqual(made.keys(), committed.keys())
        for name, text in made.items():
            self.assertEqual(text.splitlines(), committed[name].splitlines(), f"{name}: run make dashboards")

    def test_the_compiler_refuses_what_does_not_fit_the_types(self):
        for what, (file, old, new, message) in MISTAKES.items():
            with self.subTest(what), tempfile.TemporaryDirectory() as folder:
                sources = pathlib.Path(folder, "grafana")
                shutil.copytree(dashboards.SOURCES, sources, symlinks=True)
                path = sources / "src" / file
                text = path.read_text(encoding="utf-8")
                self.assertIn(old, text)
                path.write_text(text.replace(old, new, 1), encoding="utf-8")
                done = build(self.folder / "out", sources)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(message, done.stdout)
                self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    dashboards.main()
