#!/usr/bin/python3
"""What a scrape asks of the kernel. Times are for the benchmarks; the number of calls is the same on every machine."""

import pathlib
import sys
import time
import unittest

import harness

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bench"))
import scrape_client  # noqa: E402
import system_calls  # noqa: E402

SCRAPES = 50
# Waiting for the request, receiving and sending it, what is online now, the process's own usage, and spare.
MOST_BESIDE_READS = 10


class Cost(unittest.TestCase):
    @harness.needs_root
    def test_a_scrape_makes_few_system_calls(self):
        cpus = len(harness.online_cpus())
        with harness.Exporter("--collector=software") as exporter, scrape_client.Client(exporter.port) as client:

            def scrape():
                for _ in range(SCRAPES):
                    time.sleep(0.002)  # one younger than 1 ms would share the reading before
                    client.scrape()

            counted = system_calls.count(exporter.pid, scrape)
        if counted is None:
            raise unittest.SkipTest("needs strace")
        reads, calls = counted
        self.assertEqual(reads, cpus * SCRAPES)
        # The opener looks once a second, beside the scrapes.
        self.assertLessEqual(calls / SCRAPES, MOST_BESIDE_READS + cpus)


if __name__ == "__main__":
    harness.main()
