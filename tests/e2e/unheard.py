"""An exporter whose log can't be read here, and the pipes that make it so."""

import contextlib
import os
import re
import select
import signal
import subprocess
import urllib.request

import harness


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


class Unheard:
    """One that serves on a port that is known before. To be used by `with`, which waits until it is ready."""

    def __init__(self, *arguments, program=None, collectors=("--collector=software",), **options):
        self.port = harness.free_port()
        self.process = subprocess.Popen(
            [*(program or [harness.binary()]), f"--web.listen-address=127.0.0.1:{self.port}", *collectors, *arguments],
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options},
        )  # fmt: skip

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

    def wait_until_it_counts(self):
        before = self.page().total("context_switches")
        harness.wait_for(lambda: self.page().total("context_switches") > before, "the counters to move")

    def hang_up(self):
        """Has one line logged: a second signal before the first was taken would be one with it."""
        self.process.send_signal(signal.SIGHUP)
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            harness.wait_for(lambda: status.seek(0) == 0 and re.search(r"(?m)^ShdPnd:\s+0+$", status.read()),
                             "the signal to be taken")  # fmt: skip

    def end(self):
        """Its exit status after SIGTERM."""
        self.process.terminate()
        return self.process.wait(harness.PATIENCE_SECONDS)
