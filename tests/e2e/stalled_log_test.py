#!/usr/bin/python3
"""Nobody reads the log, or it can't be written: it counts, serves and ends all the same, and says how much was lost."""

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.request

import harness

DROPPED = "perf_exporter_log_messages_dropped_total"


def fill(pipe):
    """Until not one more byte fits."""
    while select.select([], [pipe], [], 0)[1]:
        os.write(pipe, b"#" * 4096)


def drain(pipe):
    text = b""
    while select.select([pipe], [], [], 0)[0]:
        block = os.read(pipe, 4096)
        if not block:
            break
        text += block
    return text.decode()


@contextlib.contextmanager
def pipe_ends():
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


class Serving:
    """An exporter on a port that is known before, since its log can't be read; and its answers."""

    def __init__(self, *arguments, stderr, **options):
        self.port = harness.free_port()
        self.process = subprocess.Popen(
            [harness.binary(), f"--web.listen-address=127.0.0.1:{self.port}", "--collector=software", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, **options)  # fmt: skip

    def __enter__(self):
        try:
            harness.wait_for(self._is_ready, "the exporter to be ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _is_ready(self):
        with contextlib.suppress(OSError):
            return self.get("/-/ready") is not None
        return False

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=harness.PATIENCE_SECONDS) as answer:
            return answer.read().decode()

    def page(self):
        return harness.Page(self.get("/metrics"))

    def hang_up(self):
        """Has one line logged: a second signal before the first was taken would be one with it."""
        self.process.send_signal(signal.SIGHUP)
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            harness.wait_for(lambda: status.seek(0) == 0 and re.search(r"(?m)^ShdPnd:\s+0+$", status.read()),
                             "the signal to be taken")  # fmt: skip

    def ends(self):
        self.process.terminate()
        return self.process.wait(harness.PATIENCE_SECONDS)


class StalledLog(unittest.TestCase):
    def assert_counts(self, serving):
        before = serving.page().total("context_switches")
        harness.wait_for(lambda: serving.page().total("context_switches") > before, "the counters to move")

    def test_full_from_the_start(self):
        with pipe_ends() as (_, writer), tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            fill(writer)
            manager = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            manager.bind(f"{folder}/notify")
            manager.settimeout(harness.PATIENCE_SECONDS)
            # The stranger among the variables has a line logged before there is a thread for it.
            environment = {**os.environ, "NOTIFY_SOCKET": f"{folder}/notify", "PERF_EXPORTER_NO_SUCH_FLAG": "1"}
            serving = stack.enter_context(
                Serving("--log.level=debug", f"--web.listen-address=unix:{folder}/http.sock", stderr=writer,
                        env=environment))  # fmt: skip
            self.assertEqual(manager.recv(4096), b"READY=1")
            self.assert_counts(serving)
            self.assertGreaterEqual(serving.page().value(DROPPED), 1)
            self.assertTrue(os.path.exists(f"{folder}/http.sock"))
            self.assertEqual(serving.ends(), 0)
            self.assertEqual(manager.recv(4096), b"STOPPING=1")
            self.assertFalse(os.path.exists(f"{folder}/http.sock"))

    def test_full_later(self):
        with pipe_ends() as (reader, writer), Serving(stderr=writer) as serving:
            harness.wait_for(lambda: "listening" in drain(reader), "the log")
            self.assertEqual(serving.page().value(DROPPED), 0)
            fill(writer)
            lines = 200
            for _ in range(lines):
                serving.hang_up()
            self.assert_counts(serving)
            dropped = serving.page().value(DROPPED)
            self.assertTrue(0 < dropped < lines, dropped)
            # What waited comes once somebody reads.
            text = [""]

            def has_all():
                text[0] += drain(reader)
                return text[0].count("looking again") == lines - dropped

            harness.wait_for(has_all, "the lines that waited")
            fill(writer)
            serving.hang_up()
            self.assertEqual(serving.ends(), 0)

    def test_a_disk_that_is_full(self):
        with open("/dev/full", "wb") as full, Serving(stderr=full) as serving:
            self.assert_counts(serving)
            lost = serving.page().value(DROPPED)
            self.assertGreaterEqual(lost, 1)
            serving.hang_up()
            harness.wait_for(lambda: serving.page().value(DROPPED) > lost, "the loss of a line to be counted")
            self.assertEqual(serving.ends(), 0)

    def test_a_reader_that_has_gone(self):
        reader, writer = os.pipe()
        with Serving(stderr=writer) as serving:
            os.close(writer)
            os.close(reader)
            serving.hang_up()
            harness.wait_for(lambda: serving.page().value(DROPPED) > 0, "the loss of a line to be counted")
            self.assert_counts(serving)
            self.assertEqual(serving.ends(), 0)

    def test_a_start_that_fails_ends(self):
        with pipe_ends() as (_, writer), socket.create_server(("127.0.0.1", 0)) as taken:
            fill(writer)
            in_use = f"--web.listen-address=127.0.0.1:{taken.getsockname()[1]}"
            for arguments in ((in_use,), ("--no-such-flag",)):
                process = subprocess.Popen([harness.binary(), *arguments], stderr=writer)
                self.assertEqual(process.wait(harness.PATIENCE_SECONDS), 2)


class StalledOutput(unittest.TestCase):
    def test_a_signal_ends_what_waits_for_a_reader(self):
        with pipe_ends() as (_, writer):
            fill(writer)
            process = subprocess.Popen([harness.binary(), "stat", "--for=1ms", "--collector=software"], stdout=writer)
            try:
                harness.wait_for(lambda: self.is_writing(process.pid), "its table to be written")
                process.terminate()
                self.assertEqual(process.wait(harness.PATIENCE_SECONDS), -signal.SIGTERM)
            finally:
                process.kill()
                process.wait()

    @staticmethod
    def is_writing(pid):
        with open(f"/proc/{pid}/wchan", encoding="ascii") as channel:
            return "pipe" in channel.read()

    def test_what_could_not_be_printed_is_a_failure(self):
        for command in (("probe",), ("list",), ("stat", "--for=1ms"), ("--help",)):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([harness.binary(), *command], stdout=full, stderr=subprocess.PIPE, text=True,
                                      timeout=harness.PATIENCE_SECONDS, check=False)  # fmt: skip
            self.assertEqual(done.returncode, 1, command)
            self.assertIn("perf-exporter: cannot write to standard output", done.stderr)

    def test_a_pager_that_was_left_is_not(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([harness.binary(), "list"], stdout=writer, stderr=subprocess.PIPE, text=True,
                              timeout=harness.PATIENCE_SECONDS, check=False)  # fmt: skip
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, ""))


if __name__ == "__main__":
    harness.main()
