"""What a parent leaves behind: ignored and blocked signals, closed descriptors, a umask, a log that nobody reads. And
what SIGHUP sees that was not so at the start."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

from board import Found, Scenario
from probing import NO_FILE_CAPABILITY, PATIENCE_SECONDS, SOFTWARE, names, probed
from starts import FOLDER, NOBODY, SHELL, nobody, program

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402
from unheard import Unheard, fill, pipe_ends  # noqa: E402

SERVES = "serves"
# To stand behind every shell, which resets the signal.
IGNORING = ["env", "--ignore-signal=CHLD"]
CLOSED = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-']
# The start of a process that asks over a unix socket as the user that it is.
ASK = """import socket, sys
with socket.socket(socket.AF_UNIX) as client:
    client.connect(sys.argv[1])
    client.sendall(b"GET /-/healthy HTTP/1.0\\r\\n\\r\\n")
    print(client.recv(4096).decode())
"""


def served(command, look=lambda exporter: (), **options):
    """The findings of an exporter that counts and then ends as it is told; `look` gives a line for what is wrong."""
    with Unheard(program=command, **options) as exporter:
        exporter.wait_until_it_counts()
        findings, problems = exporter.page().findings(), [*look(exporter)]
        status = exporter.end()
    return Found(" ".join(sorted(findings)), [*problems, *([f"exit status {status}"] if status != 0 else [])])


def taken(exporter):
    """The standard descriptors that are something else than nothing."""
    for fd in range(3):
        target = os.readlink(f"/proc/{exporter.process.pid}/fd/{fd}")
        if target != "/dev/null":
            yield f"descriptor {fd} is {target}"


def uncounted(exporter):
    if not exporter.page().value("perf_exporter_log_messages_dropped_total"):
        yield "no lost message is counted"


def served_to_a_full_pipe(command):
    with pipe_ends() as (_, writer):
        fill(writer)
        return served(command, stderr=writer)


def served_to_a_full_disk(command):
    with open("/dev/full", "wb") as full:
        return served(command, uncounted, stderr=full)


def own_socket(command):
    """Whether the user who started it may connect to its unix socket, whatever the umask was."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        os.chown(folder, NOBODY, NOBODY)
        path = os.path.abspath(f"{folder}/http.sock")
        with harness.Exporter(*SOFTWARE, program=command, listen=(f"unix:{path}",)):
            asked = subprocess.run([*nobody(), sys.executable, "-c", ASK, path], capture_output=True, text=True,
                                   timeout=PATIENCE_SECONDS, check=False)  # fmt: skip
    return Found(SERVES if " 200 " in asked.stdout else "nothing", asked.stderr.splitlines()[-1:])


def looked_again():
    """A supervisor that refuses no more: what SIGHUP makes of it, long before the next look that comes by itself."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        permit = pathlib.Path(folder, "permit")
        supervised = [sys.executable, "-B", str(FOLDER / "supervised.py"), str(permit)]
        with harness.Exporter(*SOFTWARE, program=[*supervised, *nobody(), program("ep")]) as exporter:
            refused = exporter.scrape().findings()
            permit.touch()
            exporter.send(signal.SIGHUP)
            harness.wait_for(lambda: "permitted" in exporter.scrape().findings(), "the permission to be seen")
            log, success = exporter.log(), exporter.scrape().success()
    problems = [] if "seccomp_eperm" in refused else [f"refused by {refused}"]
    problems += [] if success == {"software": 1.0} else [f"collectors: {success}"]
    problems += [] if log.count('msg="looking again"') == 1 else [log]
    return Found("permitted", problems)


def serving(name, expected, look, needs=()):
    return Scenario("inherited", name, names(expected), look, needs)


SCENARIOS = [
    probed("inherited", "SIGCHLD ignored", "permitted", [*nobody(), *IGNORING, program("ep")]),
    probed("inherited", "SIGCHLD ignored, file without capability", NO_FILE_CAPABILITY,
           [*nobody(), *IGNORING, program("none")]),
    serving("SIGCHLD ignored, serving", "permitted", lambda: served([*nobody(), *IGNORING, program("ep")])),
    # By root: for a file that gives capabilities the C library opens them itself.
    serving("descriptors 0 to 2 closed", "permitted", lambda: served([*CLOSED, program("none")], taken)),
    serving("the log is a pipe that nobody reads", "permitted",
            lambda: served_to_a_full_pipe([*nobody(), program("ep")])),
    serving("the log is on a full disk", "permitted", lambda: served_to_a_full_disk([*nobody(), program("ep")])),
    serving("a umask of 0777 and a unix socket", SERVES,
            lambda: own_socket([*nobody(), "sh", "-c", f'umask 0777; {SHELL[2]}', program("ep")])),
    serving("a supervisor refuses no more, and SIGHUP", "permitted", looked_again, needs=("python3-seccomp",)),
]  # fmt: skip
