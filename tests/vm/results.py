"""How the cases ended, as JUnit and as the table of kernels and cases in docs/testing.md."""

import dataclasses
import json
import xml.etree.ElementTree as xml_tree

BEGIN = "<!-- The table below is written by make test-vm. -->\n"
END = "<!-- The table above is written by make test-vm. -->\n"
WORDS = {"passed": "pass", "failed": "**FAIL**", "skipped": "skip"}


@dataclasses.dataclass
class Result:
    """How a case ended: passed, failed or skipped."""

    kernel: str
    machine: str
    case: str
    status: str
    seconds: float
    text: str = ""


def write_junit(path, results):
    suite = xml_tree.Element("testsuite", name="vm", tests=str(len(results)))
    for result in results:
        case = xml_tree.SubElement(suite, "testcase", name=f"vm.{result.kernel}.{result.machine}.{result.case}",
                                   time=f"{result.seconds:.3f}")  # fmt: skip
        if result.status != "passed":
            xml_tree.SubElement(case, {"failed": "failure", "skipped": "skipped"}[result.status], message=result.text)
    path.parent.mkdir(parents=True, exist_ok=True)
    xml_tree.ElementTree(suite).write(path)


def remember(path, results):
    """Keeps these results beside those of other kernels that earlier runs left in the file; all of them."""
    known = [Result(**fields) for fields in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
    new = {result.kernel for result in results}
    kept = [result for result in known if result.kernel not in new] + results
    path.write_text(json.dumps([dataclasses.asdict(result) for result in kept]), encoding="utf-8")
    return kept


def _row_of(result):
    """GoogleTest's cases are rows by suite: their own names are for whoever mends one."""
    suite = result.case.split(".")[0].split("/")[-1]
    return result.machine, suite.replace("_", " ") if "_" in suite else suite


def write_matrix(document, kernels, results):
    """Replaces what stands between the two marks. A cell is what the worst of its tests came to."""
    cells, rows = {}, []
    for result in results:
        row = _row_of(result)
        if row not in rows:
            rows.append(row)
        severity = ("passed", "skipped", "failed")
        known = cells.get((row, result.kernel), "passed")
        cells[row, result.kernel] = max(known, result.status, key=severity.index)
    names = [kernel.name for kernel in kernels]
    lines = ["| machine | case | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    for row in sorted(rows, key=lambda row: [key for key, _ in rows].index(row[0])):
        shown = [WORDS[cells[row, name]] if (row, name) in cells else "" for name in names]
        lines.append(f"| {row[0]} | {row[1]} | " + " | ".join(shown) + " |")
    text = document.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    document.write_text(head + BEGIN + "\n" + "\n".join(lines) + "\n\n" + END + tail, encoding="utf-8")
