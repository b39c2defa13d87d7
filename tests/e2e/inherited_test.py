#!/usr/bin/python3
"""Whatever its parent left it, it starts alike."""

import contextlib
import json
import os
import resource
import signal
import stat
import subprocess
import tempfile
import unittest
import urllib.request

import harness

def ignoring(*numbers):
    def prepare():
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    return prepare


def blocking_everything():
    signal.pthread_sigmask(signal.SIG_SETMASK, range(1, signal.NSIG))


def masking(bits):
    return lambda: os.umask(bits)


def files_limited_to_nothing():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def findings(exporter):
    report = json.loads(exporter.get("/probe", Accept="application/json")[2])
    return [(finding["id"], finding["severity"]) for finding in report["findings"]]


def mode_of_socket(bits):
    """The permission bits of a unix socket that was made under this umask."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "http.sock")
        with harness.Exporter("--collector=software", listen=(f"unix:{path}",), preexec_fn=masking(bits)):
            return stat.S_IMODE(os.stat(path).st_mode)


@contextlib.contextmanager
def without_standard_descriptors(closed):
    """(process, port) of an exporter that was started with these descriptors closed."""
    port = harness.free_port()
    redirections = " ".join(f"{fd}>&-" for fd in closed)
    process = subprocess.Popen(
        ["sh", "-c", f'exec "$0" "$@" {redirections}', harness.binary(), "--collector=software",
         f"--web.listen-address=127.0.0.1:{port}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        yield process, port
    finally:
        process.kill()
        process.wait()


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=harness.PATIENCE_SECONDS) as answer:
            return answer.status == 200
    except OSError:
        return False


class Inherited(unittest.TestCase):
    def test_an_ignored_sigchld_changes_nothing(self):
        with harness.Exporter("--collector=software") as exporter:
            expected = findings(exporter), exporter.scrape().success()
        with harness.Exporter("--collector=software", preexec_fn=ignoring(signal.SIGCHLD)) as exporter:
            self.assertEqual((findings(exporter), exporter.scrape().success()), expected)
        done = harness.run("probe", preexec_fn=ignoring(signal.SIGCHLD))
        self.assertNotIn("not run", done.stdout)

    def test_closed_descriptors_are_taken_by_nothing(self):
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            with without_standard_descriptors(closed) as (process, port):
                harness.wait_for(lambda port=port: is_ready(port), "the exporter to be ready")
                for fd in range(3):
                    self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{fd}"), "/dev/null")
                process.terminate()
                self.assertEqual(process.wait(harness.PATIENCE_SECONDS), 0)

    def test_blocked_and_ignored_signals_still_end_it(self):
        for prepare in (blocking_everything, ignoring(signal.SIGTERM)):
            with harness.Exporter(preexec_fn=prepare) as exporter:
                self.assertEqual(exporter.stop(signal.SIGTERM), 0)

    def test_the_umask_takes_nothing_from_the_owner(self):
        self.assertEqual(mode_of_socket(0o777), 0o700)
        self.assertEqual(mode_of_socket(0o007), 0o770)  # as the unit's reader is told to share it with a group

    def test_a_limit_of_file_sizes_does_not_end_it(self):
        with tempfile.NamedTemporaryFile("r+", encoding="utf-8") as log:
            port = harness.free_port()
            process = subprocess.Popen([harness.binary(), f"--web.listen-address=127.0.0.1:{port}"],
                                       stdout=log, stderr=log, preexec_fn=files_limited_to_nothing)  # fmt: skip
            harness.wait_for(lambda: process.poll() is not None or is_ready(port), "the exporter to be ready")
            process.terminate()
            self.assertEqual(process.wait(harness.PATIENCE_SECONDS), 0)


if __name__ == "__main__":
    harness.main()
