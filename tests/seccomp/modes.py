"""Every mode of the program: what it is run with, and what is done to it while it runs. `probe --trace` is left out:
it is root's, on the host. Each mode is a function that takes `Starts`, and fails where the program did not do what the
mode is about."""

import contextlib
import os
import pty
import signal
import subprocess
import time

import harness
import served
from served import SOFTWARE

REFUSED, MISTAKE = 3, 2


def expect(status, program, *arguments, **options):
    done = harness.run(*arguments, program=program, **options)
    assert done.returncode == status, f"{arguments}: {done.returncode}, {done.stderr}"
    return done


def texts(starts):
    """--help, --version, mistakes of all kinds."""
    for arguments in (["--help"], ["--version"], ["probe", "--help"], ["stat", "--help"], ["list", "--help"]):
        expect(0, starts.granted(), *arguments)
    config = starts.run / "wrong.toml"
    config.write_text("web.max-reqests = 5\n", encoding="ascii")
    for arguments in (["--collector=cylces"], ["prope"], ["--cpus=3-1"], [f"--config={config}"], ["--config=/nowhere"],
                      ["--path.procfs=/nowhere"], ["--web.listen-address=256.0.0.1:1"],
                      ["--web.listen-address=localhost:x"]):  # fmt: skip
        done = harness.run(*arguments, program=starts.granted())
        assert done.returncode != 0, f"{arguments} was taken"


def listing(starts):
    """list, of all events and of some, granted and refused."""
    assert "page_faults" in expect(0, starts.granted(), "list").stdout
    expect(0, starts.granted(), "list", "fault")
    expect(0, starts.refused(), "list")


def stat(starts):
    """stat: to its end, interrupted, refused, into a pipe that is closed."""
    for level in ("cpu", "package", "node"):
        done = expect(0, starts.granted(), "stat", "--for=100ms", SOFTWARE, f"--aggregate={level}")
        assert "context_switches" in done.stdout
    expect(0, starts.granted(), "stat", "--for=100ms", f"--collector={harness.ALL_COLLECTORS}", "--cpus=housekeeping")
    expect(REFUSED, starts.refused(), "stat", "--for=100ms", SOFTWARE)
    # In the background of a shell SIGINT is ignored, and what is ignored stays so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen([*starts.granted(), "stat", "--for=1h", SOFTWARE], stdout=subprocess.PIPE)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=harness.PATIENCE_SECONDS)
    assert process.returncode == 0 and b"page_faults" in output
    into_closed_pipe([*starts.granted(), "stat", "--for=100ms"])


def into_closed_pipe(command):
    reading, writing = os.pipe()
    os.close(reading)
    subprocess.run(command, stdout=writing, stderr=subprocess.DEVNULL, check=False)
    os.close(writing)


def on_a_terminal(command):
    """Colours and the width are looked up there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    text = b""
    with contextlib.suppress(OSError):  # EIO once nobody has it open
        while block := os.read(master, 65536):
            text += block
    os.close(master)
    process.wait(harness.PATIENCE_SECONDS)
    return text


def probe(starts):
    """probe in every form, granted, refused, short of descriptors, on a terminal, into a closed pipe."""
    for arguments in ([], ["--format=json"], ["--need"], ["--need", "--format=json"], ["--scope=cpu,cgroup"],
                      ["--collector=software"], [f"--collector={harness.ALL_COLLECTORS}"]):  # fmt: skip
        expect(0, starts.granted(), "probe", "--exit-zero", *arguments)
        expect(0, starts.refused(), "probe", "--exit-zero", *arguments)
    expect(0, starts.granted(), "probe", SOFTWARE)
    expect(REFUSED, starts.refused(), "probe", SOFTWARE)
    harness.run("probe", program=starts.granted("prlimit", "--nofile=12:12"))
    assert b"\x1b[" in on_a_terminal([*starts.refused(), "probe"])
    on_a_terminal([*starts.granted(), "probe", "--need"])
    into_closed_pipe([*starts.granted(), "probe"])


def preflight(starts):
    """The init container's program: the main one starts, or would not."""
    for arguments in ([], ["--format=json"]):
        expect(0, starts.refused(name="perf-exporter-preflight"), "probe", "--exit-zero", *arguments)
    expect(0, starts.granted(name="perf-exporter-preflight"), "probe", "--exit-zero")


def serve(starts):
    """Serving: every page, form, address, kind of client, level of aggregation and log."""
    served.every_page(starts)
    served.every_client(starts)
    served.every_setting(starts)


def serve_refused(starts):
    """Serving without permission, with --strict, beside a service manager, on addresses that are taken or lacking."""
    with harness.Exporter(f"--collector={harness.ALL_COLLECTORS}", program=starts.refused()) as exporter:
        served.look_at(exporter)
        assert set(exporter.scrape().success().values()) == {0.0}
    expect(REFUSED, starts.refused(), "--strict", SOFTWARE, "--web.listen-address=127.0.0.1:0", "--log.format=json")
    with harness.Exporter(SOFTWARE, program=starts.root()) as exporter:
        exporter.scrape()
        expect(MISTAKE, starts.granted(), f"--web.listen-address=127.0.0.1:{exporter.port}")
    served.beside_a_manager(starts)
    served.on_sockets_of_others(starts)
    served.on_some_addresses(starts)


def serve_without_descriptors(starts):
    """Serving where descriptors run out, for events and for clients."""
    for limit in (12, 16):
        program = starts.granted("prlimit", f"--nofile={limit}:{limit}")
        with harness.Exporter(SOFTWARE, program=program) as exporter, contextlib.ExitStack() as clients:
            exporter.scrape()
            for _ in range(limit):
                clients.enter_context(served.half_open(exporter))
            time.sleep(0.05)


def serve_without_memory(starts):
    """Starting where memory runs out: what a failed allocation and a failed thread lead to."""
    statuses = set()
    for megabytes in (8, 16, 24, 32, 48, 64, 96):
        limited = starts.granted("prlimit", f"--as={megabytes << 20}:{megabytes << 20}")
        for arguments in (["stat", "--for=1ms", SOFTWARE], ["--web.listen-address=256.0.0.1:1"]):
            statuses.add(harness.run(*arguments, program=limited).returncode)
    assert len(statuses) > 1, statuses


def serve_machine(starts):
    """Serving on a machine with a PMU, by its sysfs, of which a CPU goes and comes back: the truth check runs."""
    served.on_a_changing_machine(starts)


def serve_on(starts):
    """Serving on for the time after which what was refused is tried again."""
    with harness.Exporter(SOFTWARE, program=starts.refused()) as exporter:
        connection = exporter.connect()
        for _ in range(16):
            connection.request("GET", "/metrics")
            connection.getresponse().read()
            time.sleep(2)
        connection.close()


MODES = {
    "texts": texts,
    "list": listing,
    "stat": stat,
    "probe": probe,
    "preflight": preflight,
    "serve": serve,
    "serve-refused": serve_refused,
    "serve-no-descriptors": serve_without_descriptors,
    "serve-no-memory": serve_without_memory,
    "serve-machine": serve_machine,
    "serve-on": serve_on,
}
