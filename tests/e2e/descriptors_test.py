#!/usr/bin/python3
"""Few descriptors: it serves, or ends at once with a line that says how many it takes; it is never mute."""

import contextlib
import os
import pathlib
import re
import resource
import socket
import tempfile
import unittest

import harness

SOFTWARE = "--collector=software"
ANY_PORT = "--web.listen-address=127.0.0.1:0"
PAGES = ("/-/healthy", "/metrics", "/")
# With three the loader finds none for the libraries.
FEWEST, MOST = 4, 40
USAGE_STATUS = 2
IDLE_CONNECTIONS = 12


def limited(soft, hard=None):
    """Options of a process with this limit."""
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard or soft))}


@unittest.skipIf("undefined" in harness.SANITIZER, "it looks at memory through a pipe, which takes a descriptor")
class FewDescriptors(unittest.TestCase):
    def ended(self, *arguments, limit=FEWEST, **options):
        """The number of descriptors that the only line names."""
        done = harness.run(SOFTWARE, *arguments, **limited(limit), **options)
        self.assertEqual((done.returncode, done.stdout), (USAGE_STATUS, ""), done.stderr)
        line = rf"perf-exporter: serving takes (\d+) file descriptors at least: RLIMIT_NOFILE is {limit};.*\n"
        match = re.fullmatch(line, done.stderr)
        self.assertTrue(match, f"{limit}: {done.stderr}")
        return int(match[1])

    def test_every_limit(self):
        least = self.ended(ANY_PORT)
        for limit in range(FEWEST, least):
            self.assertEqual(self.ended(ANY_PORT, limit=limit), least)
        for limit in range(least, MOST):
            with harness.Exporter(SOFTWARE, **limited(limit)) as exporter:
                self.assertEqual([exporter.get(page)[0] for page in PAGES], [200] * len(PAGES), limit)
        with self.subTest("not even the libraries"):
            done = harness.run(ANY_PORT, **limited(FEWEST - 1))
            self.assertRegex(done.stderr, "shared libraries")

    def test_a_low_soft_limit_is_raised(self):
        for soft in (FEWEST, 11, 20):
            with harness.Exporter(SOFTWARE, **limited(soft, 1000)) as exporter:
                self.assertEqual(exporter.scrape().value("process_max_fds"), 1000)

    def test_what_is_listened_on_and_told_counts(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            told = pathlib.Path(folder, "notify")
            manager.bind(str(told))
            manager.settimeout(harness.PATIENCE_SECONDS)
            environment = {**os.environ, "NOTIFY_SOCKET": str(told)}
            listen = ("127.0.0.1:0", f"unix:{folder}/http.sock")
            addresses = [f"--web.listen-address={address}" for address in listen]
            least = self.ended(*addresses, env=environment)
            self.assertEqual(least, self.ended(ANY_PORT) + 2)
            self.assertEqual(self.ended(*addresses, limit=least - 1, env=environment), least)
            with harness.Exporter(SOFTWARE, listen=listen, env=environment, **limited(least)) as exporter:
                self.assertEqual(manager.recv(4096), b"READY=1")
                self.assertEqual(exporter.get("/metrics")[0], 200)
                self.assertEqual(exporter.stop(), 0)
                self.assertEqual(manager.recv(4096), b"STOPPING=1")

    def test_idle_connections_give_way(self):
        """The last descriptor is left to the files that are opened now and then."""
        least = self.ended(ANY_PORT)
        for limit in (least, least + 4):
            with harness.Exporter(SOFTWARE, **limited(limit)) as exporter, contextlib.ExitStack() as clients:
                for _ in range(IDLE_CONNECTIONS):
                    client = clients.enter_context(contextlib.closing(exporter.connect()))
                    client.request("GET", "/-/healthy")
                    self.assertEqual(client.getresponse().read(), b"healthy\n")
                self.assertEqual([exporter.get(page)[0] for page in PAGES], [200] * len(PAGES))
                harness.wait_for(lambda: exporter.descriptors() < limit, "a descriptor to be free")

    def test_half_open_connections_give_way(self):
        limit = self.ended(ANY_PORT)
        with harness.Exporter(SOFTWARE, **limited(limit)) as exporter, contextlib.ExitStack() as clients:
            for _ in range(IDLE_CONNECTIONS):
                clients.enter_context(socket.create_connection(("127.0.0.1", exporter.port)))
            self.assertEqual([exporter.get(page)[0] for page in PAGES], [200] * len(PAGES))

    def test_the_other_commands_end_with_words(self):
        for command in (["stat", "--for=1ms"], ["list", "fault"], ["probe"]):
            for limit in range(FEWEST, 14):
                done = harness.run(*command, **limited(limit))
                self.assertTrue(done.stdout or f": RLIMIT_NOFILE is {limit};" in done.stderr, f"{command} {limit}: {done}")


if __name__ == "__main__":
    harness.main()
