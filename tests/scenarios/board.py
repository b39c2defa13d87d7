"""The scoreboard: what a scenario is, how it is judged, and how the results are shown."""

import dataclasses
import re
import time
import traceback
import xml.etree.ElementTree as xml_tree
from collections.abc import Callable

COLUMNS = (68, 29, 29)
TITLES = ("scenario", "expected on top", "found on top")


@dataclasses.dataclass
class Found:
    """What a scenario came to: the finding on top, or what took its place; and what else was wrong."""

    top: str
    problems: list[str] = dataclasses.field(default_factory=list)


def as_identifier(words):
    return re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_")


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One real situation. `expected` may hold several names where the situation leaves it open which is on top;
    `needs` names what the machine must have, as scripts/test.sh calls it."""

    group: str
    name: str
    expected: tuple[str, ...]
    look: Callable[[], Found]
    needs: tuple[str, ...] = ()

    @property
    def title(self):
        return f"{self.group}: {self.name}"

    @property
    def test_name(self):
        return f"scenarios.{as_identifier(self.group)}.{as_identifier(self.name)}"


@dataclasses.dataclass
class Result:
    """How a scenario ended: passed, failed or skipped; `text` says why it did not pass."""

    title: str
    test_name: str
    expected: str
    found: str
    status: str
    seconds: float = 0.0
    text: str = ""


def judge(scenario, missing, leftovers):
    """Plays the scenario and compares. `missing` is what the machine lacks; `leftovers()` gives a line for each
    thing that the scenario left behind."""
    expected = " or ".join(scenario.expected)
    lacking = [thing for thing in scenario.needs if thing in missing]
    if lacking:
        return Result(scenario.title, scenario.test_name, expected, "", "skipped", text=f"without {lacking[0]}")
    started = time.monotonic()
    try:
        found = scenario.look()
    except Exception:
        found = Found("nothing", [traceback.format_exc()])
    problems = list(found.problems)
    if found.top not in scenario.expected:
        problems.insert(0, f"expected {expected}, found {found.top}")
    problems += [f"left behind: {thing}" for thing in leftovers()]
    return Result(scenario.title, scenario.test_name, expected, found.top, "failed" if problems else "passed",
                  time.monotonic() - started, "\n".join(problems))  # fmt: skip


def row(cells, status):
    """One line of the table. A name too long for its column pushes the rest to the right."""
    return " | ".join([*(f"{cell:{width}}" for cell, width in zip(cells, COLUMNS)), status])


def header():
    return f"{row(TITLES, 'result')}\n{'-|-'.join('-' * width for width in (*COLUMNS, 6))}"


def show(result):
    words = {"passed": "pass", "failed": "FAIL", "skipped": "skip"}
    found = result.found if result.status != "skipped" else result.text
    text = row((result.title, result.expected, found), words[result.status])
    if result.status == "failed":
        text += "".join(f"\n    {line}" for line in result.text.splitlines())
    return text


def closing_line(results):
    counts = {status: sum(result.status == status for result in results) for status in ("passed", "failed", "skipped")}
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def write_junit(path, results):
    suite = xml_tree.Element("testsuite", name="scenarios", tests=str(len(results)))
    for result in results:
        case = xml_tree.SubElement(suite, "testcase", name=result.test_name, time=f"{result.seconds:.3f}")
        if result.status != "passed":
            xml_tree.SubElement(case, {"failed": "failure", "skipped": "skipped"}[result.status], message=result.text)
    path.parent.mkdir(parents=True, exist_ok=True)
    xml_tree.ElementTree(suite).write(path)
