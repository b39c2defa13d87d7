#!/usr/bin/python3
"""The server as clients meet it: good, impatient, slow, and gone."""

import contextlib
import gzip
import http.client
import os
import re
import socket
import tempfile
import threading
import unittest
import urllib.parse

import harness


def raw_request(address, family, text):
    """The whole answer to `text` on a connection of its own."""
    with socket.socket(family) as connection:
        connection.settimeout(harness.PATIENCE_SECONDS)
        connection.connect(address)
        connection.sendall(text)
        answer = b""
        while block := connection.recv(65536):
            answer += block
        return answer


class StatusPage(unittest.TestCase):
    @harness.needs_root
    def test_it_reads_before_it_speaks(self):
        with harness.Exporter("--collector=software") as exporter:
            harness.wait_for(lambda: exporter.get("/-/ready")[0] == 200, "the first events to be opened")
            page = exporter.get("/")[2].decode()
        self.assertRegex(page, '<td>page_faults</td><td>software</td><td><span class="counting">')

    def test_its_links_lead_on_below_a_prefix(self):
        with harness.Exporter("--collector=software", "--web.telemetry-path=/x:y/metrics") as exporter:
            links = re.findall('href="([^"]+)"', exporter.get("/")[2].decode())
            self.assertEqual(len(links), 4)
            for link in links:
                place, prefix, path = urllib.parse.urljoin("http://proxy/node/7/", link).partition("http://proxy/node/7")
                self.assertEqual((place, prefix), ("", "http://proxy/node/7"), link)
                harness.wait_for(lambda path=path: exporter.get(path)[0] == 200, path)


class Routes(unittest.TestCase):
    def test_pages_methods_and_paths(self):
        with harness.Exporter("--collector=software") as exporter:
            for path, kind in {
                "/": "text/html", "/probe": "text/html", "/version": "text/plain", "/-/healthy": "text/plain",
                "/-/ready": "text/plain", "/metrics": "text/plain",
            }.items():  # fmt: skip
                status, headers, body = exporter.get(path)
                self.assertEqual(status, 200, path)
                self.assertTrue(headers["Content-Type"].startswith(kind), (path, headers["Content-Type"]))
                self.assertTrue(body)
                status, headers, body = exporter.get(path, method="HEAD")
                self.assertEqual((status, body), (200, b""), path)
                self.assertGreater(int(headers["Content-Length"]), 0)
                self.assertEqual(exporter.get(path, method="POST")[0], 405)
            self.assertEqual(exporter.get("/nothing")[0], 404)
            self.assertTrue(exporter.get("/probe", Accept="application/json")[2].startswith(b"{"))
            self.assertRegex(exporter.get("/probe", Accept="text/plain")[2], rb"^(ok|warn|fail): ")

    def test_gzip_holds_the_same_page(self):
        with harness.Exporter("--collector=software") as exporter:
            _, headers, body = exporter.get("/metrics", Accept_Encoding="gzip")
            self.assertEqual(headers["Content-Encoding"], "gzip")
            packed = harness.Page(gzip.decompress(body).decode())
            self.assertEqual(packed.series(), exporter.scrape().series())

    @harness.needs_ipv6
    def test_ipv4_ipv6_and_unix_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "exporter.sock")
            with harness.Exporter(
                "--collector=software", listen=("127.0.0.1:0", "[::1]:0", f"unix:{path}")
            ) as exporter:
                six = next(url for url in exporter.urls if "[::1]" in url)
                request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                for address, family in (
                    (("127.0.0.1", exporter.port), socket.AF_INET),
                    (("::1", int(six.rsplit(":", 1)[1])), socket.AF_INET6),
                    (path, socket.AF_UNIX),
                ):
                    self.assertIn(b"process_open_fds", raw_request(address, family, request))
            self.assertFalse(os.path.exists(path))


class SlowClients(unittest.TestCase):
    def test_scrapes_are_answered_beside_half_open_clients(self):
        with harness.Exporter("--collector=software") as exporter, contextlib.ExitStack() as clients:
            for number in range(50):
                client = clients.enter_context(socket.create_connection(("127.0.0.1", exporter.port)))
                if number % 2:
                    client.sendall(b"GET /metrics HTTP/1.1\r\nHost: ")
            for _ in range(100):
                exporter.scrape()


class Stop(unittest.TestCase):
    def test_what_is_being_answered_is_finished(self):
        whole, broken, stopping = [], [], threading.Event()

        def scrape_on(exporter):
            while True:
                connection = exporter.connect()
                with contextlib.closing(connection):
                    try:
                        connection.request("GET", "/metrics")
                        response = connection.getresponse()
                    except (OSError, http.client.HTTPException):
                        if stopping.is_set():
                            return
                        raise
                    try:
                        whole.append(len(response.read()))
                    except http.client.IncompleteRead as error:
                        broken.append(error)
                        return

        with harness.Exporter("--collector=software") as exporter:
            clients = [threading.Thread(target=scrape_on, args=(exporter,)) for _ in range(8)]
            for client in clients:
                client.start()
            harness.wait_for(lambda: len(whole) > 200, "scrapes")
            stopping.set()
            self.assertEqual(exporter.stop(), 0)
            for client in clients:
                client.join(harness.PATIENCE_SECONDS)
        self.assertEqual(broken, [])


class Leaks(unittest.TestCase):
    def test_ten_thousand_scrapes_leave_nothing_behind(self):
        with harness.Exporter("--collector=software") as exporter:
            connection = exporter.connect()

            def scrape(number):
                for _ in range(number):
                    connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
                    connection.getresponse().read()

            with contextlib.closing(connection):
                scrape(2_000)
                descriptors, resident = exporter.descriptors(), exporter.resident_bytes()
                scrape(10_000)
                self.assertEqual(exporter.descriptors(), descriptors)
                if not harness.SANITIZER:  # its allocator keeps what was freed
                    self.assertLess(exporter.resident_bytes() - resident, 512 * 1024)


if __name__ == "__main__":
    harness.main()
