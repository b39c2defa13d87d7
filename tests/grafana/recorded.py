"""Serves the pages of recorded machines (tests/golden) to a Prometheus, with counters that rise: each by what the
page says in every second. Ratios of two counters are then those of the page, whatever the range."""

import http.server
import re
import threading
import time

import dashboards

GOLDEN = dashboards.ROOT / "tests" / "golden"
# No recorded machine has them: they are off by default.
HW_CACHE = """# HELP perf_cpu_hw_cache_accesses_total Accesses.
# TYPE perf_cpu_hw_cache_accesses_total counter
perf_cpu_hw_cache_accesses_total{cpu="0",cache="l1d",op="read"} 400000
perf_cpu_hw_cache_accesses_total{cpu="1",cache="l1d",op="read"} 400000
perf_cpu_hw_cache_accesses_total{cpu="0",cache="dtlb",op="write"} 1000
# HELP perf_cpu_hw_cache_misses_total Misses.
# TYPE perf_cpu_hw_cache_misses_total counter
perf_cpu_hw_cache_misses_total{cpu="0",cache="l1d",op="read"} 30000
perf_cpu_hw_cache_misses_total{cpu="1",cache="l1d",op="read"} 10000
perf_cpu_hw_cache_misses_total{cpu="0",cache="dtlb",op="write"} 20
"""


def golden(name):
    return (GOLDEN / f"{name}.prom").read_text(encoding="utf-8")


def without(page, sample):
    """The page less one of its samples."""
    assert sample + " " in page, sample
    return "".join(line for line in page.splitlines(keepends=True) if not line.startswith(sample + " "))


def with_value(page, sample, value):
    """The page with another value for one of its samples."""
    text, count = re.subn(rf"^{re.escape(sample)} .*$", f"{sample} {value}", page, flags=re.M)
    assert count == 1, sample
    return text


def pages():
    """{instance: page}"""
    hybrid = golden("hybrid")
    for cpu in (2, 3):
        hybrid = with_value(hybrid, f'perf_cpu_cycles_total{{cpu="{cpu}"}}', 1_200_000_000)
    lopsided = golden("bare-metal-x86")
    lopsided = without(lopsided, 'perf_cpu_instructions_total{cpu="2"}')
    lopsided = with_value(lopsided, 'perf_cpu_cycles_total{cpu="2"}', 1_200_000_000)
    return {
        "metal": golden("bare-metal-x86") + HW_CACHE,
        "hybrid": hybrid,
        "lopsided": without(lopsided, 'perf_cpu_cycles_total{cpu="3"}'),
        "sums": golden("aggregate-node-64-cpus"),
        "virtual": golden("vm-no-pmu"),
        "refused": golden("paranoid-3"),
    }


def after(page, seconds):
    """The page as it is then: counters are 1 + `seconds` times what they were, gauges as they were."""
    counters = set(re.findall(r"^# TYPE (\w+) counter$", page, re.M))

    def risen(match):
        if match["name"] not in counters:
            return match[0]
        return f"{match['series']} {float(match['value']) * (1 + seconds):.9f}"

    return re.sub(r"^(?P<series>(?P<name>[a-z]\w*)(?:\{.*\})?) (?P<value>\S+)$", risen, page, flags=re.M)


class Machines:
    """The pages on a port, each under the name of its instance; for `with`."""

    def __enter__(self):
        self._pages, self._start = pages(), time.monotonic()
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802, the name is the base class's
                body = after(served._pages[self.path[1:]], time.monotonic() - served._start).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def scrape_configs(self):
        """Each page as a target that is called by its instance, on a node of that name."""
        port = self._server.server_port
        targets = [f"  - {{targets: ['127.0.0.1:{port}'], "
                   f"labels: {{__metrics_path__: /{name}, instance: '{name}', node: n-{name}}}}}"
                   for name in self._pages]  # fmt: skip
        return "\n".join(["- job_name: recorded", "  static_configs:", *targets, ""])
