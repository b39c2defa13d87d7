#!/usr/bin/python3
"""Nobody reads the log, or it can't be written: it counts, serves and ends all the same, and says how much was lost."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import tempfile
import unittest

import harness
from unheard import Unheard, drain, fill, pipe_ends

DROPPED = "perf_exporter_log_messages_dropped_total"


@harness.needs_root
class StalledLog(unittest.TestCase):
    def test_full_from_the_start(self):
        with pipe_ends() as (_, writer), tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            fill(writer)
            manager = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            manager.bind(f"{folder}/notify")
            manager.settimeout(harness.PATIENCE_SECONDS)
            # The stranger among the variables has a line logged before there is a thread for it.
            environment = {**os.environ, "NOTIFY_SOCKET": f"{folder}/notify", "PERF_EXPORTER_NO_SUCH_FLAG": "1"}
            serving = stack.enter_context(
                Unheard("--log.level=debug", f"--web.listen-address=unix:{folder}/http.sock", stderr=writer,
                        env=environment))  # fmt: skip
            self.assertEqual(manager.recv(4096), b"READY=1")
            serving.wait_until_it_counts()
            self.assertGreaterEqual(serving.page().value(DROPPED), 1)
            self.assertTrue(os.path.exists(f"{folder}/http.sock"))
            self.assertEqual(serving.end(), 0)
            self.assertEqual(manager.recv(4096), b"STOPPING=1")
            self.assertFalse(os.path.exists(f"{folder}/http.sock"))

    def test_full_later(self):
        with pipe_ends() as (reader, writer), Unheard(stderr=writer) as serving:
            harness.wait_for(lambda: "listening" in drain(reader), "the log")
            self.assertEqual(serving.page().value(DROPPED), 0)
            fill(writer)
            lines = 200
            for _ in range(lines):
                serving.hang_up()
            serving.wait_until_it_counts()
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
            self.assertEqual(serving.end(), 0)

    def test_a_disk_that_is_full(self):
        with open("/dev/full", "wb") as full, Unheard(stderr=full) as serving:
            serving.wait_until_it_counts()
            lost = serving.page().value(DROPPED)
            self.assertGreaterEqual(lost, 1)
            serving.hang_up()
            harness.wait_for(lambda: serving.page().value(DROPPED) > lost, "the loss of a line to be counted")
            self.assertEqual(serving.end(), 0)

    def test_a_reader_that_has_gone(self):
        reader, writer = os.pipe()
        with Unheard(stderr=writer) as serving:
            os.close(writer)
            os.close(reader)
            serving.hang_up()
            harness.wait_for(lambda: serving.page().value(DROPPED) > 0, "the loss of a line to be counted")
            serving.wait_until_it_counts()
            self.assertEqual(serving.end(), 0)


class StalledOutput(unittest.TestCase):
    def test_a_start_that_fails_ends(self):
        with pipe_ends() as (_, writer), socket.create_server(("127.0.0.1", 0)) as taken:
            fill(writer)
            in_use = f"--web.listen-address=127.0.0.1:{taken.getsockname()[1]}"
            for arguments in ((in_use,), ("--no-such-flag",)):
                process = subprocess.Popen([harness.binary(), *arguments], stderr=writer)
                self.assertEqual(process.wait(harness.PATIENCE_SECONDS), 2)

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

    PRINTING = (("probe",), ("probe", "--format=json"), ("probe", "--need"), ("list",), ("stat", "--for=1ms"),
                ("--help",), ("probe", "--help"), ("--version",))  # fmt: skip

    def unprinted(self, redirection, why, **options):
        """By a shell, which closes descriptors as parents do."""
        for command in self.PRINTING:
            done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {redirection}', harness.binary(), *command],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                  timeout=harness.PATIENCE_SECONDS, check=False, **options)  # fmt: skip
            lines = [line for line in done.stderr.splitlines() if "cannot write to standard output" in line]
            self.assertEqual((done.returncode, len(lines)), (2, 1), (command, done.stderr))
            self.assertIn(why, lines[0])

    def test_what_could_not_be_printed_is_a_failure(self):
        self.unprinted(">/dev/full", "No space left on device")
        self.unprinted(">&-", "Bad file descriptor")
        self.unprinted("1</dev/null", "Bad file descriptor")

    @unittest.skipIf(harness.SANITIZER == "thread", "its runtime writes a file before the program begins")
    def test_a_file_that_takes_no_more_is_a_failure(self):
        with tempfile.NamedTemporaryFile() as file:
            self.unprinted(f">{file.name}", "", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8)))

    def test_a_server_prints_nothing_and_needs_no_output(self):
        for redirection in (">/dev/full", ">&-"):
            start = ["sh", "-c", f'exec "$0" "$@" {redirection}', harness.binary()]
            with Unheard(program=start) as exporter:
                self.assertEqual(exporter.end(), 0)

    def test_a_pager_that_was_left_is_not(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([harness.binary(), "list"], stdout=writer, stderr=subprocess.PIPE, text=True,
                              timeout=harness.PATIENCE_SECONDS, check=False)  # fmt: skip
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, ""))


if __name__ == "__main__":
    harness.main()
