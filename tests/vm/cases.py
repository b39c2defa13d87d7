"""What is tried in a guest from outside: as an operator would, by commands and scrapes.

Every case leaves the guest as it found it, but for what it says: perf_event_paranoid is set by each that minds.
"""

import contextlib
import json
import shlex
import threading

from guest import harness, wait_for

PLAIN = "/usr/bin/perf-exporter"
WITH_CAPABILITY = "/usr/bin/perf-exporter-with-capability"
V1 = "/tmp/v1/perf_event"  # a v1 hierarchy where the layout has it: below the folder of all
SOFTWARE = ("page_faults", "context_switches")
HARDWARE = ("cycles", "instructions")
HOTPLUG_ROUNDS = 3
RECOVERY_SECONDS = 35  # of the guest's time: what was refused is tried again every 30 s
SMALL_DESCRIPTOR_LIMIT = 20


def counted_events(guest):
    return SOFTWARE + (HARDWARE if guest.machine.architecture == "arm64" and guest.machine.pmu else ())


def as_nobody(path):
    """The start of a command that runs the file as uid 65534. Busybox' shell would take a setpriv of its own."""
    return ["/usr/bin/setpriv", *harness.as_nobody(path)[1:]]


def with_file_capability(guest):
    """The same for the exporter with cap_perfmon=ep on its file."""
    guest.check(f"test -e {WITH_CAPABILITY} || "
                f"{{ cp {PLAIN} {WITH_CAPABILITY} && setcap cap_perfmon=ep {WITH_CAPABILITY}; }}")  # fmt: skip
    return as_nobody(WITH_CAPABILITY)


def busy(guest, cpu):
    return guest.background(f"taskset -c {cpu} sh -c 'while :; do (:); done'")


def assert_counts(guest, exporter, cpus, events=None):
    """Every event of every CPU moves between two scrapes while the CPUs are busy."""
    events = events or counted_events(guest)
    with contextlib.ExitStack() as loads:
        for cpu in cpus:
            loads.enter_context(busy(guest, cpu))
        first = exporter.scrape()

        def has_moved(page):
            return all((page.value(f"perf_cpu_{event}_total", cpu=str(cpu)) or 0)
                       > (first.value(f"perf_cpu_{event}_total", cpu=str(cpu)) or 0)
                       for event in events for cpu in cpus)  # fmt: skip

        page = wait_for(lambda: (lambda page: has_moved(page) and page)(exporter.scrape()),
                                f"all of {events} to move on CPUs {cpus}")  # fmt: skip
    for event in events:
        for cpu in cpus:
            before = first.value(f"perf_cpu_{event}_total", cpu=str(cpu))
            after = page.value(f"perf_cpu_{event}_total", cpu=str(cpu))
            assert before is not None and after > before, f"{event} of CPU {cpu}: {before}, then {after}"
    return page


def series_of(page, cpu):
    return {name for name, labels in page.series() if name.startswith("perf_cpu_") and ("cpu", str(cpu)) in labels
            and name not in ("perf_cpu_info",)}  # fmt: skip


def probe(guest, start=(PLAIN,), *arguments):
    """(exit status, ids of the findings, the whole report)"""
    status, output = guest.run(shlex.join([*start, "probe", "--format=json", *arguments]))
    report = json.loads(output)
    return status, [finding["id"] for finding in report["findings"]], report


def follow(guest, report, finding):
    """Runs the commands that the finding's fix is printed with, by the letter."""
    [fix] = [each["fix"] for each in report["findings"] if each["id"] == finding]
    for line in [line for line in fix.splitlines() if line.startswith("  ")]:
        guest.check(f'sudo() {{ "$@"; }}; {line.strip()}')


def a_user_with_the_file_capability_counts(guest):
    guest.set_paranoid(2)
    with guest.exporter(program=with_file_capability(guest)) as exporter:
        assert_counts(guest, exporter, guest.online_cpus())
        status = exporter.status()
        assert status["Uid"].split()[0] == str(harness.NOBODY), status["Uid"]
        assert int(status["CapEff"], 16) == 0, status["CapEff"]


def a_user_without_a_capability_is_told_why(guest):
    guest.set_paranoid(2)
    guest.check(f"cp {PLAIN} /usr/bin/perf-exporter-of-a-user")
    start = as_nobody("/usr/bin/perf-exporter-of-a-user")
    status, findings, report = probe(guest, start)
    assert (status, findings[0]) == (3, "file_capability_missing"), (status, findings)
    with guest.exporter(program=start) as exporter:
        page = exporter.scrape()
        assert "file_capability_missing" in page.findings(), page.findings()
        assert not series_of(page, 0), series_of(page, 0)
    follow(guest, report, "file_capability_missing")
    status, findings, _ = probe(guest, start)
    assert status == 0 and "permitted" in findings, (status, findings)


def a_user_without_a_capability_counts_at_level_0(guest):
    guest.set_paranoid(2)
    report = probe(guest, as_nobody(PLAIN))[2]
    follow(guest, report, "paranoid_restricts")
    status, findings, _ = probe(guest, as_nobody(PLAIN))
    assert status == 0 and "permitted" in findings, (status, findings)


def debians_gate_is_named_and_its_fix_helps(guest):
    start = with_file_capability(guest)
    guest.set_paranoid(3)
    status, findings, report = probe(guest, start)
    assert (status, findings[0]) == (3, "debian_gate"), (status, findings)
    with guest.exporter(program=start) as exporter:
        page = exporter.scrape()
        assert "debian_gate" in page.findings(), page.findings()
        assert not series_of(page, 0), series_of(page, 0)
        assert set(page.success().values()) == {0.0}, page.success()
    follow(guest, report, "debian_gate")
    with guest.exporter(program=start) as exporter:
        assert_counts(guest, exporter, guest.online_cpus())


def a_running_exporter_counts_once_it_may(guest):
    guest.set_paranoid(3)
    with guest.exporter(program=with_file_capability(guest)) as exporter:
        assert not series_of(exporter.scrape(), 0)
        guest.set_paranoid(2)
        allowed_at = guest.now()
        wait_for(lambda: series_of(exporter.scrape(), 0), "the exporter to count by itself")
        # By its own log: while we wait here, the guest's clock may run far ahead of ours.
        waited = exporter.logged_at("permitted") - allowed_at
        print(f"counts {waited:.1f} s after the sysctl")
        assert waited <= RECOVERY_SECONDS, f"it took {waited} s of the guest's time"
        page = assert_counts(guest, exporter, guest.online_cpus())
        assert "debian_gate" not in page.findings() and "permitted" in page.findings(), page.findings()
        assert page.success()["software"] == 1.0, page.success()


def root_counts_behind_debians_gate(guest):
    guest.set_paranoid(3)
    with guest.exporter() as exporter:
        assert_counts(guest, exporter, guest.online_cpus())
        assert int(exporter.status()["CapEff"], 16) == 0


def the_gate_stands_at_boot(guest):
    """Debian's default; the other cases rely on it being more than 2."""
    level = int(guest.check("cat /proc/sys/kernel/perf_event_paranoid"))
    assert level == 3, level


class Scraper(threading.Thread):
    """Scrapes on and on beside a case; a failure is raised by stop()."""

    def __init__(self, exporter):
        super().__init__()
        self._exporter = exporter
        self._stopping = threading.Event()
        self.pages = 0
        self._error = None

    def run(self):
        try:
            while not self._stopping.is_set():
                self._exporter.scrape()
                self.pages += 1
        except Exception as error:
            self._error = error

    def stop(self):
        self._stopping.set()
        self.join()
        assert self._error is None, f"after {self.pages} scrapes: {self._error}"
        assert self.pages > 0


def _one_hotplug(guest, exporter):
    """CPU 1 goes and comes back. Its events, left open, would read frozen values for good."""
    before = exporter.scrape()
    assert series_of(before, 1), "CPU 1 has no series"
    guest.write("/sys/devices/system/cpu/cpu1/online", "0")
    away = exporter.scrape()
    assert not series_of(away, 1), f"stale: {series_of(away, 1)}"
    for event in counted_events(guest):
        assert away.count(event, 0) >= before.count(event, 0), event
    guest.write("/sys/devices/system/cpu/cpu1/online", "1")
    wait_for(lambda: series_of(exporter.scrape(), 1) == series_of(before, 1), "CPU 1's series to be back")
    page = assert_counts(guest, exporter, [1])
    for event in counted_events(guest):
        assert page.count(event, 0) >= away.count(event, 0), event


def a_cpu_goes_and_comes_back(guest):
    guest.set_paranoid(2)
    with guest.exporter(program=with_file_capability(guest)) as exporter, busy(guest, 0):
        _one_hotplug(guest, exporter)
        descriptors = exporter.settled_descriptors()
        scraper = Scraper(exporter)
        scraper.start()
        try:
            for _ in range(HOTPLUG_ROUNDS):
                _one_hotplug(guest, exporter)
        finally:
            scraper.stop()
        assert exporter.settled_descriptors() == descriptors


def a_cpu_that_was_off_between_two_looks_is_noticed_unscraped(guest):
    """Its events are frozen from then on, and no scrape comes to see it."""
    guest.set_paranoid(2)
    with guest.exporter(program=with_file_capability(guest)) as exporter, busy(guest, 0):
        before = exporter.scrape()
        guest.check("cd /sys/devices/system/cpu/cpu1 && echo 0 > online && echo 1 > online")
        wait_for(lambda: "CPU 1 was offline meanwhile" in exporter.log(), "the log to name the CPU")
        page = assert_counts(guest, exporter, [1])
        for event in counted_events(guest):
            assert page.count(event, 1) >= before.count(event, 1), event


def an_event_that_never_moves_is_not_shown(guest):
    """The emulated PMU takes the stall events and leaves them at 0. The CPUs are left idle: a busy one makes virtual
    time pass slowly."""
    guest.set_paranoid(2)
    program = with_file_capability(guest)
    with guest.exporter("--collector=cycles,instructions,stalls", program=program) as exporter:
        assert_counts(guest, exporter, [0], HARDWARE)

        def cpus_silent():
            page = exporter.scrape()
            assert not page.values("perf_cpu_stalled_cycles_frontend_total"), page.text
            return page.value("perf_exporter_event_cpus", event="stalled_cycles_frontend", scope="cpu", status="silent")

        wait_for(cpus_silent, "the event to be called silent")
        # The opening thread publishes it, behind the scrape that saw it.
        wait_for(lambda: "event_silent" in exporter.scrape().findings(), "the finding that says so")
        page = exporter.scrape()
        assert not {"pmu_not_counting", "pmu_counts_nonsense", "pmu_unchecked"} & page.findings(), page.findings()


def without_a_pmu_software_events_count(guest):
    guest.set_paranoid(2)
    start = with_file_capability(guest)
    status, findings, _ = probe(guest, start)
    assert status == 0 and "no_pmu" in findings, (status, findings)
    with guest.exporter(program=start) as exporter:
        page = assert_counts(guest, exporter, guest.online_cpus())
        assert "no_pmu" in page.findings(), page.findings()
        for event in HARDWARE:
            assert not page.values(f"perf_cpu_{event}_total"), event
        assert page.success()["cycles"] == 0.0 and page.success()["software"] == 1.0, page.success()


def a_cpu_that_was_never_online_is_counted_once_it_is(guest):
    guest.set_paranoid(2)
    assert guest.online_cpus() == [0], guest.online_cpus()
    with guest.exporter("--cpus=0-1", program=with_file_capability(guest)) as exporter:
        page = exporter.scrape()
        assert series_of(page, 0) and not series_of(page, 1), page.text
        assert "cpu_not_online" in page.findings(), page.findings()
        guest.write("/sys/devices/system/cpu/cpu1/online", "1")
        wait_for(lambda: series_of(exporter.scrape(), 1), "CPU 1's series")
        assert_counts(guest, exporter, [0, 1])
        assert "cpu_not_online" not in exporter.scrape().findings()
    guest.write("/sys/devices/system/cpu/cpu1/online", "0")


def descriptors_that_run_out_leave_the_server_answering(guest):
    guest.set_paranoid(2)
    command = ["sh", "-c", f'ulimit -n {SMALL_DESCRIPTOR_LIMIT}; exec "$0" "$@"', PLAIN]
    with guest.exporter(program=command) as exporter:
        page = exporter.scrape()
        assert {"descriptor_limit", "descriptors_exhausted"} & page.findings(), page.findings()
        for _ in range(20):
            exporter.scrape()


def events_of_a_cgroup_open_where_its_hierarchy_is(guest):
    """The controller goes to a v1 hierarchy as soon as one is mounted; v2's folders are refused from then on."""
    test = "kernel_test --gtest_filter=CgroupOpen.*"
    guest.check("mkdir -p /sys/fs/cgroup/some")
    guest.check(f"CGROUP=/sys/fs/cgroup/some CGROUP_EXPECTS=opened {test}")
    guest.check(f"mkdir -p {V1} && mount -t cgroup -o perf_event none {V1} && mkdir -p {V1}/some")
    guest.check(f"CGROUP=/sys/fs/cgroup/some CGROUP_EXPECTS=ENOENT {test}")
    guest.check(f"CGROUP={V1}/some CGROUP_EXPECTS=opened {test}")


def a_user_counts_beside_a_v1_hierarchy(guest):
    assert guest.run(f"mount | grep -q ' {V1} '")[0] == 0, "the case before mounts it"
    a_user_with_the_file_capability_counts(guest)
