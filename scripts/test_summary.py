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
import shlex
import sys
import xml.etree.ElementTree as xml_tree

# What root alone has, by the names of scripts/test.sh.
NEEDS_ROOT = {"root", "perfmon"}


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


def rules_for_skip(label, name, allowed, missing):
    """[(what is lacking or None, reason)] of the rules that excuse the skip."""
    rules = []
    for pattern, word, thing, reason in allowed:
        holds = {"always": True, "without": thing in missing, "under": thing == label}
        if holds[word] and pattern.fullmatch(name):
            rules.append((thing, reason))
    return rules


def summarise(results, allowed, missing):
    """(lines to print, passed, failed, skipped) for [(label, name, status)]."""
    lines, counts, for_want_of_root = [], {"passed": 0, "failed": 0, "skipped": 0}, set()
    for label, name, status in results:
        title = f"{label}: {name}"
        if status == "failed":
            lines.append(f"FAILED  {title}")
        if status == "skipped":
            rules = rules_for_skip(label, name, allowed, missing)
            if rules:
                lines.append(f"skipped {title}: {rules[0][1]}")
                if NEEDS_ROOT.intersection(thing for thing, _ in rules):
                    for_want_of_root.add(label)
            else:
                status = "failed"
                lines.append(f"FAILED  {title}: skipped, and the allow-list does not name it")
        counts[status] += 1
    if not any(counts.values()):
        lines.append("FAILED  no test was run")
        counts["failed"] = 1
    if "root" in missing and for_want_of_root:
        lines.append(f"for those that need root: sudo make test PRESETS={shlex.quote(' '.join(sorted(for_want_of_root)))}")
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
