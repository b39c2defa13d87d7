#!/usr/bin/python3
"""Whatever its parent left it, it starts alike; stray signals do not end it, and SIGHUP has it look again."""

import contextlib
import json
import os
import pathlib
import pty
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

import harness
from unheard import Unheard

STRAY = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO,
         signal.SIGPWR, signal.SIGSTKFLT, signal.SIGRTMIN, signal.SIGRTMAX)  # fmt: skip


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


def without_standard_descriptors(closed):
    redirections = " ".join(f"{fd}>&-" for fd in closed)
    return ["sh", "-c", f'exec "$0" "$@" {redirections}', harness.binary()]


@contextlib.contextmanager
def on_a_terminal():
    """An exporter with a controlling terminal, the descriptor of the terminal's other end, and its log."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as log, contextlib.ExitStack() as stack:
        outer, inner = pty.openpty()
        other_end = stack.enter_context(os.fdopen(outer, "rb", buffering=0))
        start = ["setsid", "--ctty", "sh", "-c", 'log=$1; shift; exec "$@" 2>"$log"', "sh", log.name, harness.binary()]
        try:
            started = Unheard(program=start, stdin=inner, stdout=inner, stderr=inner)
        finally:
            os.close(inner)
        yield stack.enter_context(started), other_end, log


def trials(**options):
    """What `probe` tried, and what came of it."""
    return json.loads(harness.run("probe", "--format=json", **options).stdout)["trials"]


class Inherited(unittest.TestCase):
    def test_an_ignored_sigchld_changes_nothing(self):
        with harness.Exporter("--collector=software") as exporter:
            expected = findings(exporter), exporter.scrape().success()
        with harness.Exporter("--collector=software", preexec_fn=ignoring(signal.SIGCHLD)) as exporter:
            self.assertEqual((findings(exporter), exporter.scrape().success()), expected)
        self.assertEqual(trials(preexec_fn=ignoring(signal.SIGCHLD)), trials())

    def test_closed_descriptors_are_taken_by_nothing(self):
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            with Unheard(program=without_standard_descriptors(closed)) as exporter:
                for fd in range(3):
                    self.assertEqual(os.readlink(f"/proc/{exporter.process.pid}/fd/{fd}"), "/dev/null")
                self.assertEqual(exporter.end(), 0)

    def test_blocked_and_ignored_signals_still_end_it(self):
        for prepare in (blocking_everything, ignoring(signal.SIGTERM)):
            with harness.Exporter(preexec_fn=prepare) as exporter:
                self.assertEqual(exporter.stop(signal.SIGTERM), 0)

    def test_what_nohup_and_the_shell_ignore_stays_ignored(self):
        numbers = (signal.SIGHUP, signal.SIGINT)
        with harness.Exporter("--collector=software", preexec_fn=ignoring(*numbers)) as exporter:
            for number in numbers:
                exporter.send(number)
            ignored = int(dict(exporter.threads())["perf-exporter"]["SigIgn"], 16)
            self.assertEqual([ignored >> (number - 1) & 1 for number in numbers], [1, 1])
            self.assertEqual(exporter.get("/-/healthy")[0], 200)
            self.assertEqual(exporter.stop(signal.SIGTERM), 0)
            self.assertNotIn("looking again", exporter.log())

    def test_the_umask_takes_nothing_from_the_owner(self):
        self.assertEqual(mode_of_socket(0o777), 0o700)
        self.assertEqual(mode_of_socket(0o007), 0o770)  # as the unit's reader is told to share it with a group

    @unittest.skipIf(harness.SANITIZER == "thread", "its runtime writes a file before the program begins")
    def test_a_limit_of_file_sizes_does_not_end_it(self):
        with tempfile.TemporaryFile() as log, Unheard(stderr=log, preexec_fn=files_limited_to_nothing) as exporter:
            self.assertEqual(exporter.end(), 0)


class Signals(unittest.TestCase):
    def test_stray_ones_do_not_end_it(self):
        with harness.Exporter("--collector=software") as exporter:
            for number in STRAY:
                exporter.send(number)
                self.assertEqual(exporter.get("/-/healthy")[0], 200, number)
            self.assertEqual(exporter.stop(signal.SIGTERM), 0)

    def test_hangup_has_it_look_again(self):
        with harness.copied_binary() as path, harness.Exporter(program=[path]) as exporter:

            def executable():
                report = json.loads(exporter.get("/probe", Accept="application/json")[2])
                return report["facts"]["executable"]

            self.assertEqual(executable(), path)
            shutil.move(path, path + ".moved")
            exporter.send(signal.SIGHUP)
            harness.wait_for(lambda: executable() == path + ".moved", "the facts to be gathered anew")
            harness.wait_for(lambda: "looking again" in exporter.log(), "the log, which is written later")
            lines = [line for line in exporter.log().splitlines() if "looking again" in line]
            self.assertEqual(len(lines), 1)
            self.assertRegex(lines[0], 'level=info msg="looking again" signal=SIGHUP$')
            self.assertEqual(exporter.stop(signal.SIGTERM), 0)

    def test_a_terminal_that_goes_away_ends_it(self):
        with on_a_terminal() as (exporter, terminal, log):
            exporter.hang_up()
            harness.wait_for(lambda: "looking again" in pathlib.Path(log.name).read_text(encoding="utf-8"),
                             "the look, for the terminal is there")  # fmt: skip
            terminal.close()
            self.assertEqual(exporter.process.wait(harness.PATIENCE_SECONDS), 0)

    def test_other_commands_leave_hangup_alone(self):
        for prepare in (None, blocking_everything):
            process = subprocess.Popen([harness.binary(), "stat", "--for=1h"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, preexec_fn=prepare)  # fmt: skip
            process.send_signal(signal.SIGHUP)
            try:
                self.assertEqual(process.wait(harness.PATIENCE_SECONDS), -signal.SIGHUP)
            finally:
                process.kill()
                process.wait()


if __name__ == "__main__":
    harness.main()
