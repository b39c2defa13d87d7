#!/usr/bin/python3
"""Behind the enforced profile the program does what it does without: in every mode, and counting as in a container."""

import json
import signal
import unittest

import checking
import harness
import modes
import starting

SOFTWARE = "--collector=software"
# It waits half a minute, and does what the other serving modes do.
LONG = {"serve-on"}


@starting.needs_a_filter
class Enforced(unittest.TestCase):
    def test_every_mode_does_what_it_is_about(self):
        for name in modes.MODES.keys() - LONG:
            with self.subTest(name):
                checking.enforce(name)

    def test_it_counts_as_a_user_and_ends_when_told(self):
        with (
            checking.behind("enforced") as (starts, _),
            harness.Exporter(SOFTWARE, program=starts.granted()) as exporter,
        ):
            before = exporter.scrape()
            after = exporter.scrape()
            threads = exporter.threads()
            self.assertEqual(exporter.get("/-/ready")[0], 200)
            self.assertEqual(exporter.stop(signal.SIGTERM), 0)
        self.assertGreater(after.total("context_switches"), before.total("context_switches"))
        self.assertEqual(after.success(), {"software": 1.0})
        for name, status in threads:
            self.assertEqual((status["Uid"].split()[0], status["NoNewPrivs"], status["Seccomp"]),
                             (str(harness.NOBODY), "1", "2"), name)  # fmt: skip
            self.assertEqual(int(status["CapBnd"], 16), harness.PERFMON, name)
            self.assertEqual(int(status["CapEff"], 16), 0, name)

    def test_the_probe_finds_nothing_wrong(self):
        with checking.behind("enforced") as (starts, _):
            done = harness.run("probe", "--format=json", SOFTWARE, program=starts.granted())
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual([finding["id"] for finding in report["findings"]], ["permitted"])
        self.assertEqual(report["facts"]["seccomp_mode"], 2)


if __name__ == "__main__":
    harness.main()
