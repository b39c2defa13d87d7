"""What was never tried is nobody's refusal: every rendering says that it was not tried, and none that it was refused."""

import json
import pathlib
import re
import sys

import cgroup_tree
import starts
from board import Found, Scenario
from probing import REFUSED_STATUS, SOFTWARE, names, run
from starts import filtered, limited, nobody, program

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402

# The flags of fork(2) as glibc makes it: threads are made with others.
FORK = "0x1200011"
NO_FORK = ("clone3:ENOSYS", f"clone:EAGAIN:0:{FORK}")
WOULD_END = "perf_event_open would end this process (SIGSYS)"
NO_CHILD = "no child process to try it in (EAGAIN)"
# Where no child can be made, neither can the calls be tried that it can do without.
BESIDE = "seccomp_other_calls"
REFUSALS = re.compile(r"\bEPERM\b|not permitted|event_refused|The kernel refuses|\brefused\b")
STAT_ROW = re.compile(r"^  (\w+) +(.+)$", re.M)
LIST_ROW = re.compile(r"^(\w+) +software +(\w+) ", re.M)


def of_table(text):
    """{event: what stat says of it}"""
    return dict(STAT_ROW.findall(text.partition("\n\n")[2]))


class Renderings:
    """What the renderings say, gathered as problems."""

    def __init__(self, finding, why):
        self.finding = finding
        self.why = why
        self.problems = []

    def expect(self, where, condition, seen):
        if not condition:
            self.problems.append(f"{where}: {seen}")

    def expect_no_refusal(self, where, text):
        self.expect(where, not (found := REFUSALS.search(text)), f"speaks of a refusal: {found}")

    def judge_report(self, where, text):
        report = json.loads(text)
        outcomes = {(event["status"], event["error"]) for event in report["events"]}
        self.expect(where, outcomes == {("untried", None)}, outcomes)
        self.expect(where, report["findings"][0]["id"] == self.finding, report["findings"][0])
        self.expect_no_refusal(where, json.dumps({key: report[key] for key in ("events", "findings")}))

    def serve(self, exporter):
        page = exporter.scrape()
        cpus = len(harness.online_cpus())
        statuses = {(dict(labels)["status"], value)
                    for labels, value in page.values("perf_exporter_event_cpus").items()}  # fmt: skip
        self.expect("metrics", statuses == {("untried", cpus), ("counting", 0)}, statuses)
        self.expect("metrics", page.success() == {"software": 0.0}, page.success())
        findings = page.findings() - {BESIDE}
        self.expect("metrics", findings == {self.finding}, findings)
        ready = exporter.get("/-/ready")[2].decode()
        self.expect("/-/ready", self.finding in ready, ready)
        self.judge_report("/probe", exporter.get("/probe", Accept="application/json")[2])
        front = exporter.get("/")[2].decode()
        self.expect("/", "not tried: " + self.why in front and 'class="untried"' in front, front)
        for where, text in (("/-/ready", ready), ("/", front.partition("</style>")[2]), ("log", exporter.log())):
            self.expect_no_refusal(where, text)

    def stat(self, done):
        rows = of_table(done.stdout)
        expected = dict.fromkeys(harness.SOFTWARE_EVENTS, f"not tried: {self.why}")
        self.expect("stat", expected.items() <= rows.items(), rows or done.stderr)
        self.expect("stat", done.returncode == REFUSED_STATUS and self.finding in done.stderr, done)
        self.expect_no_refusal("stat", done.stdout + done.stderr)

    def list(self, done):
        rows = dict(LIST_ROW.findall(done.stdout))
        self.expect("list", rows == dict.fromkeys(rows, "untried") and set(harness.SOFTWARE_EVENTS) <= set(rows), rows)
        self.expect("list", done.returncode == 0 and self.why in done.stderr, done)
        self.expect_no_refusal("list", done.stdout + done.stderr)

    def probe(self, done):
        self.judge_report("probe", done.stdout)

    def strict(self, done):
        self.expect("--strict", done.returncode == REFUSED_STATUS, done)

    def found(self):
        return Found(self.finding, self.problems)


def stat_of(command):
    return run([*command, "stat", "--for=100ms", *SOFTWARE])


def all_agree(finding, why, command):
    seen = Renderings(finding, why)
    with harness.Exporter(*SOFTWARE, program=command) as exporter:
        seen.serve(exporter)
    seen.stat(stat_of(command))
    seen.list(run([*command, "list"]))
    seen.probe(run([*command, "probe", "--format=json", *SOFTWARE]))
    seen.strict(run([*command, "--strict", *SOFTWARE, "--web.listen-address=127.0.0.1:0"]))
    return seen.found()


def tasks_of_serving(command):
    with harness.Exporter(*SOFTWARE, program=command) as exporter:
        return len(exporter.threads())


def serve_at_the_limit(seen, limited_to, command):
    """An exporter that has its threads and no room for one process more: how many that are is looked for."""
    for limit in range(tasks_of_serving(command), 0, -1):
        with harness.Exporter(*SOFTWARE, program=[*limited_to(limit), *command]) as exporter:
            if exporter.scrape().value("perf_exporter_event_cpus", event="migrations", scope="cpu", status="untried"):
                seen.serve(exporter)
                return
    raise AssertionError("a child could be made at every limit")


def stat_at_the_limit(seen, limited_to, command):
    """The same for what counts without serving."""
    for limit in range(1, 10):
        done = stat_of([*limited_to(limit), *command])
        if "event " in done.stdout:
            seen.stat(done)
            return
    raise AssertionError("stat never ran")


def agree_at_the_limit(limited_to, command):
    """`limited_to(tasks)`: the start of a command that may have so many, itself among them."""
    seen = Renderings("trials_not_run", NO_CHILD)
    serve_at_the_limit(seen, limited_to, command)
    stat_at_the_limit(seen, limited_to, command)
    alone = [*limited_to(1), *command]
    seen.list(run([*alone, "list"]))
    seen.probe(run([*alone, "probe", "--format=json", *SOFTWARE]))
    return seen.found()


def agree_in_a_full_cgroup():
    directory = cgroup_tree.make_with_pids("full")

    def limited_to(tasks):
        return ["sh", "-ec", f'echo {tasks} > {directory}/pids.max; exec "$0" "$@"', *starts.in_cgroup(directory)]

    try:
        return agree_at_the_limit(limited_to, [program("none")])
    finally:
        cgroup_tree.remove_all()


def untried(name, finding, look, needs=()):
    return Scenario("untried", name, names(finding), look, needs)


SCENARIOS = [
    untried("a filter that kills", "seccomp_kill",
            lambda: all_agree("seccomp_kill", WOULD_END,
                              [*filtered("perf_event_open:KILL_PROCESS"), *nobody(), program("ep")]),
            needs=("python3-seccomp",)),
    untried("a filter that lets no child be made", "trials_not_run",
            lambda: all_agree("trials_not_run", NO_CHILD, [*filtered(*NO_FORK), *nobody(), program("ep")]),
            needs=("python3-seccomp",)),
    untried("no process left to a user (RLIMIT_NPROC)", "trials_not_run",
            lambda: agree_at_the_limit(lambda tasks: limited(f"nproc={tasks}:{tasks}"),
                                       [*nobody(uid=65112), program("ep")])),
    untried("no process left to a cgroup (pids.max)", "trials_not_run", agree_in_a_full_cgroup,
            needs=("cgroup_pids",)),
]  # fmt: skip
