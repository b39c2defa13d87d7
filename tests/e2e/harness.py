"""What the end-to-end tests share: the exporter as a process, its pages, the tools beside it.

Every test file is a program: `PERF_EXPORTER=path/to/perf-exporter TOOLS=dir ./counting_test.py [Class.test]`.
It exits with 77 where every test that it ran was skipped, which ctest counts as a skip.
"""

import atexit
import contextlib
import functools
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from prometheus_client import parser as text_parser

SKIPPED = 77
# As for -fsanitize=; empty for a plain build.
SANITIZER = os.environ.get("SANITIZER", "")
# Patience is for machines that do much else; nothing here measures a time.
PATIENCE_SECONDS = 20
NOBODY = 65534
ALL_COLLECTORS = "cycles,instructions,branch,cache,software,stalls,bus,hw_cache"
SOFTWARE_EVENTS = ("page_faults", "minor_faults", "major_faults", "context_switches", "migrations")

PERFMON = 1 << 38


def permitted():
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"^CapPrm:\s+(\w+)", status, re.M)[1], 16)


needs_root = unittest.skipUnless(os.getuid() == 0 and permitted() & PERFMON, "needs root with CAP_PERFMON")
needs_ipv6 = unittest.skipUnless(
    os.path.exists("/proc/net/if_inet6")
    and re.search(r"^0{31}1 ", pathlib.Path("/proc/net/if_inet6").read_text(encoding="ascii"), re.M),
    "needs ::1",
)


def paranoid():
    return int(pathlib.Path("/proc/sys/kernel/perf_event_paranoid").read_text(encoding="ascii"))


@functools.cache
def binary():
    """The program under test. To a user who is not root a copy of one whose file has a capability, as `make run` leaves
    it: the kernel keeps the /proc files of such a process for root (proc(5), "dumpable")."""
    path = os.path.abspath(os.environ["PERF_EXPORTER"])
    if os.getuid() == 0 or "security.capability" not in os.listxattr(path):
        return path
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return shutil.copy(path, folder.name)


def cache_dir():
    """Where the scripts keep their downloads."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "perf-exporter")


def newest(name):
    """The path of a tool of Debian's unstable release (scripts/fetch-newest.py), or a skip."""
    path = os.path.join(cache_dir(), "newest/usr/bin", name)
    if not os.access(path, os.X_OK):
        raise unittest.SkipTest(f"needs {name} of Debian sid")
    return path


def tool(name):
    """The path of one of Debian's unpacked tools, or a skip."""
    folders = [os.environ.get("TOOLS", ""), os.path.join(cache_dir(), "tools")]
    places = [os.path.join(folder, name) for folder in folders if folder for name in ("", "usr/bin", "usr/sbin")]
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", os.defpath)]))
    if found is None:
        raise unittest.SkipTest(f"needs {name}")
    return found


def parse_cpu_list(text):
    cpus = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        cpus += range(int(first), int(last or first) + 1)
    return cpus


def online_cpus():
    return parse_cpu_list(pathlib.Path("/sys/devices/system/cpu/online").read_text(encoding="ascii"))


def wait_for(condition, what, patience=PATIENCE_SECONDS):
    """The first true answer of `condition`."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def settle(look, what):
    """What `look` answers once it has answered the same ten times."""
    seen = [look()]

    def same():
        seen.append(look())
        return len(seen) > 10 and len(set(seen[-10:])) == 1

    wait_for(same, f"{what} to settle: {seen}")
    return seen[-1]


def run(*arguments, program=None, timeout=PATIENCE_SECONDS, **options):
    """The exporter run to its end; `program` (a list) where it is not to be started plainly."""
    return subprocess.run(
        [*(program or [binary()]), *arguments],
        capture_output=True, text=True, timeout=timeout, check=False, **options,
    )  # fmt: skip


def as_nobody(path, *setpriv_arguments):
    """The start of a command that runs the file as uid 65534. setpriv keeps what is permitted across its
    change of user, the shell's exec in between does not: what the file gets, its own capabilities give."""
    return ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--inh-caps=-all",
            *setpriv_arguments, "sh", "-c", 'exec "$0" "$@"', path]  # fmt: skip


def set_capability(capability, path):
    """As setcap(8) takes it; "-r" takes all away."""
    setcap = shutil.which("setcap", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    subprocess.run([setcap, capability, path], check=True)


@contextlib.contextmanager
def copied_binary(capability=None):
    """A copy that every user may run, in a folder where file capabilities count."""
    for place in (tempfile.gettempdir(), "/var/tmp"):
        if not os.statvfs(place).f_flag & os.ST_NOSUID:
            break
    with tempfile.TemporaryDirectory(dir=place) as directory:
        os.chmod(directory, 0o755)
        copy = os.path.join(directory, "perf-exporter")
        shutil.copy(binary(), copy)
        os.chmod(copy, 0o755)
        if capability:
            set_capability(capability, copy)
        yield copy


class Page:
    """One answer in the text format: values by name and labels."""

    def __init__(self, text):
        self.text = text
        self.families = list(text_parser.text_string_to_metric_families(text))
        self._values = {}
        for family in self.families:
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                assert key not in self._values, f"{sample.name}{sample.labels} appears twice"
                self._values[key] = sample.value

    def series(self):
        return set(self._values)

    def value(self, name, **labels):
        """The value; None where there is no such sample."""
        return self._values.get((name, frozenset(labels.items())))

    def values(self, name):
        """{labels as a frozenset of pairs: value}"""
        return {labels: value for (sample, labels), value in self._values.items() if sample == name}

    def count(self, event, cpu):
        return int(self._values[f"perf_cpu_{event}_total", frozenset({("cpu", str(cpu))})])

    def total(self, event):
        return int(sum(self.values(f"perf_cpu_{event}_total").values()))

    def findings(self):
        return {dict(labels)["finding"] for labels in self.values("perf_exporter_finding")}

    def success(self):
        name = "perf_exporter_collector_success"
        return {dict(labels)["collector"]: value for labels, value in self.values(name).items()}


class Exporter:
    """A serving exporter on a port of its own, or with an empty `listen` on the one address that its configuration
    names. To be used by `with`; a failure within prints its log."""

    def __init__(self, *arguments, program=None, listen=("127.0.0.1:0",), **options):
        self._log = tempfile.NamedTemporaryFile("w+", encoding="utf-8", errors="replace")
        listening = [f"--web.listen-address={address}" for address in listen]
        self._process = subprocess.Popen(
            [*(program or [binary()]), *listening, *arguments],
            stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL, **options,
        )  # fmt: skip
        self.pid = self._process.pid
        self.returncode = None
        try:
            self.urls = wait_for(lambda: self._listening(len(listen) or 1), "the exporter to listen")
            tcp = [url for url in self.urls if url.startswith("http://")]
            self.port = int(tcp[0].rsplit(":", 1)[1]) if tcp else None
            if tcp:
                wait_for(lambda: self.get("/-/ready")[0] == 200, "the exporter to be ready")
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop(signal.SIGTERM)
        if kind is not None and not issubclass(kind, unittest.SkipTest):
            print(f"--- log of {self._process.args}\n{self.log()}--- exited with {self.returncode}", file=sys.stderr)
        self._log.close()

    def _listening(self, wanted):
        if self._process.poll() is not None:
            raise AssertionError(f"the exporter ended with {self._process.returncode}")
        urls = re.findall(r'msg="listening" url=(\S+)', self.log())
        return urls if len(urls) == wanted else None

    def log(self):
        return pathlib.Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    def send(self, number):
        self._process.send_signal(number)

    def wait(self):
        self.returncode = self._process.wait(PATIENCE_SECONDS)
        return self.returncode

    def stop(self, number=signal.SIGTERM):
        """Its exit status; SIGKILL where it does not come."""
        if self.returncode is None:
            try:
                self._process.send_signal(number)
                self.wait()
            except subprocess.TimeoutExpired:
                self._process.kill()
                self.returncode = self._process.wait()
        return self.returncode

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def get(self, path, method="GET", **headers):
        """(status, headers, body) on a connection of its own."""
        connection = self.connect()
        with contextlib.closing(connection):
            connection.request(method, path, headers={key.replace("_", "-"): text for key, text in headers.items()})
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def scrape(self, query=""):
        """A page of counters read after this was called: one younger than 1 ms would be shared."""
        time.sleep(0.002)
        status, _, body = self.get("/metrics" + query)
        assert status == 200, f"{status}: {body}"
        return Page(body.decode())

    def threads(self):
        """[(name, status as a dict)]"""
        found = []
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            lines = (task / "status").read_text(encoding="ascii").splitlines()
            status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
            found.append((status["Name"], status))
        return found

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def settled_descriptors(self):
        """Once the server has closed what its clients left: the same for a while."""
        return settle(self.descriptors, "the number of descriptors")

    def resident_bytes(self):
        """Exact, unlike VmRSS, which per-CPU counters make up."""
        text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii")
        return int(re.search(r"^Rss:\s+(\d+) kB", text, re.M)[1]) * 1024


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def main():
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful() or result.testsRun == 0:
        sys.exit(1)
    sys.exit(SKIPPED if len(result.skipped) == result.testsRun else 0)
