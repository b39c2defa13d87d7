"""A real Prometheus beside the cluster. Debian's can't ask the API server for targets, so a file tells them."""

import contextlib
import json
import urllib.parse
import urllib.request

import yaml

ADDRESS = "127.0.0.1:9090"


class Prometheus:
    def __init__(self, cluster, program):
        self._cluster = cluster
        self._program = program
        self._folder = cluster.room / "prometheus"
        self._folder.mkdir()

    def scrape(self, targets):
        """From now on these alone, HOST:PORT."""
        new = self._folder / "targets.new"
        new.write_text(json.dumps([{"targets": targets}]), encoding="ascii")
        new.rename(self._folder / "targets.json")

    def start(self):
        config = self._folder / "prometheus.yml"
        files = {"files": [str(self._folder / "targets.json")], "refresh_interval": "1s"}
        job = {"job_name": "perf", "scrape_interval": "1s", "honor_labels": True, "file_sd_configs": [files]}
        config.write_text(yaml.safe_dump({"scrape_configs": [job]}), encoding="ascii")
        self._cluster.start("prometheus", self._program, f"--config.file={config}",
                            f"--storage.tsdb.path={self._folder}/data", f"--web.listen-address={ADDRESS}")  # fmt: skip

    def ask(self, query):
        """The values of an instant query; nothing while Prometheus does not answer yet."""
        with contextlib.suppress(OSError):
            url = f"http://{ADDRESS}/api/v1/query?query={urllib.parse.quote(query)}"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return [float(result["value"][1]) for result in json.load(answer)["data"]["result"]]
        return []

    def wait_for(self, query):
        """The values of a query once it has any."""
        return self._cluster.wait_for(lambda: self.ask(query), query)
