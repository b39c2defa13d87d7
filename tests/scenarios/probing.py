"""A scenario in which the probe is asked and its report judged."""

import json
import os
import pathlib
import re
import subprocess

from board import Found, Scenario

SOFTWARE = ("--collector=software",)
PATIENCE_SECONDS = 30
REFUSED_STATUS = 3
NOT_EXECUTED_STATUS = 126  # of a shell whose exec failed
EXEC_REFUSED = "exec refused"
# What these say is not about the events that the probe opens.
BESIDE_EVENTS = ("main_program_", "cgroup_")
RUNTIME_MARKS = re.compile(r"docker|kubepods|kubelet|libpod|crio-|containerd|nerdctl|overlay-containers")


def is_in_a_container():
    """Whether a runtime's name is in the cgroup's path, or in what is mounted as this machine's name and hosts. A file
    like /.dockerenv would prove nothing: virtual machines are made from images, too."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    traces = [line for line in mounts if line.split()[4] in ("/etc/hostname", "/etc/hosts")]
    traces.append(pathlib.Path("/proc/self/cgroup").read_text(encoding="utf-8"))
    return "KUBERNETES_SERVICE_HOST" in os.environ or any(RUNTIME_MARKS.search(trace) for trace in traces)


# In a container the program's file is an image's.
NO_FILE_CAPABILITY = "image_lacks_file_capability" if is_in_a_container() else "file_capability_missing"


def has_pmu():
    """A PMU of the cores: `cpu`, or one that lists its CPUs."""
    devices = pathlib.Path("/sys/bus/event_source/devices")
    return (devices / "cpu").exists() or any(devices.glob("*/cpus"))


def run(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
                          stdin=subprocess.DEVNULL)  # fmt: skip


def is_exec_refused(done):
    """A shell's words for it, or runc's."""
    return done.returncode in (1, NOT_EXECUTED_STATUS) and "operation not permitted" in done.stderr.lower()


def report_of(done):
    """The report; None where none was printed."""
    try:
        return json.loads(done.stdout)
    except ValueError:
        return None


def contradictions(report, status):
    """Where the report disagrees with itself, with the exit status, or with what the opens showed."""
    findings, events = report["findings"], report["events"]
    fails = [finding["id"] for finding in findings if finding["severity"] == "fail"]
    of_events = [name for name in fails if not name.startswith(BESIDE_EVENTS)]
    all_open = all(event["status"] == "opens" for event in events)
    if status != (REFUSED_STATUS if fails else 0):
        yield f"exit status {status} with the fails {fails}"
    if events and of_events and all_open:
        yield f"{of_events} although every event opens"
    if events and findings[0]["id"] == "permitted" and not all_open:
        yield f"permitted, and yet {[event for event in events if event['status'] != 'opens']}"
    for finding in findings:
        if finding["severity"] != "ok" and not finding["fix"]:
            yield f"{finding['id']} has no fix"


def judge_report(done, report, also, says):
    if report is None:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        if is_exec_refused(done):
            return Found(EXEC_REFUSED)
        return Found("no report", [f"exit status {done.returncode}: {last}"])
    top, ids = report["findings"][0], [finding["id"] for finding in report["findings"]]
    problems = [f"{name} is not among {ids}" for name in also if name not in ids]
    text = "\n".join((top["summary"], top["evidence"], top["fix"]))
    problems += [f"{top['id']} does not say '{piece}': {text}" for piece in says if piece not in text]
    return Found(top["id"], problems + list(contradictions(report, done.returncode)))


def look(command, arguments=SOFTWARE, also=(), says=()):
    done = run([*command, "probe", "--format=json", *arguments])
    found = judge_report(done, report_of(done), also, says)
    if found.problems:
        found.problems.append(f"command: {command} probe --format=json {' '.join(arguments)}")
    return found


def names(expected):
    return (expected,) if isinstance(expected, str) else tuple(expected)


def probed(group, name, expected, command, *, arguments=SOFTWARE, also=(), says=(), needs=()):
    """`expected`: the finding on top, or EXEC_REFUSED; `also`: findings that must be there, too; `says`: what the one
    on top must say in its summary, evidence or fix."""
    return Scenario(group, name, names(expected), lambda: look(command, arguments, also, says), needs)
