"""A server under measurement: its start, what it takes, and what it asks of the kernel."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import scrape_client

# CPUCLOCK_SCHED, and the construction of a process's clock id from its number (clock_getcpuclockid(3)).
CPUCLOCK_SCHED = 2
STOP_SECONDS = 10


class Server:
    """A running server. To be stopped by leaving its `with`."""

    def __init__(self, name, command, sample):
        """`command` has {port} where the port belongs; `sample` starts a sample that it has once it counts."""
        self.name = name
        self._sample = sample
        self.port = free_port()
        began = time.perf_counter_ns()
        self._process = subprocess.Popen(
            [part.format(port=self.port) for part in command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self._process.pid
        try:
            self._wait_for_samples()
        except BaseException:
            self.stop()
            raise
        self.start_ns = time.perf_counter_ns() - began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_for_samples(self):
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self._process.returncode}")
            try:
                with scrape_client.Client(self.port, close=True) as client:
                    if b"\n" + self._sample in client.scrape()[1]:
                        return
            except (OSError, ValueError):
                pass
            time.sleep(0.001)
        raise SystemExit(f"{self.name} has no sample {self._sample.decode()}: is this run as root?")

    def cpu_ns(self):
        """CPU time spent by all its threads, ended ones too; exact, as the scheduler keeps it."""
        return time.clock_gettime_ns((~self.pid << 3) | CPUCLOCK_SCHED)

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def user_share(self, work):
        """The share of its CPU time spent outside the kernel while `work` runs, from samples every 0.1 ms
        of it, and their number; nothing without perf. Ticks would be 40 times rarer."""
        if shutil.which("perf") is None:
            return None
        with tempfile.TemporaryDirectory() as directory:
            data = os.path.join(directory, "perf.data")
            record = ["perf", "record", "-q", "-e", "cpu-clock", "-c", "100000", "-o", data]
            with subprocess.Popen([*record, "-p", str(self.pid)], stderr=subprocess.DEVNULL) as recorder:
                time.sleep(0.5)
                work()
                recorder.send_signal(signal.SIGINT)
                recorder.wait()
            listed = subprocess.run(
                ["perf", "script", "-i", data, "-F", "ip"], capture_output=True, text=True, check=False
            )
        addresses = [int(word, 16) for word in listed.stdout.split() if re.fullmatch("[0-9a-f]+", word)]
        in_kernel = sum(address >> 63 for address in addresses)
        return (1 - in_kernel / len(addresses), len(addresses)) if addresses else None


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
