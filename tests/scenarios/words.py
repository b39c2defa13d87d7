"""What it says: filters that are not a sysctl's, Podman's own place, what --strict takes for fatal, what the log tells,
and what becomes of words that can't be written or that machines read."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unicodedata
import urllib.error
import urllib.request

import cgroup_tree
from board import Found, Scenario
from probing import PATIENCE_SECONDS, SOFTWARE, names, report_of, run
from serving import strict
from starts import FOLDER, filtered, in_cgroup, in_mount_namespace, nobody, program

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402
from unheard import Unheard  # noqa: E402


def saying(name, expected, look, needs=()):
    return Scenario("words", name, names(expected), look, needs)


def findings(command, arguments=SOFTWARE):
    return report_of(run([*command, "probe", "--format=json", *arguments]))["findings"]


def of_one_mind(command, says=(), never=()):
    """The finding on top; `says` its evidence must hold, `never` no text of any finding."""
    all_of_them = findings(command)
    problems = [f"no '{piece}' in {all_of_them[0]['evidence']}" for piece in says
                if piece not in all_of_them[0]["evidence"]]  # fmt: skip
    for finding in all_of_them:
        text = "\n".join((finding["summary"], finding["evidence"], finding["fix"]))
        problems += [f"{finding['id']} says '{piece}': {text}" for piece in never if piece in text]
    return Found(all_of_them[0]["id"], problems)


# As Podman lays it over a container's root: the host's name and a mark of its own, whatever the storage driver.
PODMAN = """mount -t tmpfs tmpfs /run
folder=/run/storage/vfs-containers/12cc/userdata; mkdir -p $folder; : > $folder/.containerenv; : > /run/.containerenv
mount --bind $folder/.containerenv /run/.containerenv"""


def in_podman():
    report = report_of(run([*in_mount_namespace(PODMAN), *nobody("--bounding-set=-perfmon"), program("p"), "probe",
                            "--format=json", *SOFTWARE]))  # fmt: skip
    facts, top = report["facts"], report["findings"][0]
    problems = [] if (facts["place"], facts["runtime"]) == ("podman", "podman") else [f"facts: {facts}"]
    problems += [] if "sudo podman run" in top["fix"] and "docker" not in top["fix"] else [top["fix"]]
    return Found(top["id"], problems)


# A board that tells no package, as many without ACPI.
NO_PACKAGE = """mount -t tmpfs tmpfs /run; echo -1 > /run/id
for file in /sys/devices/system/cpu/cpu*/topology/physical_package_id; do mount --bind /run/id "$file"; done"""

FILTERS = [
    saying("a filter at paranoid 2, for a user: the level is not the cause", "seccomp_eperm",
           lambda: of_one_mind([*filtered("perf_event_open:EPERM"), *nobody(), program("ep")],
                               says=["perf_event_paranoid 2 is not the cause"], never=["sysctl -w"]),
           needs=("python3-seccomp",)),
    saying("a user namespace without the capability: no grant is advised", "user_namespace",
           lambda: of_one_mind([*nobody(), "unshare", "--user", "--map-root-user", program("none")],
                               never=["grant CAP_PERFMON", "add CAP_PERFMON"]),
           needs=("userns",)),
    saying("Podman by the mark that it mounts", "bounding_set_lacks_perfmon", in_podman),
]  # fmt: skip

STRICT = [
    saying("--strict and a CPU that is not there", "cpu_not_online",
           lambda: strict([program("none")], ("--cpus=0,4000", *SOFTWARE))),
    saying("--strict and packages that are unknown", "package_unknown",
           lambda: strict([*in_mount_namespace(NO_PACKAGE), program("none")], ("--aggregate=package", *SOFTWARE))),
]  # fmt: skip



def gone_and_told():
    """A supervisor that refuses no more: the log says that the finding has gone, and what came instead."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        permit = pathlib.Path(folder, "permit")
        supervised = [sys.executable, "-B", str(FOLDER / "supervised.py"), str(permit)]
        with harness.Exporter(*SOFTWARE, program=[*supervised, *nobody(), program("ep")]) as exporter:
            exporter.scrape()
            permit.touch()
            exporter.send(signal.SIGHUP)
            harness.wait_for(lambda: "permitted" in exporter.scrape().findings(), "the permission to be seen")
            exporter.stop()  # a thread of its own writes the log: whole it is once that has ended
            lines = [line for line in exporter.log().splitlines() if "seccomp_eperm" in line or "permitted" in line]
    told = [re.search(r'msg="(\w+): |has gone" finding=(\w+)', line) for line in lines]
    told = [match[1] or f"-{match[2]}" for match in told if match]
    return Found(told[-1] if told else "nothing", [] if told[:2] == ["seccomp_eperm", "-seccomp_eperm"] else lines)


def told_of_variables():
    """A flag's variable with a slip in it is a warning; what Kubernetes sets for a Service of that name is none."""
    set_here = ["env", "PERF_EXPORTER_LOG_FORMT=json", "PERF_EXPORTER_SERVICE_HOST=10.0.0.1", "PERF_EXPORTER_PORT=tcp:"]
    with harness.Exporter(*SOFTWARE, program=[*set_here, program("none")]) as exporter:
        exporter.scrape()
        exporter.stop()
        lines = [line for line in exporter.log().splitlines() if "level=warn" in line]
    words = ("PERF_EXPORTER_LOG_FORMT", "did you mean PERF_EXPORTER_LOG_FORMAT")
    named = len(lines) == 1 and all(piece in lines[0] for piece in words)
    return Found("a warning" if named else "another log", [] if named else lines)


LOG = [
    saying("a variable with a slip, beside those of a Service", "a warning", told_of_variables),
    saying("a finding that goes is told once, and what came instead", "permitted", gone_and_told,
           needs=("python3-seccomp",)),
]  # fmt: skip


# The words of a start that fails, and its exit status.
WRONG = "2: a mistake"


def unprinted(redirection):
    """What each command comes to whose output can't be written."""
    problems, ends = [], set()
    for command in (["probe"], ["probe", "--format=json"], ["probe", "--need"], ["list"], ["stat", "--for=1ms"],
                    ["--help"], ["--version"]):  # fmt: skip
        done = run(["sh", "-c", f'exec "$0" "$@" {redirection}', program("none"), *command])
        said = [line for line in done.stderr.splitlines() if "cannot write to standard output" in line]
        ends.add(f"{done.returncode}: {len(said)} line")
        problems += [] if (done.returncode, len(said)) == (2, 1) else [f"{command}: {done.returncode} {done.stderr}"]
    return Found(" and ".join(sorted(ends)), problems)


def failing_in_json(command):
    """A taken address, and a mistyped flag: the last words of a log that machines read."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        in_use = f"--web.listen-address=127.0.0.1:{taken.getsockname()[1]}"
        ends = [run([*command, *arguments]) for arguments in ((*SOFTWARE, in_use), ("--no-such-flag",))]
    problems = []
    for done in ends:
        levels = [json.loads(line)["level"] for line in done.stderr.splitlines() if line.startswith("{")]
        if done.returncode != 2 or levels[-1:] != ["error"] or len(levels) != done.stderr.count("\n"):
            problems.append(f"{done.returncode}: {done.stderr}")
    return Found("another end" if problems else WRONG, problems)


def priorities(stream):
    """Of the lines of a serving exporter, for one whose JOURNAL_STREAM is `stream` of its log's pipe."""
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8") as log:
        named = {"JOURNAL_STREAM": stream(os.fstat(writer))}
        with Unheard(program=[program("none")], stderr=writer, env={**os.environ, **named}) as exporter:
            os.close(writer)
            exporter.wait_until_it_counts()
            status = exporter.end()
        lines = log.read().splitlines()
    found = {bool(re.match(r"<[3467]>time=", line)) for line in lines}
    top = {frozenset([True]): "priorities", frozenset([False]): "none"}.get(frozenset(found), "mixed")
    return Found(top, [] if status == 0 and len(lines) > 1 else lines)


OUTPUT = [
    saying("every command on a full disk", "2: 1 line", lambda: unprinted(">/dev/full")),
    saying("every command with its output closed", "2: 1 line", lambda: unprinted(">&-")),
    saying("starts that fail, in JSON by the environment", WRONG,
           lambda: failing_in_json(["env", "PERF_EXPORTER_LOG_FORMAT=json", program("none")])),
    saying("a log that is the journal's", "priorities", lambda: priorities(lambda own: f"{own.st_dev}:{own.st_ino}")),
    saying("a log that was the journal's and was sent elsewhere", "none",
           lambda: priorities(lambda own: f"{own.st_dev}:{own.st_ino + 1}")),
]  # fmt: skip


# A terminal's red, a byte that is no UTF-8, and C1's CSI.
BAD = os.fsdecode(b"a\x1b[31m\xff\xc2\x9bb")


def badly_shown(name, data):
    """What is wrong with bytes that people read."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"{name}: {error}"]
    controls = sorted({letter for letter in text if unicodedata.category(letter) == "Cc" and letter != "\n"})
    return [f"{name} has {controls}"] if controls else []


def shown_to_people(command):
    """Every text of the program: the reports, the pages and the log."""
    for arguments in (["probe", "--scope=cpu,cgroup"], ["probe", "--need"], ["stat", "--for=1ms"], ["list", "faults"],
                      [f"--{BAD}"], ["--collector", BAD], ["--config", BAD]):  # fmt: skip
        done = subprocess.run([*command, *arguments], capture_output=True, timeout=PATIENCE_SECONDS, check=False,
                              stdin=subprocess.DEVNULL)  # fmt: skip
        yield f"{arguments}", done.stdout
        yield f"{arguments} on stderr", done.stderr
    with tempfile.NamedTemporaryFile() as log, Unheard(program=command, stderr=log) as exporter:
        address = f"http://127.0.0.1:{exporter.port}"
        for path, accept in (("/", ""), ("/probe", "text/html"), ("/probe", "text/plain"), ("/-/ready", "")):
            request = urllib.request.Request(address + path, headers={"Accept": accept})
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                yield f"{path} as {accept}", answer.read()
        try:
            urllib.request.urlopen(address + "/metrics?collect[]=%1b%ff%c2%9b", timeout=PATIENCE_SECONDS)
        except urllib.error.HTTPError as answer:
            yield "an unknown collector", answer.read()
        exporter.end()
        yield "the log", pathlib.Path(log.name).read_bytes()


def named_badly():
    """A program below a folder and in a cgroup with such names."""
    directory = cgroup_tree.make("c\x1b[31md.service")
    with tempfile.TemporaryDirectory(dir=".") as folder:
        os.chmod(folder, 0o755)
        path = pathlib.Path(folder, BAD)
        path.mkdir()
        shutil.copy(program("none"), path / "perf-exporter")
        command = [*in_cgroup(directory), *nobody(), os.path.abspath(path / "perf-exporter")]
        shown = dict(shown_to_people(command))
        problems = [problem for name, data in shown.items() for problem in badly_shown(name, data)]
        quotes = "$'" in shown["['probe', '--scope=cpu,cgroup']"].decode(errors="replace")
    cgroup_tree.remove_all()
    return Found("readable" if quotes and not problems else "not readable", problems)


NAMES = [
    saying("a folder and a cgroup with escapes and bytes in their names", "readable", named_badly, needs=("cgroup2",)),
]  # fmt: skip

SCENARIOS = [*FILTERS, *STRICT, *LOG, *OUTPUT, *NAMES]
