"""A booted guest: commands by its agent, scrapes by a forwarded port."""

import contextlib
import dataclasses
import datetime
import fcntl
import http.client
import pathlib
import re
import shlex
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import harness  # noqa: E402  the text format's parser and free ports are those of the other end-to-end tests

BOOT_SECONDS = 60
COMMAND_SECONDS = 60
POLL_SECONDS = 0.1
# A second of a busy guest's clock takes several of ours, more so beside other work.
PATIENCE_SECONDS = 240
EXPORTER_PORT = 10950
AGENT_PORT = 8080
MEMORY_MIB = 512


def wait_for(condition, what):
    """The first true answer of `condition`, with the patience that a guest needs."""
    return harness.wait_for(condition, what, PATIENCE_SECONDS)


class GuestDied(Exception):
    """The guest ended or does not answer; the text has the end of its console."""


@dataclasses.dataclass(frozen=True)
class Machine:
    """The emulated hardware and the kernel's arguments."""

    name: str
    architecture: str
    cpus: int = 2
    pmu: bool = True  # arm64 only: QEMU emulates no PMU for amd64
    append: str = ""
    clock: str = "shift=1"  # QEMU's -icount, which counts instructions: 1 instruction = 2 ns of virtual time

    def qemu(self):
        """The emulator and what makes the machine. Instructions are counted under icount alone. Several threads would
        race with amd64 kernels' text patching (int3 oopses), and its cmpxchg16b is reported to break flags."""
        if self.architecture == "arm64":
            icount = ["-icount", self.clock] if self.pmu else []
            cpu = "neoverse-n1" if self.pmu else "neoverse-n1,pmu=off"
            return ["qemu-system-aarch64", "-machine", "virt,gic-version=3", "-cpu", cpu, *icount], "console=ttyAMA0"
        return (["qemu-system-x86_64", "-machine", "q35", "-cpu", "max,-cx16", "-accel", "tcg,thread=single"],
                "console=ttyS0 no_timer_check")  # fmt: skip


class Guest:
    """To be used by `with`: boots, and ends the emulator at the end. One at a time on this machine: the others
    wait for the lock file."""

    def __init__(self, machine, kernel, initramfs, folder, lock):
        self.machine = machine
        self.kernel = kernel
        self.console = folder / "console.log"
        self.port = harness.free_port()
        self._agent_port = harness.free_port()
        emulator, arguments = machine.qemu()
        # restrict: the guest reaches nothing but what is forwarded to it.
        network = (f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:{EXPORTER_PORT}"
                   f",hostfwd=tcp:127.0.0.1:{self._agent_port}-:{AGENT_PORT}")  # fmt: skip
        self._command = [
            *emulator, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-monitor", "none",
            "-serial", "stdio", "-smp", str(machine.cpus), "-m", str(MEMORY_MIB), "-kernel", str(kernel.image),
            "-initrd", str(initramfs), "-netdev", network, "-device", "virtio-net-pci,netdev=net,romfile=",
            "-append", f"{arguments} panic=-1 quiet {machine.append}".strip(),
        ]  # fmt: skip
        self._process = None
        self._lock_file = lock

    def __enter__(self):
        self._lock = self._lock_file.open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._log = self.console.open("wb")
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            deadline = time.monotonic() + BOOT_SECONDS
            while not self._answers():
                if time.monotonic() > deadline:
                    raise GuestDied(f"no answer within {BOOT_SECONDS} s of the boot; {self._console_end()}")
                time.sleep(POLL_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._log.close()
        self._lock.close()

    def _console_end(self):
        text = self.console.read_text(encoding="utf-8", errors="replace")
        return "the end of its console:\n" + "\n".join(text.splitlines()[-40:])

    def _answers(self):
        if self._process.poll() is not None:
            raise GuestDied(f"the emulator ended with {self._process.returncode}; {self._console_end()}")
        try:
            return self._ask("true", 2)[0] == 0
        except (OSError, http.client.HTTPException, GuestDied):
            return False

    def _ask(self, command, timeout):
        connection = http.client.HTTPConnection("127.0.0.1", self._agent_port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request("POST", "/cgi-bin/run", body=command.encode())
            output = connection.getresponse().read().decode(errors="replace")
        match = re.search(r"\n?exit status (\d+)\n\Z", output)
        if not match:
            raise GuestDied(f"{command}: no exit status in {output!r}")
        return int(match[1]), output[: match.start()]

    def run(self, command, timeout=COMMAND_SECONDS):
        """(exit status, output) of a shell command, run as root."""
        try:
            return self._ask(command, timeout)
        except (OSError, http.client.HTTPException) as error:
            raise GuestDied(f"{command}: {error}; {self._console_end()}") from error

    def check(self, command, timeout=COMMAND_SECONDS):
        """The output of a command that must succeed."""
        status, output = self.run(command, timeout)
        assert status == 0, f"{command} ended with {status}: {output}"
        return output

    def write(self, path, text):
        self.check(f"printf %s {shlex.quote(text)} > {path}")

    def set_paranoid(self, level):
        self.write("/proc/sys/kernel/perf_event_paranoid", str(level))

    @contextlib.contextmanager
    def background(self, command):
        """A command in the guest that runs while the block does; its process id."""
        pid = int(self.check(f"{command} > /tmp/background.log 2>&1 < /dev/null & echo $!"))
        try:
            yield pid
        finally:
            self.run(f"kill {pid}")

    def now(self):
        """Whole seconds since the epoch, by the guest's clock."""
        return int(self.check("date +%s"))

    def online_cpus(self):
        return harness.parse_cpu_list(self.check("cat /sys/devices/system/cpu/online"))

    @contextlib.contextmanager
    def exporter(self, *arguments, program=("perf-exporter",)):
        """A serving exporter; `program` where it is not to be started plainly."""
        command = shlex.join([*program, f"--web.listen-address=:{EXPORTER_PORT}", *arguments])
        pid = int(self.check(f"{command} > /tmp/exporter.log 2>&1 < /dev/null & echo $!"))
        try:
            served = ServedExporter(self, pid)
            wait_for(served.is_ready, "the exporter to be ready")
            yield served
            assert self.run(f"kill -0 {pid}")[0] == 0, "the exporter has ended"
        except Exception:
            print(f"--- the exporter's log\n{self.run('cat /tmp/exporter.log')[1]}", file=sys.stderr)
            raise
        finally:
            self.run(f"kill {pid}; for i in $(seq 50); do kill -0 {pid} || break; sleep 0.1; done 2> /dev/null")


class ServedExporter:
    """The exporter in the guest, seen from outside."""

    def __init__(self, guest, pid):
        self._guest = guest
        self.pid = pid

    def get(self, path, **headers):
        """(status, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self._guest.port, timeout=COMMAND_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", urllib.parse.quote(path, safe="/?=&[]"), headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def is_ready(self):
        try:
            return self.get("/-/ready")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def scrape(self):
        status, body = self.get("/metrics")
        assert status == 200, f"{status}: {body}"
        return harness.Page(body)

    def log(self):
        """What it has logged up to now."""
        return self._guest.check("cat /tmp/exporter.log")

    def logged_at(self, finding):
        """When it logged the finding first, in seconds since the epoch by the guest's clock."""
        log = self.log()
        found = re.search(rf'^time=(\S+) level=\w+ msg="{finding}: ', log, re.M)
        assert found, log
        return datetime.datetime.fromisoformat(found[1].replace("Z", "+00:00")).timestamp()

    def settled_descriptors(self):
        """How many are open once the server has closed what its clients left: the same for a while."""
        return harness.settle(
            lambda: int(self._guest.check(f"ls /proc/{self.pid}/fd | wc -l")), "the number of descriptors")

    def status(self):
        """The fields of /proc/PID/status."""
        text = self._guest.check(f"cat /proc/{self.pid}/status")
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
