#!/usr/bin/python3
"""Without permission it explains, with one capability it counts, and while serving it holds none."""

import json
import unittest

import harness

only_own_threads = unittest.skipIf(
    harness.SANITIZER == "thread", "the sanitizer's own thread has the capabilities of the start")


# By whether the program lies in an image.
NO_FILE_CAPABILITY = {"file_capability_missing", "image_lacks_file_capability"}


@harness.needs_root
class Permissions(unittest.TestCase):
    def setUp(self):
        if harness.paranoid() < 1:
            raise unittest.SkipTest("perf_event_paranoid lets everybody count here")

    def test_without_capabilities_it_serves_the_refusal_and_its_fix(self):
        with harness.copied_binary() as path:
            with harness.Exporter("--collector=software,cycles", program=harness.as_nobody(path)) as exporter:
                page = exporter.scrape()
                _, _, ready = exporter.get("/-/ready")
                exporter.stop()
                log = exporter.log()  # which is written later than the pages
        self.assertEqual(page.success(), {"cycles": 0.0, "software": 0.0})
        self.assertEqual([name for name, _ in page.series() if name.startswith("perf_cpu_page_faults")], [])
        named = NO_FILE_CAPABILITY & page.findings()
        self.assertEqual(len(named), 1, page.findings())
        for text in (log, ready.decode()):
            self.assertIn(*named, text)
            self.assertIn("setcap cap_perfmon=ep", text)
        self.assertEqual(
            page.value("perf_exporter_event_cpus", event="page_faults", scope="cpu", status="refused"),
            len(harness.online_cpus()))

    def test_probe_says_so_and_exits_with_3(self):
        with harness.copied_binary() as path:
            done = harness.run("probe", "--format=json", program=harness.as_nobody(path))
            tolerant = harness.run("probe", "--exit-zero", program=harness.as_nobody(path))
        self.assertEqual((done.returncode, tolerant.returncode), (3, 0))
        self.assertIn(json.loads(done.stdout)["findings"][0]["id"], NO_FILE_CAPABILITY)

    def test_strict_ends_with_3(self):
        with harness.copied_binary() as path:
            done = harness.run(
                "--strict", "--collector=software", f"--web.listen-address=127.0.0.1:{harness.free_port()}",
                program=harness.as_nobody(path))
        self.assertEqual(done.returncode, 3, done.stderr)
        with harness.Exporter("--strict", "--collector=software") as exporter:  # as root it goes on
            self.assertEqual(exporter.scrape().success(), {"software": 1.0})

    @only_own_threads
    def test_with_the_file_capability_any_user_counts(self):
        if harness.paranoid() > 2:
            raise unittest.SkipTest("the distribution's gate may ask for CAP_SYS_ADMIN at this level")
        with harness.copied_binary("cap_perfmon=ep") as path:
            with harness.Exporter("--collector=software", program=harness.as_nobody(path)) as exporter:
                before = exporter.scrape()
                after = exporter.scrape()
                threads = exporter.threads()
        self.assertEqual(after.success(), {"software": 1.0})
        self.assertGreater(after.total("context_switches"), before.total("context_switches"))
        self.assertEqual({status["Uid"].split()[0] for _, status in threads}, {str(harness.NOBODY)})
        self.assertEqual({int(status["CapEff"], 16) for _, status in threads}, {0})
        self.assertIn("log", {name for name, _ in threads})
        holders = {name for name, status in threads if int(status["CapPrm"], 16) != 0}
        self.assertEqual(holders, {"opener"})
        self.assertEqual(
            {int(status["CapPrm"], 16) for name, status in threads if name == "opener"}, {harness.PERFMON})

    def test_no_new_privs_behind_a_shell_loses_the_file_capability(self):
        with harness.copied_binary("cap_perfmon=ep") as path:
            done = harness.run("probe", "--format=json", "--collector=software",
                               program=harness.as_nobody(path, "--no-new-privs"))
        # Behind a shell the permitted set is empty before the exec, and no_new_privs keeps it so.
        self.assertEqual(done.returncode, 3)
        self.assertIn("no_new_privs", json.loads(done.stdout)["findings"][0]["id"])

    def test_a_bounding_set_without_it_refuses_the_exec(self):
        with harness.copied_binary("cap_perfmon=ep") as path:
            done = harness.run("probe", program=harness.as_nobody(path, "--bounding-set=-perfmon"))
        self.assertEqual(done.returncode, 126)
        self.assertIn("peration not permitted", done.stderr)

    @only_own_threads
    def test_root_serves_without_capabilities(self):
        with harness.Exporter("--collector=software") as exporter:
            threads = exporter.threads()
            self.assertEqual(exporter.scrape().success(), {"software": 1.0})
        self.assertEqual({int(status["CapEff"], 16) for _, status in threads}, {0})
        self.assertEqual({name for name, status in threads if int(status["CapPrm"], 16) != 0}, {"opener"})


if __name__ == "__main__":
    harness.main()
