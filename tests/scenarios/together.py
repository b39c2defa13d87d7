"""The worst start: everything at once that has made the exporter mute, each of which has scenarios of its own."""

import os
import pathlib
import sys
import tempfile
import time

import silence
import threads
from board import Found, Scenario
from inherited import IGNORING
from starts import in_cgroup

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402
from unheard import Unheard, fill, pipe_ends  # noqa: E402

TASKS = 30
STOP_SECONDS = 5


def worst_start():
    """Few tasks, SIGCHLD ignored, a log that nobody reads and a supervisor that never answers perf_event_open: it
    answers, says in words what is wrong, and ends in time with its socket file gone."""
    problems = []
    with tempfile.TemporaryDirectory() as folder, threads.tasks(TASKS) as cgroup, pipe_ends() as (_, writer):
        fill(writer)
        path = os.path.join(folder, "http.sock")
        command = [*in_cgroup(cgroup), *IGNORING, *silence.unanswered("all")]
        with Unheard(f"--web.listen-address=unix:{path}", program=command, stderr=writer) as exporter:
            problems += [] if exporter.get("/-/healthy") == "healthy\n" else ["/-/healthy does not answer"]
            harness.wait_for(lambda: silence.FINDING in exporter.page().findings(), "the finding")
            ready = exporter.get("/-/ready")
            problems += [] if silence.FINDING in ready and "has not returned for 5 s" in ready else [ready]
            problems += [] if os.path.exists(path) else ["there is no socket file"]
            began = time.monotonic()
            status = exporter.end()
            took = time.monotonic() - began
        problems += [f"SIGTERM ends it with {status}"] if status else []
        problems += [f"it takes {took} s to end"] if took > STOP_SECONDS else []
        problems += [f"{path} is left behind"] if os.path.exists(path) else []
    return Found(silence.FINDING, problems)


SCENARIOS = [Scenario("together", "few tasks, SIGCHLD ignored, a full pipe, a silent kernel", (silence.FINDING,),
                      worst_start, ("cgroup_pids", "python3-seccomp"))]  # fmt: skip
