"""Sums over CPUs of which one refuses: the sum is served, and says on which CPUs it stands."""

import json
import pathlib
import sys

from board import Found, Scenario
from probing import SOFTWARE, names
from starts import filtered, program

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402

CPUS = harness.online_cpus()
CPU_ARGUMENT = 2  # of perf_event_open


def sum_without_a_cpu():
    lacking, rest = CPUS[-1], CPUS[:-1]
    command = [*filtered(f"perf_event_open:EACCES:{CPU_ARGUMENT}:{lacking}"), program("none")]
    with harness.Exporter(*SOFTWARE, "--aggregate=node", program=command) as exporter:
        page = exporter.scrape()
        report = json.loads(exporter.get("/probe", Accept="application/json")[2])
    problems = [] if page.value("perf_node_page_faults_total") is not None else ["no sum"]
    counted = page.value("perf_exporter_event_cpus", event="page_faults", scope="cpu", status="counting")
    if counted != len(rest):
        problems.append(f"counted on {counted}")
    evidence = [finding["evidence"] for finding in report["findings"] if finding["id"] == "sum_incomplete"]
    if len(evidence) != 1 or f"refused on CPU {lacking}" not in evidence[0] or "page_faults" not in evidence[0]:
        problems.append(f"sum_incomplete: {evidence}")
    return Found(report["findings"][0]["id"], problems)


# Of one CPU there is no sum that lacks another.
SCENARIOS = [
    Scenario("sums", "a filter that refuses one CPU", names("event_refused"), sum_without_a_cpu, ("python3-seccomp",)),
] if len(CPUS) > 1 else []  # fmt: skip
