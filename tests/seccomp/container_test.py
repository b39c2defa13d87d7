#!/usr/bin/python3
"""runc and crun start a container with the profile, in which the exporter counts."""

import json
import signal
import subprocess
import unittest

import harness
import starting
from containers import WITHOUT_NO_NEW_PRIVS, bundle, profile_without

SOFTWARE = "--collector=software"


def can_make_namespaces():
    command = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@unittest.skipUnless(can_make_namespaces(), "needs namespaces")
@starting.needs_a_filter
class Containers(unittest.TestCase):
    def counts(self, runtime):
        with bundle(runtime, [SOFTWARE, "--web.listen-address=127.0.0.1:0"]) as command:
            with harness.Exporter(program=command, listen=()) as exporter:
                before = exporter.scrape()
                after = exporter.scrape()
                self.assertEqual(exporter.get("/-/ready")[0], 200)
                self.assertEqual(exporter.stop(signal.SIGTERM), 0)
        self.assertGreater(after.total("context_switches"), before.total("context_switches"))
        self.assertEqual(after.findings(), {"permitted"})
        for name, value in (("seccomp_mode", 2), ("no_new_privs", 1)):
            self.assertEqual(after.value(f"perf_exporter_{name}"), value, name)

    def probes(self, runtime, expected, **options):
        with bundle(runtime, ["probe", "--format=json", SOFTWARE], **options) as command:
            done = harness.run(program=command)
        report = json.loads(done.stdout or "{}")
        self.assertEqual(report.get("findings", [{"id": done.stderr}])[0]["id"], expected)

    @starting.needs("runc")
    def test_runc_starts_one_that_counts(self):
        self.counts("runc")

    @starting.needs("crun")
    def test_crun_starts_one_that_counts(self):
        self.counts("crun")

    @starting.needs("runc")
    def test_runc_applies_it_before_it_becomes_the_user(self):
        """Without no_new_privs a runtime has more to do behind the filter."""
        self.probes("runc", "permitted", wanted=WITHOUT_NO_NEW_PRIVS)

    @starting.needs("crun")
    def test_crun_applies_it_before_it_becomes_the_user(self):
        self.probes("crun", "permitted", wanted=WITHOUT_NO_NEW_PRIVS)

    @starting.needs("runc")
    def test_the_probe_names_a_profile_that_lacks_the_call(self):
        self.probes("runc", "seccomp_eperm", profile=profile_without("perf_event_open"))

    def misses(self, runtime, name):
        with bundle(runtime, ["--version"], profile=profile_without(name)) as command:
            done = harness.run(program=command)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ermitted", done.stderr)

    @starting.needs("runc")
    def test_runc_misses_a_call_that_was_taken_away(self):
        self.misses("runc", "execve")

    @starting.needs("crun")
    def test_crun_misses_a_call_that_was_taken_away(self):
        self.misses("crun", "execve")


if __name__ == "__main__":
    harness.main()
