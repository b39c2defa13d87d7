"""Units whose filters take calls of the exporter: what it then says, and that the printed fix mends it by the letter."""

import unittest

import lxc_machine
import machine
import printed

PAIR = "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n"
DENY_LIST = "SystemCallFilter=~@debug @privileged @resources\n"
# Filters that systemd installs without a list.
WITHOUT_LIST = "RestrictNamespaces=yes\nLockPersonality=yes\n"
PLAIN_USER = "DynamicUser=no\nUser=nobody\n"
HIDDEN = "ProtectProc=invisible\n"  # /proc/1, among others
LACKING = "capset perf_event_open sched_setaffinity"
SHORT = [printed.CONFIGURATION, f"SystemCallFilter={LACKING}"]
LONG = [printed.CONFIGURATION, f"SystemCallFilter=@system-service {LACKING}"]
UNIT = """[Service]
Type=notify
DynamicUser=yes
AmbientCapabilities=CAP_PERFMON
ExecStart=/usr/bin/perf-exporter --collector=software --web.listen-address=127.0.0.1:10960
"""
NAME = "counting.service"


class Units(unittest.TestCase):
    """What the tests on both machines do with a unit."""

    machine: machine.Machine

    def run_in(self, script, **options):
        return self.machine.run(script, **options)

    def start(self, settings):
        self.machine.write(f"/etc/systemd/system/{NAME}", UNIT + settings)
        self.run_in(f"rm -rf /etc/systemd/system/{NAME}.d; systemctl daemon-reload; systemctl restart {NAME}")
        self.assert_lives()

    def assert_lives(self):
        self.assertEqual(self.run_in(f"systemctl is-active {NAME}", check=False).strip(), "active")

    def probe(self):
        return printed.findings(self.run_in("curl --silent --header 'Accept: application/json' "
                                            "http://127.0.0.1:10960/probe"))  # fmt: skip

    def assert_counts_without_a_complaint(self):
        self.assert_lives()
        self.assertEqual(set(self.probe()), {"permitted"})
        page = self.run_in("curl --silent --fail http://127.0.0.1:10960/metrics")
        self.assertIn('perf_exporter_collector_success{collector="software"} 1', page)

    def tearDown(self):
        self.run_in(f"systemctl stop {NAME}; rm -rf /etc/systemd/system/{NAME}*; systemctl daemon-reload")


class OnAMachine(Units):
    @classmethod
    def setUpClass(cls):
        cls.machine = cls.enterClassContext(machine.Machine(machine.base(DEPENDS)))
        cls.machine.put(DEB, "/tmp/perf-exporter.deb")
        cls.machine.run("dpkg --extract /tmp/perf-exporter.deb /")
        cls.reader = printed.Reader(cls.machine)

    def told(self, finding="seccomp_kill"):
        """The fix of a unit whose filter takes three calls and ends the process for them."""
        found = self.probe()
        self.assertLessEqual({finding, "seccomp_other_calls"}, set(found))
        self.assertIn("capset SIGSYS", found["seccomp_other_calls"]["evidence"])
        self.assertEqual(found[finding]["fix"], found["seccomp_other_calls"]["fix"])
        return found[finding]["fix"]

    def test_the_printed_line_adds_to_a_list_that_must_be_there(self):
        for settings in (PAIR, DENY_LIST):
            with self.subTest(settings):
                self.start(settings)
                fix = self.told()
                self.assertEqual(printed.configurations(fix), [SHORT])
                self.reader.follow(fix)
                self.assert_counts_without_a_complaint()

    def test_both_printed_lines_mend_where_it_cannot_be_told(self):
        for settings in (PAIR, DENY_LIST):
            for which in (0, 1):
                with self.subTest(settings, which=which):
                    self.start(HIDDEN + settings)
                    fix = self.told()
                    self.assertEqual(printed.configurations(fix), [SHORT, LONG])
                    self.reader.follow(fix, which)
                    self.assert_counts_without_a_complaint()

    def test_the_long_line_harms_no_unit_without_a_list(self):
        self.start(HIDDEN + PAIR)
        fix = self.told()
        self.start(WITHOUT_LIST)
        self.assert_counts_without_a_complaint()
        self.reader.follow(fix, 1)
        self.assert_counts_without_a_complaint()

    def test_the_question_is_answered_by_the_printed_command(self):
        self.start(HIDDEN + PAIR)
        [question] = [line for line in printed.commands(self.told()) if "--property=SystemCallFilter" in line]
        answers = {}
        for settings in (PAIR, DENY_LIST, WITHOUT_LIST):
            self.start(settings)
            answers[settings] = self.run_in(question).strip()
        self.assertEqual(answers[WITHOUT_LIST], "SystemCallFilter=~")
        self.assertRegex(answers[DENY_LIST], r"^SystemCallFilter=~\w")
        self.assertRegex(answers[PAIR], r"^SystemCallFilter=\w")

    def test_the_capability_comes_by_the_printed_drop_in(self):
        self.start("AmbientCapabilities=\nCapabilityBoundingSet=\n")
        self.reader.follow(self.probe()["bounding_set_lacks_perfmon"]["fix"])
        self.assert_counts_without_a_complaint()
        self.start("PrivateUsers=yes\n")
        self.reader.follow(self.probe()["user_namespace"]["fix"])
        self.assert_counts_without_a_complaint()

    def test_another_file_capability_goes_by_the_printed_command(self):
        self.run_in("setcap cap_net_raw=p /usr/bin/perf-exporter")
        try:
            self.start(PLAIN_USER)  # a sandbox would mount the file nosuid
            fix = self.probe()["file_capability_lacks_perfmon"]["fix"]
            self.assertIn("sudo setcap -r /usr/bin/perf-exporter", printed.commands(fix))
            self.reader.follow(fix)
            self.assert_counts_without_a_complaint()
        finally:
            self.run_in("setcap -r /usr/bin/perf-exporter", check=False)


class InALinuxContainer(Units):
    """LXC with a filter of its own: PID 1 has it, and so has every unit, whatever its own settings."""

    @classmethod
    def setUpClass(cls):
        cls.machine = cls.enterClassContext(lxc_machine.Machine(machine.base(DEPENDS), ["perf_event_open errno 1"]))
        cls.machine.unpack(DEB)
        cls.reader = printed.Reader(cls.machine)

    def test_a_unit_without_filters_is_told_apart(self):
        self.start(PLAIN_USER)  # a sandbox would bring filters
        fix = self.probe()["seccomp_eperm"]["fix"]
        self.assertEqual(printed.configurations(fix), [])

    def test_the_long_line_does_not_end_a_unit_without_a_list(self):
        for settings in (WITHOUT_LIST, HIDDEN + WITHOUT_LIST):
            with self.subTest(settings):
                self.start(settings)
                fix = self.probe()["seccomp_eperm"]["fix"]
                self.assertEqual([block[1] for block in printed.configurations(fix)],
                                 ["SystemCallFilter=perf_event_open",
                                  "SystemCallFilter=@system-service perf_event_open"])  # fmt: skip
                self.reader.follow(fix, 1)
                self.assert_lives()
                self.assertIn("seccomp_eperm", self.probe())


def load_tests(loader, _tests, _pattern):
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (OnAMachine, InALinuxContainer))


def run(package, dependencies):
    """Whether all went well."""
    globals().update(DEB=package, DEPENDS=dependencies)
    return unittest.main(__name__, argv=["filters.py"], verbosity=2, exit=False).result.wasSuccessful()
