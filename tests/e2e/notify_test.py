#!/usr/bin/python3
"""What a service manager is told: when the exporter is ready, and that it stops."""

import contextlib
import os
import pathlib
import signal
import socket
import tempfile
import unittest

import harness


@contextlib.contextmanager
def manager():
    """A socket as systemd listens on, and the environment of what it starts."""
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        path = os.path.join(directory, "notify")
        listener.bind(path)
        listener.settimeout(harness.PATIENCE_SECONDS)
        yield listener, {**os.environ, "NOTIFY_SOCKET": path}


def pending(listener):
    """What has come and was not read yet."""
    messages = []
    listener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            messages.append(listener.recv(4096))
    return messages


class Notify(unittest.TestCase):
    def test_ready_is_told_once_and_so_is_stopping(self):
        with manager() as (listener, environment):
            with harness.Exporter(env=environment) as exporter:
                self.assertEqual(listener.recv(4096), b"READY=1")
                self.assertEqual(exporter.get("/-/ready")[0], 200)
                self.assertEqual(exporter.stop(signal.SIGTERM), 0)
            self.assertEqual(pending(listener), [b"STOPPING=1"])

    def test_strict_and_refused_is_never_ready(self):
        with manager() as (listener, environment):
            # No machine has this CPU, which --strict does not forgive.
            done = harness.run("--strict", "--cpus=0,65535", "--web.listen-address=127.0.0.1:0", env=environment)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertEqual(pending(listener), [b"STOPPING=1"])

    def test_a_manager_that_is_gone_does_not_matter(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "notify")
            with harness.Exporter(env={**os.environ, "NOTIFY_SOCKET": str(path)}) as exporter:
                harness.wait_for(lambda: f"cannot notify {path}" in exporter.log(), "the warning")
                self.assertEqual(exporter.get("/metrics")[0], 200)


if __name__ == "__main__":
    harness.main()
