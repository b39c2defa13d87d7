#!/usr/bin/env python3
"""perf-exporter, node_exporter and the floor side by side on the same software events.

side_by_side.py --exporter PROGRAM --node-exporter PROGRAM --floor PROGRAM [--rounds N] [--scrapes N] [--pause MS]

The floor is a minimal server of the exporter's own page (floor_server.cpp): what a scrape can't cost less than.

Scrapes pause in between: those of ours that are less than 1 ms apart would share one reading. The longer
the pause, the colder the caches, and the more a scrape costs. Rounds of scrapes alternate between the
servers, so that whatever else the machine does falls on all of them; compare ratios of one run, never
times of two.

Prints figures and whether they meet the project's targets. Exits with 0 where it could measure, whatever
came out.
"""

import argparse
import contextlib
import re
import subprocess
import tempfile
import time

import report
import scrape_client
import server_process
import system_calls

HALF_OPEN = 50
STARTS = 7
MODES = {
    "keep-alive": {"headers": (), "close": False},
    "gzip": {"headers": ("Accept-Encoding: gzip",), "close": False},
    "close": {"headers": (), "close": True},
}


class Contender:
    """How a server is started, and what was measured on it."""

    def __init__(self, name, command, sample):
        self.start = lambda: server_process.Server(name, command, sample)
        self.name = name
        self.server = None
        self.cpu_us = {mode: [] for mode in MODES}  # per scrape, by round
        self.latency_us = {mode: [] for mode in MODES}
        self.crowded_us = {False: [], True: []}  # latencies without and with half-open clients
        self.start_ms = []
        self.figures = {}  # by name, None where it could not be measured


def version_of(program):
    """As node_exporter tells it, on either stream."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return re.search(r"version (\S+)", done.stdout + done.stderr)[1].partition("+")[0]


def contenders(arguments, page):
    """`page` is the file of the page that the floor serves."""
    sample = b"perf_cpu_page_faults_total{"
    listen = "--web.listen-address=127.0.0.1:{port}"
    node = [arguments.node_exporter, listen, "--collector.disable-defaults", "--collector.perf"]
    return [
        Contender("perf-exporter", [arguments.exporter, listen, "--collector=software"], sample),
        Contender("floor", [arguments.floor, listen, f"--page={page}"], sample),
        Contender(f"node_exporter {version_of(arguments.node_exporter)}", node, b"node_perf_page_faults_total{"),
    ]


def write_page(arguments, file):
    """What the exporter serves, for the floor."""
    command = [arguments.exporter, "--web.listen-address=127.0.0.1:{port}", "--collector=software"]
    with server_process.Server("perf-exporter", command, b"perf_cpu_page_faults_total{") as server:
        with scrape_client.Client(server.port) as client:
            file.write(client.scrape()[1])
    file.flush()


def scrapes(client, count, pause):
    """[(latency in us, body)]"""
    results = []
    for _ in range(count):
        time.sleep(pause)
        took, body = client.scrape()
        results.append((took / 1e3, body))
    return results


def client_of(contender, mode):
    settings = MODES[mode]
    return scrape_client.Client(contender.server.port, *settings["headers"], close=settings["close"])


def measure_starts(all_contenders):
    for _ in range(STARTS):
        for contender in all_contenders:
            with contender.start() as server:
                contender.start_ms.append(server.start_ns / 1e6)


def measure_fresh(contender, pause):
    with client_of(contender, "keep-alive") as client:
        body = scrapes(client, 1, pause)[0][1]
    samples = [line for line in body.splitlines() if line and not line.startswith(b"#")]
    counters = [line for line in samples if line.startswith((b"perf_cpu_", b"node_perf_"))]
    contender.figures |= {
        "resident_fresh_mib": contender.server.resident_bytes() / 2**20,
        "samples": len(samples),
        "counter_samples": len(counters),
        "bytes": len(body),
    }


def measure_round(contender, mode, count, pause):
    with client_of(contender, mode) as client:
        scrapes(client, 10, pause)  # the other servers' rounds have taken the caches
        before = contender.server.cpu_ns()
        results = scrapes(client, count, pause)
        contender.cpu_us[mode].append((contender.server.cpu_ns() - before) / 1e3 / count)
    contender.latency_us[mode] += [latency for latency, _ in results]


def measure_crowd(contender, count, pause):
    """Latencies of new connections, which are what half-open ones get in the way of."""
    for crowded in (False, True):
        crowd = scrape_client.HalfOpen(contender.server.port, HALF_OPEN) if crowded else contextlib.nullcontext()
        with crowd, client_of(contender, "close") as client:
            contender.crowded_us[crowded] += [latency for latency, _ in scrapes(client, count, pause)]


def measure_loaded(contender):
    contender.figures |= {
        "resident_loaded_mib": contender.server.resident_bytes() / 2**20,
        "descriptors": contender.server.descriptors(),
    }


def measure_calls(contender, count, pause):
    with client_of(contender, "keep-alive") as client:
        calls = system_calls.count(contender.server.pid, lambda: scrapes(client, count, pause))
    contender.figures |= {
        "perf_reads": calls and calls[0] / count,
        "system_calls": calls and calls[1] / count,
    }


def measure_user_share(contender, count, pause):
    with client_of(contender, "keep-alive") as client:
        share = contender.server.user_share(lambda: scrapes(client, count, pause))
    contender.figures["user_share"] = share and share[0]
    contender.figures["user_share_samples"] = share and share[1]


def measure_load(all_contenders, arguments):
    for mode in MODES:
        for number in range(arguments.rounds):
            # The order alternates, too.
            for contender in all_contenders[:: 1 if number % 2 == 0 else -1]:
                measure_round(contender, mode, arguments.scrapes, arguments.pause)
    for _ in range(max(1, arguments.rounds // 3)):
        for contender in all_contenders:
            measure_crowd(contender, arguments.scrapes, arguments.pause)


def parsed_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--exporter", required=True)
    parser.add_argument("--node-exporter", required=True)
    parser.add_argument("--floor", required=True)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--scrapes", type=int, default=400)
    parser.add_argument("--pause", type=lambda text: float(text) / 1e3, default=0.002, metavar="MS")
    return parser.parse_args()


def main():
    arguments = parsed_arguments()
    with contextlib.ExitStack() as running:
        page = running.enter_context(tempfile.NamedTemporaryFile())
        write_page(arguments, page)
        all_contenders = contenders(arguments, page.name)
        measure_starts(all_contenders)
        for contender in all_contenders:
            contender.server = running.enter_context(contender.start())
            measure_fresh(contender, arguments.pause)
        measure_load(all_contenders, arguments)
        for contender in all_contenders:
            measure_loaded(contender)
            measure_calls(contender, 50, arguments.pause)
            measure_user_share(contender, 2 * arguments.scrapes, arguments.pause)
    report.print_report(all_contenders, arguments.rounds, arguments.scrapes, arguments.pause)


if __name__ == "__main__":
    main()
