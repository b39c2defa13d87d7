#!/usr/bin/env python3
"""Adds up JUnit files into one closing line, and decides whether a run passed.

test_summary.py --allowed FILE [--missing FILE] [--without NAME]... [--check NAME=passed|failed]... [LABEL=JUNIT.xml]...

Prints every failed test and every skip, last the line "N passed, N failed, N skipped". A skip that the
allow-list does not name counts as a failure, and so do a JUnit file that is not there and a run of no
test. Exits with 1 where anything failed.
"""

import argparse
import pathlib
import re
import sys
import xml.etree.ElementTree as xml_tree


def read_allowed(path):
    """[(pattern, word of the condition, its object or None, reason)]"""
    allowed = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        # From the right: a pattern may hold a '|' of its own.
        pattern, condition, reason = (column.strip() for column in line.rsplit("|", 2))
        match = re.fullmatch(r"(always)|(without|under) (\S+)", condition)
        if not match or not reason:
            raise ValueError(f"{path}: '{line}' is not PATTERN | CONDITION | REASON")
        word = match.group(1) or match.group(2)
        allowed.append((re.compile(pattern), word, match.group(3), reason))
    return allowed


def read_missing(path):
    """The names of the packages that could not be had."""
    if path is None or not path.exists():
        return set()
    return {line.split(":")[0] for line in path.read_text(encoding="utf-8").splitlines()}


def read_junit(path):
    """[(name, "passed" | "failed" | "skipped")]; a test that was disabled or not found is skipped."""
    results = []
    for case in xml_tree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            status = "failed"
        elif case.find("skipped") is not None or case.get("status", "run") != "run":
            status = "skipped"
        else:
            status = "passed"
        results.append((case.get("name"), status))
    return results


def reason_for_skip(label, name, allowed, missing):
    for pattern, word, thing, reason in allowed:
        holds = {"always": True, "without": thing in missing, "under": thing == label}
        if pattern.fullmatch(name) and holds[word]:
            return reason
    return None


def summarise(results, allowed, missing):
    """(lines to print, passed, failed, skipped) for [(label, name, status)]."""
    lines, counts = [], {"passed": 0, "failed": 0, "skipped": 0}
    for label, name, status in results:
        title = f"{label}: {name}"
        if status == "failed":
            lines.append(f"FAILED  {title}")
        if status == "skipped":
            reason = reason_for_skip(label, name, allowed, missing)
            if reason is None:
                status = "failed"
                lines.append(f"FAILED  {title}: skipped, and the allow-list does not name it")
            else:
                lines.append(f"skipped {title}: {reason}")
        counts[status] += 1
    if not any(counts.values()):
        lines.append("FAILED  no test was run")
        counts["failed"] = 1
    return lines, counts["passed"], counts["failed"], counts["skipped"]


def gather(checks, junits):
    results = [("check", *check.rsplit("=", 1)) for check in checks]
    for junit in junits:
        label, path = junit.split("=", 1)
        try:
            cases = read_junit(path)
        except (OSError, xml_tree.ParseError) as error:
            results.append((label, f"no results: {error}", "failed"))
            continue
        results += [(label, name, status) for name, status in cases]
        if not cases:
            results.append((label, "no test was run", "failed"))
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--allowed", type=pathlib.Path, required=True)
    parser.add_argument("--missing", type=pathlib.Path)
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--check", action="append", default=[])
    parser.add_argument("junit", nargs="*")
    arguments = parser.parse_intermixed_args()
    lines, passed, failed, skipped = summarise(
        gather(arguments.check, arguments.junit),
        read_allowed(arguments.allowed),
        read_missing(arguments.missing) | set(arguments.without),
    )
    print("\n".join([*lines, f"{passed} passed, {failed} failed, {skipped} skipped"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
