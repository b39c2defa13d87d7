"""Debian's Prometheus as a process that scrapes every second, and its API."""

import contextlib
import json
import pathlib
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import harness


class Prometheus:
    """A running Prometheus, for `with`. `scrape_configs` is text, as in its configuration file; `program` is its path
    where it is not the stable release's."""

    def __init__(self, scrape_configs, program=None):
        program = program or harness.tool("prometheus")
        self.port = harness.free_port()
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            config = pathlib.Path(folder, "prometheus.yml")
            config.write_text(f"global: {{scrape_interval: 1s}}\nscrape_configs:\n{scrape_configs}", encoding="ascii")
            log = stack.enter_context(open(pathlib.Path(folder, "log"), "w+", encoding="utf-8"))
            process = subprocess.Popen(
                [program, f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(process.wait, harness.PATIENCE_SECONDS)
            stack.callback(process.terminate)
            self._stack = stack.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def get(self, path, parameters=()):
        """The data of an answer of the API; what it has against a question is an AssertionError."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refusal:
            if refusal.code not in (400, 422):  # it says 503 as long as it starts
                raise
            raise AssertionError(f"{parameters}: {refusal.read().decode()}") from None

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        result = self.get("query", {"query": expression})["result"]
        return [(each["metric"], float(each["value"][1])) for each in result]

    def ask(self, expression):
        """The values of an instant query; nothing while Prometheus does not answer yet."""
        with contextlib.suppress(OSError):
            return [value for _, value in self.query(expression)]
        return []

    def targets(self):
        """[(health, last error)] of the newest scrapes; one that could not be parsed is told here."""
        return [(each["health"], each["lastError"]) for each in self.get("targets")["activeTargets"]]
