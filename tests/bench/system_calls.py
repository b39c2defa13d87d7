"""What a running process asks of the kernel, by strace."""

import os
import re
import shutil
import signal
import subprocess
import tempfile


def count(pid, work):
    """(reads of perf events, system calls) made by all threads while `work` runs; nothing without strace."""
    if shutil.which("strace") is None:
        return None
    with tempfile.NamedTemporaryFile("r", encoding="ascii", errors="replace") as log:
        command = ["strace", "-f", "-y", "-o", log.name, "-p", str(pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
            if b"attached" not in tracer.stderr.readline():
                return None
            work()  # once untraced threads have all been found
            log.seek(0, os.SEEK_END)
            work()
            tracer.send_signal(signal.SIGINT)
            tracer.stderr.read()
        # A line per call, and another where it was interrupted by another thread's.
        calls = [line for line in log if re.match(r"\d+ +\w+\(", line)]
    return sum(" read(" in call and "[perf_event]" in call for call in calls), len(calls)
