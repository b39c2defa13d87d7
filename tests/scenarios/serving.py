"""A serving exporter: --strict, and that its readiness, log, metrics and /probe agree with the probe."""

import json
import pathlib
import re
import sys

from board import Found, Scenario
from probing import NO_FILE_CAPABILITY, REFUSED_STATUS, SOFTWARE, has_pmu, names, report_of, run
from starts import ambient, filtered, limited, nobody, program

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402

CYCLES = ("--collector=cycles",)
EVERYTHING = ("--collector=software,cycles",)
WITH_PMU = has_pmu()
SERVES = "serves"
NO_PERFMON = "--bounding-set=-perfmon"
FINDING_LINE = re.compile(r"^(ok|warn|fail|unknown):? (\w+)\b", re.M)
LOGGED = re.compile(r'msg="(\w+): ')


def strict(command, arguments):
    """What ended it, by its log."""
    done = run([*command, "--strict", *arguments, "--web.listen-address=127.0.0.1:0"])
    logged = LOGGED.findall(done.stderr)
    problems = [] if done.returncode == REFUSED_STATUS else [f"exit status {done.returncode}: {done.stderr}"]
    return Found(logged[0] if logged else "nothing", problems)


def strict_serves(command):
    with harness.Exporter("--strict", *SOFTWARE, program=command) as exporter:
        success = exporter.scrape().success()
    return Found(SERVES, [] if success == {"software": 1.0} else [f"collectors: {success}"])


def of_text(text):
    """[(severity, id)] of the report for people."""
    return FINDING_LINE.findall(text)


def of_report(report):
    return [(finding["severity"], finding["id"]) for finding in report["findings"]]


def renderings(command, arguments):
    """{rendering: its findings}, and whether order is known to it."""
    report = report_of(run([*command, "probe", "--format=json", *arguments]))
    text = run([*command, "probe", *arguments]).stdout
    with harness.Exporter(*arguments, program=command) as exporter:
        page = exporter.scrape()
        ready = exporter.get("/-/ready")[2].decode()
        served = json.loads(exporter.get("/probe", Accept="application/json")[2])
        web = exporter.get("/probe", Accept="text/html")[2].decode()
        exporter.stop()  # a thread of its own writes the log: whole it is once that has ended
        log = exporter.log()
    return report, {
        "text": of_text(text),
        "/probe": of_report(served),
        "/-/ready": of_text(ready.partition("\n")[2]),
    }, {
        "metrics": {dict(labels)["finding"] for labels in page.values("perf_exporter_finding")},
        "log": set(LOGGED.findall(log)),
        "page": {name for _, name in of_report(report) if name in web},
    }


def agreement(command, arguments):
    """The finding on top, as a problem where a rendering has others or another order."""
    report, ordered, unordered = renderings(command, arguments)
    expected = of_report(report)
    problems = [f"{name}: {seen}, json: {expected}" for name, seen in ordered.items() if seen != expected]
    ids = {name for _, name in expected}
    problems += [f"{name}: {sorted(seen)}, json: {sorted(ids)}" for name, seen in unordered.items() if seen != ids]
    return Found(expected[0][1], problems)


def strictly(name, expected, command, arguments=SOFTWARE, needs=()):
    return Scenario("strict", name, names(expected), lambda: strict(command, arguments), needs)


def agreeing(name, expected, command, arguments=SOFTWARE, needs=()):
    return Scenario("renderings", name, names(expected), lambda: agreement(command, arguments), needs)


STRICT = [
    strictly("file without capability", NO_FILE_CAPABILITY, [*nobody(), program("none")]),
    strictly("bounding set lacks it", "bounding_set_lacks_perfmon", [*nobody(NO_PERFMON), program("p")]),
    strictly("a filter", "seccomp_eperm", [*filtered("perf_event_open:EPERM"), *nobody(), program("ep")],
             needs=("python3-seccomp",)),
    strictly("too few descriptors for the events", "descriptor_limit",
             [*limited("nofile=16:16"), *nobody(), program("ep")]),
    Scenario("strict", "with the capability", (SERVES,), lambda: strict_serves([*nobody(), program("ep")])),
]  # fmt: skip

RENDERINGS = [
    agreeing("all is well", "permitted", [*nobody(), program("ep")]),
    agreeing("file without capability", NO_FILE_CAPABILITY, [*nobody(), program("none")]),
    agreeing("bounding set lacks it", "bounding_set_lacks_perfmon", [*nobody(NO_PERFMON), program("none")]),
    agreeing("no_new_privs behind a shell, and a PMU wanted", "no_new_privs_dropped_perfmon",
             [*nobody("--no-new-privs"), program("p")], EVERYTHING),
    agreeing("nosuid mount", "nosuid_mount", [*nobody(), program("nosuid/p")]),
    agreeing("ambient capability, and a PMU wanted", "permitted" if WITH_PMU else "no_pmu",
             [*ambient(), program("none")], EVERYTHING),
    agreeing("user namespace", "user_namespace", [*nobody(), "unshare", "--user", "--map-root-user", program("none")],
             needs=("userns",)),
    agreeing("a filter", "seccomp_eperm", [*filtered("perf_event_open:EPERM"), *nobody(), program("none")],
             needs=("python3-seccomp",)),
    agreeing("a filter that kills", "seccomp_kill", [*filtered("perf_event_open:KILL_PROCESS"), program("none")],
             needs=("python3-seccomp",)),
]  # fmt: skip

# Where there is one, the exporter would serve on.
WITHOUT_PMU = [] if WITH_PMU else [strictly("no PMU where cycles are wanted", "no_pmu", [program("none")], CYCLES)]

SCENARIOS = [*STRICT, *WITHOUT_PMU, *RENDERINGS]
