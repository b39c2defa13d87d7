"""Few tasks: what serves with how many threads, and what the program says below the least."""

import contextlib
import http.client
import os
import pathlib
import re
import socket
import sys
import tempfile

import cgroup_tree
from board import Found, Scenario
from probing import SOFTWARE, look, run
from starts import in_cgroup, limited, nobody, program

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402

LIMITED = "threads_limited"
SERVES, ENDS = "serves", "ends with the limit's name"
# What docs/install.md promises: enough to serve, to count, and to try what was refused again.
ENOUGH = 8
USAGE_STATUS = 2
IDLE_CONNECTIONS = 12
UID = 64123  # RLIMIT_NPROC counts all that a user runs: one that runs nothing else


@contextlib.contextmanager
def tasks(number):
    """A cgroup that may have so many tasks."""
    directory = cgroup_tree.make_with_pids("few")
    try:
        (directory / "pids.max").write_text(str(number), encoding="utf-8")
        yield directory
    finally:
        cgroup_tree.remove_all()


@contextlib.contextmanager
def serving(start):
    """An exporter on a port and on a unix socket, and the socket's path."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        path = os.path.join(folder, "http.sock")
        listen = ("127.0.0.1:0", f"unix:{path}")
        with harness.Exporter(*SOFTWARE, program=[*start, program("ep")], listen=listen) as exporter:
            yield exporter, path


def is_answered(exporter):
    """What is wrong with the answers."""
    if exporter.get("/-/healthy")[0] != 200:
        yield "/-/healthy is not 200"
    page = exporter.scrape()
    if page.success() != {"software": 1.0}:
        yield f"collectors: {page.success()}"


def stops(exporter, path):
    if status := exporter.stop():
        yield f"SIGTERM ends it with {status}: {exporter.log()}"
    if os.path.exists(path):
        yield f"{path} is left behind"


def serves(start):
    with serving(start) as (exporter, path):
        problems = [*is_answered(exporter), *stops(exporter, path)]
    return Found(SERVES, problems)


def serves_with(number):
    with tasks(number) as directory:
        return serves(in_cgroup(directory))


def ends(start, *names):
    """Before it listens: one line, which has these names, and nothing is left."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        path = os.path.join(folder, "http.sock")
        done = run([*start, program("ep"), *SOFTWARE, f"--web.listen-address=unix:{path}"])
        left = os.listdir(folder)
    lines = done.stderr.splitlines()
    problems = [f"not one line: {lines}"] if len(lines) != 1 else []
    problems += [f"no '{name}' in {lines}" for name in names if name not in done.stderr]
    problems += [f"exit status {done.returncode}"] if done.returncode != USAGE_STATUS else []
    problems += [f"{path} is left behind"] if left else []
    return Found(ENDS, problems)


def least_to_serve():
    """How many tasks it has while nobody asks for anything."""
    with serving([]) as (exporter, _):
        return len(exporter.threads())


def serves_with_the_least():
    """The child in which opens are tried finds no room: a finding names the limit. With one task fewer it ends."""
    least = least_to_serve()
    problems = [] if least <= ENOUGH - 2 else [f"it takes {least} tasks to serve"]
    with tasks(least) as directory, serving(in_cgroup(directory)) as (exporter, path):
        problems += [f"{path} is answered with {status}" for path in ("/-/healthy", "/metrics")
                     if (status := exporter.get(path)[0]) != 200]  # fmt: skip
        probe = " ".join(exporter.get("/probe", Accept="text/plain")[2].decode().split())
        problems += stops(exporter, path)
    said = f"is {least}, and {least} tasks run in it"
    problems += [f"'{words}' is not in {probe}" for words in ("trials_not_run", said) if words not in probe]
    return Found(SERVES, problems)


def ends_below_the_least():
    least = least_to_serve()
    found = Found(ENDS)
    for number in (1, least - 1):
        with tasks(number) as directory:
            said = (f"pids.max of the cgroup /{cgroup_tree.NAME}/few is {number},", f"{ENOUGH} tasks are enough")
            found.problems += ends(in_cgroup(directory), *said).problems
    return found


def kept_connections(exporter, clients):
    for _ in range(IDLE_CONNECTIONS):
        connection = clients.enter_context(contextlib.closing(exporter.connect()))
        connection.request("GET", "/-/healthy")
        if connection.getresponse().read() != b"healthy\n":
            yield "a kept connection is not answered"


def beside_idle_connections():
    """They delay nobody, and leave room for a child in which opens are tried."""
    with (
        tasks(ENOUGH) as directory,
        serving(in_cgroup(directory)) as (exporter, path),
        contextlib.ExitStack() as clients,
    ):
        problems = [*kept_connections(exporter, clients), *is_answered(exporter)]
        running = directory / "pids.current"
        harness.wait_for(lambda: int(running.read_text(encoding="utf-8")) <= ENOUGH - 2, "room for two more tasks")
        harness.wait_for(lambda: LIMITED in exporter.scrape().findings(), "the finding")
        told = re.findall(r"\d+ of up to \d+ threads answer requests.*pids\.max", exporter.log())
        problems += [f"the log tells of the limit {len(told)} times: {exporter.log()}"] if len(told) != 1 else []
        problems += stops(exporter, path)
    return Found(SERVES, problems)


def beside_slow_clients():
    """Some send nothing, or half a request, and one takes nothing of its answers."""
    with (
        tasks(ENOUGH) as directory,
        serving(in_cgroup(directory)) as (exporter, path),
        contextlib.ExitStack() as clients,
    ):
        for number in range(30):
            client = clients.enter_context(socket.create_connection(("127.0.0.1", exporter.port)))
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: " if number % 2 else b"")
        reader = clients.enter_context(socket.socket())
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        reader.connect(("127.0.0.1", exporter.port))
        reader.settimeout(1)
        with contextlib.suppress(TimeoutError, ConnectionError):
            for _ in range(1000):
                reader.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        problems = [*is_answered(exporter), *stops(exporter, path)]
    return Found(SERVES, problems)


def of_another_command(*arguments):
    with tasks(1) as directory:
        done = run([*in_cgroup(directory), program("ep"), *arguments, *SOFTWARE])
    lines = done.stderr.splitlines()
    problems = [] if len(lines) == 1 and re.search(r"pids\.max of the cgroup /\S+ is 1,", lines[0]) else [done.stderr]
    problems += [f"exit status {done.returncode}"] if done.returncode != USAGE_STATUS else []
    return Found(ENDS, problems)


def probe_names_it():
    with tasks(1) as directory:
        return look([*in_cgroup(directory), program("ep")], says=["pids.max of the cgroup /", "is 1, and 1 tasks run in it"])


def as_user(number):
    return [*limited(f"nproc={number}:{number}"), *nobody(uid=UID)]


def with_few(name, expected, play):
    return Scenario("few tasks", name, (expected,), play, ("cgroup_pids",))


SCENARIOS = [
    *[with_few(f"pids.max {number}", SERVES, lambda number=number: serves_with(number))
      for number in (50, 30, 12, ENOUGH)],
    with_few("as few as serve", SERVES, serves_with_the_least),
    with_few("fewer than serve", ENDS, ends_below_the_least),
    with_few("beside idle connections", SERVES, beside_idle_connections),
    with_few("beside slow clients", SERVES, beside_slow_clients),
    with_few("stat", ENDS, lambda: of_another_command("stat", "--for=1s")),
    with_few("probe", "trials_not_run", probe_names_it),
    Scenario("few tasks", f"RLIMIT_NPROC {ENOUGH}", (SERVES,), lambda: serves(as_user(ENOUGH))),
    Scenario("few tasks", "RLIMIT_NPROC 3", (ENDS,), lambda: ends(as_user(3), "RLIMIT_NPROC is 3,", f"user {UID}")),
]  # fmt: skip
