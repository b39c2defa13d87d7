#!/usr/bin/python3
"""Mistakes get one clear line and exit code 2; what this host lacks is a finding."""

import contextlib
import json
import os
import resource
import socket
import subprocess
import tempfile
import unittest

import harness


class Mistakes(unittest.TestCase):
    def refused(self, *arguments, names=(), **options):
        done = harness.run(*arguments, **options)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        for name in names:
            self.assertIn(name, done.stderr)

    def test_unknown_names_are_answered_with_the_nearest(self):
        self.refused("--collector=cylces", names=["cylces", "cycles"])
        self.refused("--web.listen-adress=:1", names=["web.listen-adress", "web.listen-address"])
        self.refused("prope", names=["prope", "probe"])

    def test_lists_that_are_none(self):
        for text in ("0-", "3-1", "x", "0,,1"):
            self.refused(f"--cpus={text}", names=[text])

    def test_unknown_keys_of_the_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write("web.max-reqests = 5\n")
            file.flush()
            self.refused(f"--config={file.name}", names=["web.max-reqests", "web.max-requests", file.name])

    def test_paths(self):
        self.refused("--web.telemetry-path=metrics", names=["metrics"])
        self.refused("--path.procfs=/nowhere/proc", names=["/nowhere/proc"])
        self.refused("--path.sysfs=/nowhere/sys", names=["/nowhere/sys"])

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refused("--collector=software", f"--web.listen-address={address}", names=[address, "in use"])


class MistakesInJson(unittest.TestCase):
    """The last words of a log that machines read are for machines, too."""

    def refused(self, *arguments, name, **options):
        done = harness.run(*arguments, **options)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        (line,) = done.stderr.splitlines()
        said = json.loads(line)
        self.assertEqual((said["level"], set(said)), ("error", {"time", "level", "msg"}))
        self.assertIn(name, said["msg"])

    def test_of_the_command_line(self):
        self.refused("--log.format=json", "--no-such-flag", name="--no-such-flag")
        self.refused("--collector=cylces", "--log.format", "json", name="cylces")
        self.refused("stat", "--for=x", "--log.format=json", name="--for")

    def test_asked_for_by_the_environment_or_the_file(self):
        asking = {**os.environ, "PERF_EXPORTER_LOG_FORMAT": "json"}
        self.refused("--no-such-flag", name="--no-such-flag", env=asking)
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('log.format = "json"\nweb.max-reqests = 5\n')
            file.flush()
            self.refused(f"--config={file.name}", name="web.max-reqests")

    def test_of_what_fails_later(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            in_use = f"--web.listen-address=127.0.0.1:{taken.getsockname()[1]}"
            self.refused("--collector=software", "--log.format=json", "--log.level=error", in_use, name="in use")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([harness.binary(), "list", "--log.format=json"], stdout=full, stderr=subprocess.PIPE,
                                  check=False)  # fmt: skip
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot write", json.loads(done.stderr)["msg"])


def accepting_pauses(exporter):
    """How often the thread that accepts connections went to sleep. One that it has just made bears its name until it has
    set its own, and has hardly slept."""
    sleeps = [status["voluntary_ctxt_switches"] for name, status in exporter.threads() if name == "http-accept"]
    return max(map(int, sleeps))


class Refusals(unittest.TestCase):
    @harness.needs_root
    def test_a_cpu_that_is_not_there_is_a_finding(self):
        with harness.Exporter("--cpus=0,4000", "--collector=software") as exporter:
            page = exporter.scrape()
        self.assertIn("cpu_not_online", page.findings())
        self.assertEqual(page.success(), {"software": 1.0})
        done = harness.run("--cpus=0,4000", "--collector=software", "--strict",
                           f"--web.listen-address=127.0.0.1:{harness.free_port()}")
        self.assertEqual(done.returncode, 3, done.stderr)

    @harness.needs_root
    def test_descriptors_that_run_out_leave_the_rest_serving(self):
        """The number of descriptors at which some CPUs find room and others do not depends on what the
        process opens itself: it is looked for."""
        seen = []
        with harness.Exporter("--collector=software") as exporter:
            enough = exporter.settled_descriptors() + 8
        for limit in range(enough, 10, -1):
            with harness.Exporter(
                "--collector=software",
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
            ) as exporter:
                page = exporter.scrape()
                descriptors = exporter.settled_descriptors()
                for _ in range(20):
                    exporter.scrape()
                self.assertEqual(exporter.settled_descriptors(), descriptors)
            counted = len(page.values("perf_cpu_page_faults_total"))
            seen.append((limit, counted, page.findings()))
            self.assertNotIn("event_refused", page.findings(), seen)
            if counted < len(harness.online_cpus()):
                self.assertIn("descriptor_limit", page.findings())
                self.assertTrue(counted > 0 or len(harness.online_cpus()) == 1, seen)
                print(f"left out some CPUs: {seen[-1]}")
                return
            self.assertNotIn("descriptor_limit", page.findings())
        self.fail(f"no limit left some CPUs out: {seen}")

    @harness.needs_root
    @unittest.skipIf("undefined" in harness.SANITIZER, "it looks at memory through a pipe, which takes a descriptor")
    def test_clients_that_wait_for_a_descriptor_keep_no_cpu_busy(self):
        """Whoever accepts sleeps in between: it gives its CPU up of its own accord, again and again."""
        with harness.Exporter("--collector=software") as exporter, contextlib.ExitStack() as clients:
            taken = exporter.settled_descriptors()
            limit = taken + 4
            resource.prlimit(exporter.pid, resource.RLIMIT_NOFILE, (limit, limit))
            for _ in range(60):
                clients.enter_context(socket.create_connection(("127.0.0.1", exporter.port)))
            harness.wait_for(lambda: exporter.descriptors() == limit, "the descriptors to run out")
            before = accepting_pauses(exporter)
            harness.wait_for(lambda: accepting_pauses(exporter) >= before + 20, "the accepting thread to sleep")
            clients.close()
            exporter.scrape()

    def test_collect_and_exclude(self):
        with harness.Exporter("--collector=software,cycles") as exporter:
            for query, status in {
                "?collect[]=software": 200,
                "?collect%5B%5D=software": 200,
                "?exclude[]=software": 200,
                "?collect[]=softwar": 400,
                "?collect[]=hw_cache": 400,
                "?collect[]=software&exclude[]=cycles": 400,
            }.items():
                self.assertEqual(exporter.get("/metrics" + query)[0], status, query)
            self.assertIn(b"software", exporter.get("/metrics?collect[]=softwar")[2])
            without = exporter.scrape("?exclude[]=software")
            self.assertEqual(without.values("perf_cpu_page_faults_total"), {})
            self.assertNotEqual(without.values("process_open_fds"), {})


class Configuration(unittest.TestCase):
    def test_environment_and_file_set_flags(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('web.telemetry-path = "/counters"\ncollector = ["software"]\n')
            file.flush()
            environment = {**os.environ, "PERF_EXPORTER_AGGREGATE": "node", "PERF_EXPORTER_PORT": "tcp://10.0.0.1:1"}
            with harness.Exporter(f"--config={file.name}", env=environment) as exporter:
                self.assertEqual(exporter.get("/metrics")[0], 404)
                _, _, body = exporter.get("/counters")
        page = harness.Page(body.decode())
        self.assertEqual(set(page.success()), {"software"})
        self.assertEqual(page.values("perf_cpu_page_faults_total"), {})


if __name__ == "__main__":
    harness.main()
