#!/usr/bin/python3
"""What it listens on: several addresses of which some can't be had, and those that take a right of the start."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import tempfile
import unittest

import harness

SOFTWARE = "--collector=software"
FINDING = "address_unavailable"
LACKED = "192.0.2.1:10950"  # of a block for documentation (RFC 5737)


def first_free_port():
    """Ports from here on are everybody's."""
    path = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
    return int(pathlib.Path(path).read_text(encoding="ascii"))


def privileged_port():
    """One that nobody has, for root or CAP_NET_BIND_SERVICE alone."""
    for port in range(min(first_free_port(), 1024) - 1, 512, -1):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise unittest.SkipTest("needs a privileged port")


def also(address):
    return f"--web.listen-address={address}"


def is_served(address, family=socket.AF_INET):
    with socket.socket(family) as client:
        client.settimeout(harness.PATIENCE_SECONDS)
        if client.connect_ex(address) != 0:
            return False
        client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return client.recv(4096).startswith(b"HTTP/1.1 200 ")


def told(exporter):
    """What the log says it listens on."""
    return re.findall(r'msg="listening" url=\S+ address="?([^"\n]+)', exporter.log())


class Several(unittest.TestCase):
    @harness.needs_ipv6
    def test_all_of_ipv6_beside_all_of_ipv4(self):
        port = harness.free_port()
        for listen in ((f"[::]:{port}", f"0.0.0.0:{port}"), (f"0.0.0.0:{port}", f":{port}")):
            with harness.Exporter(SOFTWARE, listen=listen) as exporter:
                self.assertEqual(sorted(told(exporter)), [f"0.0.0.0:{port}", f"[::]:{port}"])
                self.assertTrue(is_served(("127.0.0.1", port)))
                self.assertTrue(is_served(("::1", port), socket.AF_INET6))

    @harness.needs_ipv6
    def test_the_log_names_what_is_bound(self):
        with harness.Exporter(SOFTWARE, listen=(":0",)) as exporter:
            self.assertEqual(told(exporter), [f"[::]:{exporter.port} and 0.0.0.0:{exporter.port}"])

    def test_the_others_serve_and_the_missing_one_follows(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            exporter = harness.Exporter(SOFTWARE, also(LACKED), also(f"127.0.0.1:{port}"))
            with exporter:
                self.assertIn(FINDING, exporter.scrape().findings())
                report = exporter.get("/probe", Accept="text/plain")[2].decode()
                self.assertIn(f"127.0.0.1:{port}: address already in use", " ".join(report.split()))
                self.assertIn(f"{LACKED}: this machine has no such address", " ".join(report.split()))
                taken.close()
                exporter.send(signal.SIGHUP)
                harness.wait_for(lambda: is_served(("127.0.0.1", port)), "the port to be served")
                harness.wait_for(lambda: len(told(exporter)) > 1, "the log, which is written later")
                self.assertEqual(told(exporter)[1:], [f"127.0.0.1:{port}"])
                self.assertIn(FINDING, exporter.scrape().findings())
                self.assertNotIn("already in use", exporter.get("/-/ready")[2].decode())
                self.assertEqual(exporter.stop(), 0)

    def test_where_none_can_be_had_all_are_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            done = harness.run(SOFTWARE, also(LACKED), also(address))
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(f"cannot listen on {LACKED}: this machine has no such address", done.stderr)
        self.assertIn(f"cannot listen on {address}: address already in use", done.stderr)


@harness.needs_root
class Rights(unittest.TestCase):
    def test_a_privileged_port_is_had_with_the_capability_of_the_start(self):
        port = privileged_port()
        with harness.copied_binary("cap_net_bind_service,cap_perfmon=ep") as path:
            program = harness.as_nobody(path)
            with harness.Exporter(SOFTWARE, program=program, listen=(f"127.0.0.1:{port}",)) as exporter:
                serving = [status for name, status in exporter.threads() if name.startswith("http-")]
                self.assertEqual({status["CapEff"].strip("0") for status in serving}, {""})
                self.assertEqual(exporter.scrape().success(), {"software": 1.0})

    def test_without_it_the_refusal_says_what_it_takes(self):
        port = privileged_port()
        with harness.copied_binary("cap_perfmon=ep") as path:
            done = harness.run(SOFTWARE, also(f"127.0.0.1:{port}"), program=harness.as_nobody(path))
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"127.0.0.1:{port}: permission denied", done.stderr)
        self.assertIn("CAP_NET_BIND_SERVICE", done.stderr)

    def test_a_port_that_comes_too_late_takes_a_restart(self):
        with socket.create_server(("127.0.0.1", privileged_port())) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            with harness.Exporter(SOFTWARE, also(address)) as exporter:
                harness.wait_for(lambda: "address already in use" in exporter.log(), "the log, which is written later")
                taken.close()
                exporter.send(signal.SIGHUP)
                harness.wait_for(
                    lambda: b"it has given up, start it anew" in exporter.get("/-/ready")[2], "the reason"
                )
                self.assertEqual(told(exporter), [f"127.0.0.1:{exporter.port}"])

    def test_a_socket_in_a_folder_of_another_user(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o700)
        os.chown(folder, harness.NOBODY, harness.NOBODY)
        path = os.path.join(folder, "http.sock")
        for _ in range(2):  # the next start takes the place of what the one before left behind
            with harness.Exporter(SOFTWARE, listen=("127.0.0.1:0", f"unix:{path}")) as exporter:
                self.assertTrue(is_served(path, socket.AF_UNIX))
                self.assertEqual(exporter.stop(), 0)
                self.assertIn(f"a unix socket is left behind: {path}: Permission denied", exporter.log())


if __name__ == "__main__":
    harness.main()
