"""What the tests of the dashboards share: the committed JSON, and what Grafana makes of a query before it asks it.

Every test file is a program, as the end-to-end tests are.
"""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "deploy" / "grafana"
DASHBOARDS = ROOT / "deploy" / "helm" / "perf-exporter" / "dashboards"
ALL_INSTANCES = ".+"


def load():
    """{file name: dashboard}"""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))}


def panels(dashboard):
    """The panels that show something; rows are but headings."""
    return [each for each in dashboard["panels"] if each["type"] != "row"]


def queries(dashboard):
    """[(panel, its target)]"""
    return [(panel, target) for panel in panels(dashboard) for target in panel["targets"]]


def variables(dashboard):
    """{name: variable}"""
    return {each["name"]: each for each in dashboard["templating"]["list"]}


def escape(text):
    """A value for a regular expression within a PromQL string, as Grafana escapes those of a variable of several."""
    return re.sub(r"([$^*{}\[\]'+?.()|])", r"\\\\\1", text.replace("\\", "\\\\\\\\"))


def choose(values):
    """What Grafana puts in the place of a variable of several values."""
    escaped = [escape(each) for each in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def interpolate(text, chosen):
    """A query with its variables replaced; `chosen` is {name: text}. What stays is a mistake."""
    done = re.sub(r"\$\{?(\w+)\}?", lambda match: chosen[match[1]], text)
    assert "$" not in done.replace("\\\\$", ""), done
    return done


def main():
    harness.main()
