"""Addresses that can't be had: the others serve, and the missing one follows once it can be had."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import tempfile

from board import Found, Scenario
from probing import SOFTWARE, run
from starts import in_mount_namespace, nobody, program

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import addresses_test  # noqa: E402
import harness  # noqa: E402

FINDING = "address_unavailable"
SERVES = "serves"
LATE = "192.0.2.77"


def on_top(exporter):
    return FINDING if FINDING in exporter.scrape().findings() else SERVES


def follows(exporter, address):
    """What is wrong while it waits to be retried, and after it."""
    harness.wait_for(lambda: addresses_test.is_served(address), f"{address} to be served")
    if FINDING not in exporter.log():
        yield "the log does not tell that it was missing"
    if FINDING in exporter.scrape().findings():
        yield "the finding stays although all is served"


def another_process():
    """A second exporter by mistake, which ends while the first serves on: nobody tells it that the port is free."""
    with harness.Exporter(*SOFTWARE, program=[program("ep")]) as other:
        taken = ("127.0.0.1", other.port)
        with harness.Exporter(*SOFTWARE, addresses_test.also(f"127.0.0.1:{other.port}"),
                              program=[*nobody(), program("ep")]) as exporter:  # fmt: skip
            found = on_top(exporter)
            other.stop()
            return Found(found, list(follows(exporter, taken)))


@contextlib.contextmanager
def an_address():
    subprocess.run(["ip", "address", "add", f"{LATE}/32", "dev", "lo"], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "address", "del", f"{LATE}/32", "dev", "lo"], check=True)


def comes_late():
    """A machine's second address, as a failover moves it."""
    port = harness.free_port()
    with harness.Exporter(*SOFTWARE, addresses_test.also(f"{LATE}:{port}"),
                          program=[*nobody(), program("ep")]) as exporter:  # fmt: skip
        found = on_top(exporter)
        with an_address():
            return Found(found, list(follows(exporter, (LATE, port))))


def privileged():
    """As a user, beside another port."""
    port = addresses_test.privileged_port()
    with harness.Exporter(*SOFTWARE, addresses_test.also(f"127.0.0.1:{port}"),
                          program=[*nobody(), program("ep")]) as exporter:  # fmt: skip
        told = "permission denied; a port below 1024 takes CAP_NET_BIND_SERVICE"
        return Found(on_top(exporter), [] if told in exporter.log() else [f"the log lacks '{told}'"])


def none_at_all():
    """Nothing is left to serve on: it ends as any mistake does."""
    port = addresses_test.privileged_port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run([*nobody(), program("ep"), *SOFTWARE, addresses_test.also(address),
                    addresses_test.also(f"127.0.0.1:{port}")])  # fmt: skip
    lacking = [text for text in (f"{address}: address already in use", f"127.0.0.1:{port}: permission denied")
               if text not in done.stderr]  # fmt: skip
    return Found(f"exit {done.returncode}", [f"it does not say '{text}': {done.stderr}" for text in lacking])


class SilentNameService:
    """Counts what it is asked, and answers nothing."""

    ADDRESS = "127.0.0.77"

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.ADDRESS, 53))
        self._socket.setblocking(False)
        return self

    def __exit__(self, *_):
        self._socket.close()

    def asked(self):
        """Whether anything has come since the last time."""
        count = 0
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(4096):
                count += 1
        return count > 0


def silent_name_service():
    """It is asked at the start, and not again: whoever asks can't be stopped meanwhile."""
    with (
        SilentNameService() as service,
        socket.create_server(("127.0.0.1", 0)) as taken,
        tempfile.NamedTemporaryFile("w", encoding="ascii") as configuration,
    ):
        configuration.write(f"nameserver {SilentNameService.ADDRESS}\noptions timeout:1 attempts:2\n")
        configuration.flush()
        start = in_mount_namespace(f"mount --bind {configuration.name} /etc/resolv.conf")
        port = taken.getsockname()[1]
        with harness.Exporter(*SOFTWARE, addresses_test.also("somewhere.example:1"),
                              addresses_test.also(f"127.0.0.1:{port}"),
                              program=[*start, program("ep")]) as exporter:  # fmt: skip
            found = on_top(exporter)
            problems = [] if service.asked() else ["the name service is not asked"]
            told = "this took too long to be tried again, start it anew"
            problems += [] if told in exporter.log() else [f"the log lacks '{told}'"]
            taken.close()
            harness.wait_for(lambda: addresses_test.is_served(("127.0.0.1", port)), "the port to be served")
            problems += ["the name service is asked again"] if service.asked() else []
            return Found(found, problems)


def both_families():
    """Written out as many a server's configuration has it."""
    port = harness.free_port()
    listen = (f"[::]:{port}", f"0.0.0.0:{port}")
    with harness.Exporter(*SOFTWARE, program=[*nobody(), program("ep")], listen=listen) as exporter:
        served = {"127.0.0.1": addresses_test.is_served(("127.0.0.1", port)),
                  "::1": addresses_test.is_served(("::1", port), socket.AF_INET6)}  # fmt: skip
        return Found(on_top(exporter), [f"{host} is not served" for host, is_served in served.items() if not is_served])


SCENARIOS = [
    Scenario("addresses", "a port that another process has", (FINDING,), another_process),
    Scenario("addresses", "an address that comes late", (FINDING,), comes_late, ("iproute2",)),
    Scenario("addresses", "a privileged port, as a user", (FINDING,), privileged, ("privileged_ports",)),
    Scenario("addresses", "none that can be had", ("exit 2",), none_at_all, ("privileged_ports",)),
    Scenario("addresses", "a name service that does not answer", (FINDING,), silent_name_service),
    Scenario("addresses", "all of IPv6 beside all of IPv4", (SERVES,), both_families, ("ipv6",)),
]
