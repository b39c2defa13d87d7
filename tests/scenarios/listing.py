"""`list` opens as the server does, and says of each event why it does not open."""

import re

from board import Found, Scenario
from probing import run
from starts import filtered, nobody, program

ROW = re.compile(r"^(\w+) +(\w+) +(\w+) +(\S.*?)  +\S", re.M)
CPU_ARGUMENT = 2  # of perf_event_open(2), from 0


def rows_of(done):
    """{event: (status, why not)}"""
    return {name: (status, why) for name, _, status, why in ROW.findall(done.stdout) if name != "EVENT"}


def software(done):
    """What is listed of page_faults, and whether all software events have the same."""
    rows = rows_of(done)
    return rows.get("page_faults"), {rows.get(name) for name in ("minor_faults", "migrations", "context_switches")}


def lists(expected, command, *arguments, status=0, said=""):
    """A scenario's look: the status and the reason that software events have."""

    def look():
        done = run([*command, "list", *arguments])
        found, others = software(done)
        problems = [] if done.returncode == status and said in done.stderr else [f"{done}"]
        problems += [] if found == expected and others == {expected} else [f"rows: {found} {others}"]
        return Found(found[0] if found else "nothing", problems)

    return look


def names_the_nearest():
    done = run([program("none"), "list", "contxt_switches"])
    problems = [] if done.returncode == 2 and not done.stdout else [f"{done}"]
    problems += [] if "(did you mean context_switches" in done.stderr else [done.stderr]
    return Found("no match" if "no event is like" in done.stderr else "nothing", problems)


def says_why_there_is_no_cycle():
    """No PMU, or a guest's that counts: a reason with its errno, or none."""
    row = rows_of(run([program("none"), "list", "cycles"])).get("cycles", ("nothing", ""))
    is_right = row[1] == "-" if row[0] == "opens" else re.fullmatch(r".+ \(E[A-Z]+\)", row[1])
    return Found(row[0], [] if is_right else [f"{row}"])


def listed(name, expected, look, needs=()):
    return Scenario("list", name, expected, look, needs)


def scenarios():
    refused = ("refused", "not permitted (EPERM)")
    one_cpu = ("opens", "not on CPU 1: not permitted (EACCES)")
    yield listed("a filter in front of it", ("refused",),
                 lists(refused, [*filtered("perf_event_open:EPERM"), *nobody(), program("ep")]),
                 needs=("python3-seccomp",))
    yield listed("one CPU refuses what another takes", ("opens",),
                 lists(one_cpu, [*filtered(f"perf_event_open:EACCES:{CPU_ARGUMENT}:1"), program("none")], "--cpus=0-1"),
                 needs=("python3-seccomp", "two_cpus"))
    yield listed("none of the CPUs asked for is there", ("untried",),
                 lists(("untried", "no CPU of --cpus is online"), [program("none")], "--cpus=4000"))
    yield listed("a name with a slip", ("no match",), names_the_nearest)
    yield listed("cycles, with or without a PMU", ("opens", "unsupported"), says_why_there_is_no_cycle)


SCENARIOS = list(scenarios())
