"""Next to no descriptors, tasks or threads that come back: it serves with what is left, or says what it lacks."""

import contextlib
import os
import pathlib
import re
import sys
import time

from board import Found, Scenario
from probing import SOFTWARE, look, run
from silence import FINDING, judge_end, unanswered
from starts import in_cgroup, limited, nobody, program
from threads import ENDS, ENOUGH, LIMITED, SERVES, USAGE_STATUS, kept_connections, stops, tasks

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402

ENOUGH_DESCRIPTORS = 12  # docs/install.md
STOP_SECONDS = 3


def by_user(descriptors):
    return [*limited(f"nofile={descriptors}:{descriptors}"), *nobody(), program("ep")]


def serves_with_few_descriptors():
    with (
        harness.Exporter(*SOFTWARE, program=by_user(ENOUGH_DESCRIPTORS)) as exporter,
        contextlib.ExitStack() as clients,
    ):
        problems = [*kept_connections(exporter, clients)]
        problems += [f"{page} is not answered" for page in ("/-/healthy", "/metrics", "/") if exporter.get(page)[0] != 200]
        if "descriptors_exhausted" in exporter.scrape().findings():
            problems.append("its own connections make it say that no descriptor is left")
    return Found(SERVES, problems)


def ends_without_descriptors():
    done = run([*by_user(ENOUGH_DESCRIPTORS - 1), *SOFTWARE, "--web.listen-address=127.0.0.1:0"])
    words = rf"takes {ENOUGH_DESCRIPTORS} file descriptors at least: RLIMIT_NOFILE is {ENOUGH_DESCRIPTORS - 1};"
    problems = [] if re.search(words, done.stderr) and len(done.stderr.splitlines()) == 1 else [done.stderr]
    problems += [f"exit status {done.returncode}"] if done.returncode != USAGE_STATUS else []
    return Found(ENDS, problems)


def lose_a_scrape(exporter, clients):
    """On one more CPU, as the finding then says."""

    def told():
        return re.search(r"events of CPU (\S+)", exporter.get("/-/ready")[2].decode())

    before = (told() or [None])[0]
    client = clients.enter_context(contextlib.closing(exporter.connect()))
    client.request("GET", "/metrics")
    harness.wait_for(lambda: (told() or [None])[0] != before, "the finding")


def serves_while_reads_hang():
    """As many scrapes are lost as there are threads that answer, or CPUs, and no limit of scrapes at once."""
    arguments = [*SOFTWARE, "--web.max-requests=1"]
    with (
        tasks(ENOUGH) as directory,
        harness.Exporter(*arguments, program=[*in_cgroup(directory), *unanswered("reads")]) as exporter,
        contextlib.ExitStack() as clients,
    ):
        for _ in harness.online_cpus()[:2]:
            lose_a_scrape(exporter, clients)
        pages = ("/-/healthy", "/", "/probe", "/metrics", "/metrics")
        problems = [f"{page} is answered with {status}" for page in pages if (status := exporter.get(page)[0]) != 200]
        page = exporter.scrape()
        problems += [] if FINDING in page.findings() else ["the metrics do not say it"]
        if counted := page.values("perf_cpu_page_faults_total"):
            problems.append(f"counts of CPUs that are not read: {counted}")
        began = time.monotonic()
        problems += stops(exporter, "/nowhere")
        took = time.monotonic() - began
        problems += [f"it takes {took} s to end"] if took > STOP_SECONDS else []
    return Found(SERVES, problems)


def stat_tells_of_reads_that_hang():
    done = run([*unanswered("reads"), "stat", "--for=1ms", *SOFTWARE])
    problems = judge_end(done)
    problems += [] if "page_faults" in done.stdout else ["no table is printed"]
    told = re.search(rf"{FINDING}: .*events of CPU \d", done.stderr)
    return Found(FINDING if told else "nothing", problems)


def the_page_meets_the_hang():
    """The very first request that has anything read."""
    with harness.Exporter(*SOFTWARE, program=unanswered("reads")) as exporter:
        statuses = {page: exporter.get(page)[0] for page in ("/", "/-/healthy", "/metrics", "/")}
        problems = [f"{page} is answered with {status}" for page, status in statuses.items() if status != 200]
        harness.wait_for(lambda: FINDING in exporter.scrape().findings(), "the finding")
        problems += stops(exporter, "/nowhere")
    return Found(SERVES, problems)


def stat_with_few(number):
    """Reads that hang included: the threads that read were made before."""
    with tasks(number) as directory:
        done = run([*in_cgroup(directory), *unanswered("reads"), "stat", "--for=1ms", *SOFTWARE])
    told = re.search(rf"{FINDING}: .*events of CPU \d", done.stderr)
    return Found(FINDING if told else "nothing", judge_end(done))


def stat_with_too_few(number):
    with tasks(number) as directory:
        done = run([*in_cgroup(directory), program("ep"), "stat", "--for=1ms", *SOFTWARE])
    problems = [] if f"is {number}, and " in done.stderr and len(done.stderr.splitlines()) == 1 else [done.stderr]
    problems += [f"exit status {done.returncode}"] if done.returncode != USAGE_STATUS else []
    return Found(ENDS, problems)


def counts_what_it_may(number):
    """With a task beside its own for a child and, after that, for the thread that looks on."""
    with tasks(number) as directory:
        found = look([*in_cgroup(directory), program("ep")])
        listed = run([*in_cgroup(directory), program("ep"), "list", "page_faults"])
    if not re.search(r"^page_faults +software +opens ", listed.stdout, re.M):
        found.problems.append(f"list: {listed.stdout}{listed.stderr}")
    return found


def tells_of_few_threads():
    """How many there are, and which limit; no more once there is room."""
    with (
        tasks(ENOUGH) as directory,
        harness.Exporter(*SOFTWARE, program=[*in_cgroup(directory), program("ep")]) as exporter,
        contextlib.ExitStack() as clients,
    ):
        problems = [*kept_connections(exporter, clients)]
        harness.wait_for(lambda: LIMITED in exporter.scrape().findings(), "the finding")
        probe = " ".join(exporter.get("/probe", Accept="text/plain")[2].decode().split())
        if not re.search(rf"2 of up to 48 threads answer requests: .* pids\.max of the cgroup /\S+ is {ENOUGH},", probe):
            problems.append(f"no threads, or no limit: {probe}")
        (directory / "pids.max").write_text("max", encoding="utf-8")
        problems += [*kept_connections(exporter, clients)]
        harness.wait_for(lambda: LIMITED not in exporter.scrape().findings(), "its end", patience=60)
    return Found(LIMITED, problems)


def scarce(name, expected, play, *needs):
    return Scenario("scarce", name, (expected,), play, needs)


SCENARIOS = [
    scarce("12 descriptors, and idle connections", SERVES, serves_with_few_descriptors),
    scarce("11 descriptors", ENDS, ends_without_descriptors),
    scarce("8 tasks, and reads that hang", SERVES, serves_while_reads_hang, "cgroup_pids", "python3-seccomp"),
    *[scarce(f"probe and list with {number} tasks", "permitted", lambda number=number: counts_what_it_may(number),
             "cgroup_pids") for number in (2, 3)],
    scarce("8 tasks, later more", LIMITED, tells_of_few_threads, "cgroup_pids"),
    scarce("stat, and reads that hang", FINDING, stat_tells_of_reads_that_hang, "python3-seccomp"),
    scarce("the status page first, and reads that hang", SERVES, the_page_meets_the_hang, "python3-seccomp"),
    scarce("stat with 6 tasks, and reads that hang", FINDING, lambda: stat_with_few(6), "cgroup_pids", "python3-seccomp"),
    *[scarce(f"stat with {number} tasks", ENDS, lambda number=number: stat_with_too_few(number), "cgroup_pids")
      for number in (1, 2, 3)],
]  # fmt: skip
