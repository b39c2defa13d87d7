"""Filters that take calls which the exporter can do without: it lives on, does without them, and names each."""

import json
import pathlib
import sys

from board import Found, Scenario
from probing import REFUSED_STATUS, SOFTWARE, names, probed, run
from starts import filtered, nobody_by_setuid, program

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402

OTHER_CALLS = "seccomp_other_calls"
NEEDS = ("python3-seccomp",)
PERFMON = 1 << 38
OPEN = "perf_event_open:KILL_PROCESS"
CAPSET = "capset:KILL_PROCESS"
AFFINITY = "sched_setaffinity:KILL_PROCESS"
# The limits are set, not read: reading them is what every program does.
LIMITS = "prlimit64:KILL_PROCESS:2:set"
# What systemd's recommended pair takes of the exporter's calls: SystemCallFilter=@system-service and then
# ~@privileged @resources.
PAIR = (OPEN, CAPSET, AFFINITY)
PAIR_NAMES = ("capset", "perf_event_open", "sched_setaffinity")
EPOLL = tuple(f"{call}:KILL_PROCESS" for call in ("epoll_create1", "epoll_ctl", "epoll_pwait"))
EVERYTHING = (*PAIR, LIMITS, "capget:KILL_PROCESS", *EPOLL)


def behind(rules, variety):
    return [*filtered(*rules), *nobody_by_setuid(), program(variety)]


def other(name, expected, rules, variety="ep", **options):
    return probed("other calls", name, expected, behind(rules, variety), needs=NEEDS, **options)


def effective_sets(exporter):
    return {int(status["CapEff"], 16) for _, status in exporter.threads()}


def serves(rules, variety, counts, effective):
    """It answers on every page, names what is taken, and ends by SIGTERM as ever."""
    problems = []
    with harness.Exporter(*SOFTWARE, program=behind(rules, variety)) as exporter:
        page = exporter.scrape()
        ready = exporter.get("/-/ready")[2].decode()
        report = json.loads(exporter.get("/probe", Accept="application/json")[2])
        sets = effective_sets(exporter)
        status = exporter.stop()
        log = exporter.log()  # which a thread of its own writes
    taken = [rule.partition(":")[0] for rule in rules]
    [finding] = [each for each in report["findings"] if each["id"] == OTHER_CALLS]
    said = finding["evidence"] + finding["fix"]
    problems += [f"{call} is not named: {said}" for call in taken if call not in said]
    problems += [] if page.success() == {"software": float(counts)} else [f"collectors: {page.success()}"]
    problems += [] if OTHER_CALLS in ready and f'msg="{OTHER_CALLS}: ' in log else [f"not said: {ready} {log}"]
    problems += [] if "stay as they are" not in log else [f"a call was made all the same: {log}"]
    problems += [] if sets == {effective} else [f"effective: {sets}"]
    if effective and "stays effective while it serves" not in finding["evidence"]:
        problems.append(f"the capability that stays is not spoken of: {finding}")
    problems += [] if status == 0 else [f"exit status {status}"]
    return Found(report["findings"][0]["id"], problems)


def served(name, expected, rules, variety="ep", *, counts, effective=0):
    look = lambda: serves(rules, variety, counts, effective)  # noqa: E731
    return Scenario("other calls", name, names(expected), look, NEEDS)


def stat_says(rules, says, status):
    done = run([*behind(rules, "ep"), "stat", "--for=10ms", *SOFTWARE])
    problems = [] if done.returncode == status else [f"exit status {done.returncode}: {done.stderr}"]
    problems += [] if "context_switches" in done.stdout else [f"no table: {done}"]
    problems += [f"{word} is not in {done.stderr}" for word in says if word not in done.stderr]
    return Found("stat", problems)


def of_stat(name, rules, says, status):
    return Scenario("other calls", name, ("stat",), lambda: stat_says(rules, says, status), NEEDS)


PROBES = [
    other("capset kills, =ep", OTHER_CALLS, [CAPSET], also=["permitted"], says=["capset SIGSYS"]),
    other("capset kills, =p", "permitted_not_raised", [CAPSET], "p", also=[OTHER_CALLS], says=["capset"]),
    other("capset refused, =ep", OTHER_CALLS, ["capset:EPERM"], also=["permitted"], says=["capset EPERM"]),
    other("capset refused, =p", "permitted_not_raised", ["capset:EPERM"], "p", also=[OTHER_CALLS]),
    other("sched_setaffinity kills", OTHER_CALLS, [AFFINITY], also=["permitted"], says=["sched_setaffinity SIGSYS"]),
    other("sched_setaffinity as if the kernel lacked it", OTHER_CALLS, ["sched_setaffinity:ENOSYS"],
          says=["sched_setaffinity ENOSYS"]),
    other("setting a limit kills", OTHER_CALLS, [LIMITS], also=["permitted"], says=["prlimit64 SIGSYS"]),
    other("capget kills", OTHER_CALLS, ["capget:KILL_PROCESS"], says=["capget SIGSYS"]),
    other("all that can be done without kills", OTHER_CALLS, EVERYTHING[1:], also=["permitted"],
          says=["capget, capset, epoll_create1, epoll_ctl, epoll_pwait, perf_event_open, prlimit64, sched_setaffinity"]),
    other("systemd's pair", "seccomp_kill", PAIR, also=[OTHER_CALLS], says=[", ".join(PAIR_NAMES)]),
    other("systemd's pair with an errno", "seccomp_eperm", [rule.replace("KILL_PROCESS", "EPERM") for rule in PAIR],
          also=[OTHER_CALLS], says=[", ".join(PAIR_NAMES)]),
    other("systemd's pair, and a file without capability", "seccomp_kill", PAIR, "none", also=[OTHER_CALLS]),
]  # fmt: skip

SERVED = [
    *[served(f"serve while {rule.partition(':')[0]} kills", OTHER_CALLS, [rule], counts=True) for rule in EPOLL],
    served("serve while epoll_ctl is refused", OTHER_CALLS, ["epoll_ctl:EPERM"], counts=True),
    served("serve while capset kills", OTHER_CALLS, [CAPSET], counts=True, effective=PERFMON),
    served("serve while sched_setaffinity and setting a limit kill", OTHER_CALLS, [AFFINITY, LIMITS], counts=True),
    served("serve behind systemd's pair", "seccomp_kill", PAIR, counts=False, effective=PERFMON),
    served("serve while capset kills, =p", "permitted_not_raised", [CAPSET], "p", counts=False),
]  # fmt: skip

OF_STAT = [
    of_stat("stat while all that can be done without kills", EVERYTHING[1:], [], 0),
    of_stat("stat behind systemd's pair", PAIR, ["seccomp_kill: ", *PAIR_NAMES], REFUSED_STATUS),
]  # fmt: skip

SCENARIOS = [*PROBES, *SERVED, *OF_STAT]
