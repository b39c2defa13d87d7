#!/usr/bin/python3
"""The Debian package on a machine that runs systemd: installed, counting, refused, upgraded and purged.

installed.py DEB: needs root, podman, runc and debootstrap; the file system that the machine starts from is kept in the
cache. Prints what it saw."""

import re
import subprocess
import sys
import unittest

import containers
import filters
import machine
import nspawn

PERFMON = 1 << 38
PAGES = ("/", "/metrics", "/probe", "/version", "/-/ready", "/-/healthy")
DROPINS = "/etc/systemd/system/perf-exporter.service.d"


def field(name):
    return subprocess.run(["dpkg-deb", "--field", DEB, name], check=True, text=True, stdout=subprocess.PIPE).stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        root = machine.base(field("Depends").strip())
        cls.machine = cls.enterClassContext(machine.Machine(root))
        cls.machine.put(DEB, "/tmp/perf-exporter.deb")
        cls.before = cls.files()

    def setUp(self):
        self.run_in("dpkg --install /tmp/perf-exporter.deb")

    def tearDown(self):
        self.run_in("dpkg --purge perf-exporter")
        self.run_in(f"rm -rf {DROPINS}; systemctl daemon-reload")

    @classmethod
    def files(cls):
        """What the machine's disk holds, less what tests put into /tmp."""
        return set(cls.machine.run("find / -xdev -not -path '/tmp/*'").splitlines())

    def run_in(self, script, **options):
        return self.machine.run(script, **options)

    def property(self, name, unit="perf-exporter"):
        return self.run_in(f"systemctl show --property={name} --value {unit}").strip()

    def restart_with(self, settings):
        """The service with a drop-in; the exit status of its start."""
        self.run_in(f"mkdir -p {DROPINS}; printf '[Service]\\n{settings}\\n' > {DROPINS}/test.conf; "
                    "systemctl daemon-reload")  # fmt: skip
        return int(self.run_in("systemctl restart perf-exporter > /dev/null 2>&1; echo $?"))

    def count(self, event="context_switches", address="127.0.0.1:10950"):
        page = self.run_in(f"curl --silent --fail http://{address}/metrics")
        return sum(map(int, re.findall(rf"^perf_cpu_{event}_total{{.*}} (\d+)$", page, re.M)))

    def statuses(self):
        """[{field: value}] of its threads."""
        text = self.run_in(f"cat /proc/{self.property('MainPID')}/task/*/status")
        return [dict(re.findall(r"^(\w+):\s+(.*)$", part, re.M)) for part in re.split(r"(?m)^(?=Name:)", text)[1:]]

    def assert_rises(self, **where):
        first = self.count(**where)
        self.run_in("for i in 1 2 3 4 5; do sleep 0.02; done")
        second = self.count(**where)
        self.assertGreater(second, first)
        self.assertGreater(first, 0)
        print(f"context switches {first} -> {second}")

    def test_it_starts_and_counts(self):
        self.assertEqual(self.property("ActiveState"), "active")
        self.assertEqual(self.run_in("systemctl is-enabled perf-exporter").strip(), "enabled")
        self.assert_rises()
        page = self.run_in("curl --silent http://127.0.0.1:10950/metrics")
        self.assertIn('perf_exporter_finding{finding="permitted",severity="ok"} 1', page)

    def test_it_holds_next_to_nothing(self):
        threads = self.statuses()
        self.assertGreater(len(threads), 2)
        for status in threads:
            self.assertNotIn("0", status["Uid"].split())
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
            self.assertEqual(int(status["CapEff"], 16), 0)
            self.assertEqual(int(status["CapBnd"], 16), PERFMON)
        # The one that opens events.
        self.assertEqual(sorted(int(status["CapPrm"], 16) for status in threads)[-2:], [0, PERFMON])

    def test_its_binary_gives_no_user_anything(self):
        self.assertEqual(self.run_in("ls -l /usr/bin/perf-exporter").split()[0], "-rwxr-xr-x")
        for reader in ("65534", "12345"):
            done = self.run_in(f"setpriv --reuid {reader} --clear-groups --inh-caps=-all --bounding-set=-all "
                               "perf-exporter probe --collector software; echo exit $?")  # fmt: skip
            self.assertIn("exit 3", done)

    def test_the_filter_takes_away_nothing_that_it_calls(self):
        self.assertEqual(self.restart_with("SystemCallErrorNumber=kill"), 0)
        for page in PAGES:
            self.run_in(f"curl --silent --fail http://127.0.0.1:10950{page}")
        self.assert_rises()
        self.run_in("systemctl stop perf-exporter")
        self.assertEqual(self.property("Result"), "success")

    def test_it_listens_wherever_it_is_told(self):
        where = "localhost:10951,[::1]:10952,unix:/run/perf-exporter/http.sock"
        self.run_in(f"echo PERF_EXPORTER_WEB_LISTEN_ADDRESS={where} >> /etc/default/perf-exporter")
        self.run_in("systemctl restart perf-exporter")
        for arguments in ("http://localhost:10951/", "'http://[::1]:10952/'",
                          "--unix-socket /run/perf-exporter/http.sock http://host/"):  # fmt: skip
            self.run_in(f"curl --silent --fail {arguments}")

    def test_a_group_may_be_let_to_its_unix_socket(self):
        self.run_in("echo PERF_EXPORTER_WEB_LISTEN_ADDRESS=unix:/run/perf-exporter/http.sock >> "
                    "/etc/default/perf-exporter")  # fmt: skip
        self.assertEqual(self.restart_with("Group=www-data\\nUMask=0007"), 0)
        curl = "curl --silent --unix-socket /run/perf-exporter/http.sock http://host/-/healthy; echo exit $?"
        for group, status in (("www-data", 0), ("nogroup", 7)):
            done = self.run_in(f"setpriv --reuid 65534 --regid {group} --clear-groups {curl}")
            self.assertIn(f"exit {status}", done)

    def test_a_reload_has_it_look_again(self):
        pid = self.property("MainPID")
        self.run_in("systemctl reload perf-exporter")
        self.run_in("until journalctl --unit perf-exporter | grep --quiet 'looking again'; do sleep 0.1; done")
        self.assertEqual(self.property("MainPID"), pid)
        self.assert_rises()

    def test_without_the_capability_it_says_so_and_goes_on(self):
        self.assertEqual(self.restart_with("AmbientCapabilities=\\nCapabilityBoundingSet="), 0)
        page = self.run_in("curl --silent http://127.0.0.1:10950/metrics")
        findings = re.findall(r'^perf_exporter_finding{finding="(\w+)",severity="fail"} 1$', page, re.M)
        self.assertTrue(findings)
        self.assertNotIn("perf_cpu_context_switches_total{", page)
        self.assertIn(f"{findings[0]}: ", self.run_in("journalctl --unit=perf-exporter --no-pager"))
        print(f"without CAP_PERFMON: {findings}")

    def test_in_a_user_namespace_it_is_refused(self):
        self.assertEqual(self.restart_with("PrivateUsers=yes"), 0)
        page = self.run_in("curl --silent http://127.0.0.1:10950/metrics")
        self.assertIn('perf_exporter_finding{finding="user_namespace",severity="fail"} 1', page)

    def test_strict_and_refused_is_a_failed_start(self):
        # No machine has this CPU, which --strict does not forgive.
        self.run_in("echo 'ARGS=\"--strict --cpus=0,65535\"' >> /etc/default/perf-exporter")
        self.assertNotEqual(int(self.run_in("systemctl restart perf-exporter 2> /dev/null; echo $?")), 0)
        self.assertEqual(self.property("ExecMainStatus"), "3")

    def test_socket_activation(self):
        self.run_in("systemctl disable --now perf-exporter")
        self.run_in("cp -r /usr/share/doc/perf-exporter/examples/socket-activation/* /etc/systemd/system; "
                    "systemctl daemon-reload; systemctl enable --now perf-exporter-proxy.socket")  # fmt: skip
        try:
            self.assertEqual(self.property("ActiveState"), "inactive")
            self.assert_rises()
            self.assert_rises(address="[::1]:10950")
            for unit in ("perf-exporter", "perf-exporter-proxy"):
                self.assertEqual(self.property("ActiveState", unit), "active")
            namespaces = [self.run_in(f"readlink /proc/{process}/ns/net") for process in
                          (self.property("MainPID"), self.property("MainPID", "perf-exporter-proxy"), "1")]
            self.assertEqual(namespaces[0], namespaces[1])
            self.assertNotEqual(namespaces[0], namespaces[2])
        finally:
            self.run_in("systemctl disable --now perf-exporter-proxy.socket; systemctl stop perf-exporter-proxy; "
                        "rm -r /etc/systemd/system/perf-exporter-proxy.*; systemctl daemon-reload")  # fmt: skip

    def test_an_upgrade_restarts_what_runs_and_leaves_what_is_off(self):
        process = self.property("MainPID")
        self.run_in("dpkg --install /tmp/perf-exporter.deb")
        self.assertEqual(self.property("ActiveState"), "active")
        self.assertNotEqual(self.property("MainPID"), process)
        self.run_in("systemctl disable --now perf-exporter; dpkg --install /tmp/perf-exporter.deb")
        self.assertEqual(self.run_in("systemctl is-enabled perf-exporter", check=False).strip(), "disabled")
        self.assertEqual(self.property("ActiveState"), "inactive")

    def test_removal_keeps_the_configuration_and_purge_keeps_nothing(self):
        self.run_in("echo PERF_EXPORTER_LOG_LEVEL=debug >> /etc/default/perf-exporter")
        self.run_in("dpkg --remove perf-exporter")
        self.assertIn("debug", self.run_in("cat /etc/default/perf-exporter"))
        self.assertNotIn("perf-exporter", self.run_in("cat /proc/[0-9]*/comm", check=False))
        self.run_in("dpkg --install /tmp/perf-exporter.deb")
        self.assertEqual(self.property("ActiveState"), "active")
        self.run_in("dpkg --purge perf-exporter")
        self.assertEqual(self.files() - self.before, set())
        self.assertEqual(self.before - self.files(), set())
        self.assertIn("0 loaded units listed", self.run_in("systemctl list-units --all --no-pager 'perf-exporter*'"))
        self.assertEqual(self.run_in("dpkg --list perf-exporter 2> /dev/null | grep perf-exporter", check=False), "")


if __name__ == "__main__":
    [DEB] = sys.argv[1:]
    depends = field("Depends").strip()
    well = [unittest.main(argv=sys.argv[:1], verbosity=2, exit=False).result.wasSuccessful(),
            filters.run(DEB, depends), nspawn.run(DEB, depends), containers.run(DEB)]  # fmt: skip
    sys.exit(0 if all(well) else 1)
