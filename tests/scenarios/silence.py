"""A kernel that does not answer: every command says so within its deadline, and a serving exporter goes on."""

import concurrent.futures
import functools
import json
import os
import pathlib
import re
import sys
import tempfile
import time

from board import Found, Scenario
from probing import REFUSED_STATUS, SOFTWARE, run
from starts import program

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402

FINDING = "kernel_does_not_answer"
CALL = "perf_event_open for {} on CPU 0 has not returned for 5 s (thread "
STOP_SECONDS = 5
WHICH = ("all", "after_r0", "members")


def unanswered(which):
    return [sys.executable, "-B", str(pathlib.Path(__file__).with_name("unanswered.py")), which, program("none")]


def judge_end(done):
    return [] if done.returncode == REFUSED_STATUS else [f"exit status {done.returncode}: {done.stderr}"]


def probes(which):
    done = run([*unanswered(which), "probe", "--format=json", *SOFTWARE])
    report = json.loads(done.stdout)
    problems = judge_end(done)
    outcomes = [trial["outcome"] for trial in report["trials"]["results"]]
    expected = {"all": ["unanswered"], "after_r0": ["refused", "unanswered"], "members": ["refused"]}[which]
    problems += [f"trials: {outcomes}"] if outcomes[: len(expected)] != expected else []
    problems += ["the facts are missing"] if report["facts"]["kernel_release"] is None else []
    evidence = report["findings"][0]["evidence"]
    said = CALL.format("minor_faults") if which == "members" else f"r{len(expected) - 1} "
    problems += [f"evidence: {evidence}"] if said not in evidence else []
    return Found(report["findings"][0]["id"], problems)


def speaks(*command):
    """A command whose report is no JSON: what it prints names the finding or its words."""
    done = run([*unanswered("after_r0"), *command])
    problems = judge_end(done)
    text = done.stdout + done.stderr
    named = FINDING in text or "the kernel does not answer" in text
    return Found(FINDING if named else "nothing", problems + ([] if done.stdout else ["nothing is printed"]))


def counts_nothing():
    done = run([*unanswered("members"), "stat", "--for=1s", *SOFTWARE])
    return Found(FINDING if FINDING in done.stderr else "nothing", judge_end(done))


def judge_pages(exporter, evidence):
    if exporter.get("/-/healthy")[0] != 200:
        yield "/-/healthy is not 200"
    pages = {
        "/-/ready": exporter.get("/-/ready")[2],
        "/": exporter.get("/")[2],
        "/probe": exporter.get("/probe", Accept="text/html")[2],
        "/probe as JSON": exporter.get("/probe", Accept="application/json")[2],
        "the log": exporter.log().encode(),
    }
    yield from (f"{name} does not say it: {page}" for name, page in pages.items() if FINDING.encode() not in page)
    if FINDING not in exporter.scrape().findings():
        yield "the metrics do not say it"
    if evidence not in exporter.log():
        yield f"the log lacks '{evidence}': {exporter.log()}"


def serves(which, evidence):
    """It answers before, says what hangs, and ends in time with its socket file gone."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "http.sock")
        listen = ("127.0.0.1:0", f"unix:{path}")
        with harness.Exporter(*SOFTWARE, program=unanswered(which), listen=listen) as exporter:
            found = FINDING if FINDING in exporter.scrape().findings() else "nothing"
            problems = list(judge_pages(exporter, evidence))
            began = time.monotonic()
            status = exporter.stop()
            took = time.monotonic() - began
        problems += [f"SIGTERM ends it with {status}"] if status else []
        problems += [f"it takes {took} s to end"] if took > STOP_SECONDS else []
        problems += [f"{path} is left behind"] if os.path.exists(path) else []
    return Found(found, problems)


def strict():
    done = run([*unanswered("members"), "--strict", *SOFTWARE, "--web.listen-address=127.0.0.1:0"])
    return Found(FINDING if re.search(rf'msg="{FINDING}: ', done.stderr) else "nothing", judge_end(done))


PLAYS = {
    **{f"probe, {which}": functools.partial(probes, which) for which in WHICH},
    "probe --need": functools.partial(speaks, "probe", "--need", *SOFTWARE),
    "list": functools.partial(speaks, "list", "faults"),
    "stat": counts_nothing,
    "serve, all": functools.partial(serves, "all", "r0 (undefined flag, in a child) has not returned for 5 s"),
    "serve, members": functools.partial(serves, "members", CALL.format("minor_faults")),
    "serve --strict": strict,
}


@functools.cache
def played():
    """All at once: each waits some seconds for the kernel."""
    with concurrent.futures.ThreadPoolExecutor(len(PLAYS)) as pool:
        return {name: pool.submit(play) for name, play in PLAYS.items()}


SCENARIOS = [Scenario("silence", name, (FINDING,), lambda name=name: played()[name].result(), ("python3-seccomp",))
             for name in PLAYS]  # fmt: skip
