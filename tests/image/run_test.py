#!/usr/bin/python3
"""The image in a container of runc's, as uid 65534 with PERFMON alone, no_new_privs, a file system that can't be
written to, and the shipped seccomp profile."""

import json
import unittest

import harness
import running

PERFMON = 1 << 38
PROGRAM, PREFLIGHT = "/usr/bin/perf-exporter", "/usr/bin/perf-exporter-preflight"
RISING = ("page_faults", "minor_faults", "context_switches")


@running.needs_isolation
@unittest.skipUnless(harness.paranoid() == 2, "needs perf_event_paranoid 2")
class Container(unittest.TestCase):
    def setUp(self):
        self.bundle = self.enterContext(running.bundle())

    def test_it_counts(self):
        with self.bundle.serving() as served:
            first = served.scrape()
            second = harness.wait_for(lambda: self.risen(first, served.scrape()), f"all of {RISING} to rise")
        for event in RISING:
            print(f"{event}: {first.total(event)} -> {second.total(event)}")
            self.assertGreater(first.total(event), 0)
        self.assertIn("permitted", second.findings())
        self.assertEqual(served.exit_status, 0)

    @staticmethod
    def risen(first, page):
        return page if all(page.total(event) > first.total(event) for event in RISING) else None

    def test_it_may_do_nothing_else(self):
        with self.bundle.serving() as served:
            threads, options = served.threads(), served.root_options()
        self.assertIn("ro", options)
        for status in threads:
            self.assertEqual(status["Uid"].split(), ["65534"] * 4)
            self.assertEqual(status["Gid"].split(), ["65534"] * 4)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
            self.assertEqual(int(status["CapBnd"], 16), PERFMON)
            for name in ("CapEff", "CapInh", "CapAmb"):
                self.assertEqual(int(status[name], 16), 0, name)
        # The thread that opens keeps it in reserve; those that serve have none.
        self.assertEqual({int(status["CapPrm"], 16) for status in threads}, {0, PERFMON})

    def test_the_capability_comes_from_the_file(self):
        for program in (PROGRAM, PREFLIGHT):
            done = self.bundle.run("probe", "--format=json", "--exit-zero", entrypoint=[program])
            facts = json.loads(done.stdout)["facts"]
            held = {name: bool(int(facts[f"capabilities_{name}"], 16) & PERFMON) for name in
                    ("effective", "permitted", "bounding", "inheritable", "ambient")}  # fmt: skip
            self.assertEqual(held, {"effective": True, "permitted": True, "bounding": True, "inheritable": False,
                                    "ambient": False})  # fmt: skip

    def test_without_the_capability_it_is_refused_and_the_preflight_says_why(self):
        done = self.bundle.run(capabilities=())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("operation not permitted", done.stderr)
        text = self.bundle.run("probe", "--exit-zero", capabilities=(), entrypoint=[PREFLIGHT])
        self.assertEqual(text.returncode, 0, text.stderr)
        print(text.stdout)
        report = json.loads(
            self.bundle.run("probe", "--format=json", capabilities=(), entrypoint=[PREFLIGHT]).stdout)
        findings = {finding["id"]: finding for finding in report["findings"]}
        self.assertEqual(report["findings"][0]["id"], "bounding_set_lacks_perfmon")
        self.assertIn("main_program_exec_refused", findings)

    def test_the_list_finds_libpfm4(self):
        done = self.bundle.run("list", "context_switches")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        [library] = self.bundle.root.glob("usr/lib/*/libpfm.so.4")
        library.unlink()
        self.assertIn("libpfm4", self.bundle.run("list", "context_switches").stderr)


if __name__ == "__main__":
    unittest.main()
