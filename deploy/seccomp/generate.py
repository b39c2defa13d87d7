#!/usr/bin/python3
"""Makes the seccomp profile of what was recorded (make seccomp-record) and of calls.toml: perf-exporter.json as a
runtime reads it, and seccompprofile.yaml for the Security Profiles Operator.

generate.py [--check]. With --check nothing is written, and the exit status is 1 where a file is not what it would be.
"""

import json
import pathlib
import sys
import textwrap
import tomllib

FOLDER = pathlib.Path(__file__).resolve().parent
ARCHITECTURES = ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"]
ALLOW, ERRNO = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"
EPERM, ENOSYS = 1, 38
RECORDED = "The program: recorded from runs of all its modes, see recorded.tsv."
STARTED = "Starting a container: what runc and crun do behind the filter, see recorded-start.tsv. Not the program's."
HEAD = """\
# The profile of perf-exporter.json for the Security Profiles Operator. Written by generate.py: change calls.toml
# or record again (make seccomp-record).
apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata:
  name: perf-exporter
spec:
  defaultAction: SCMP_ACT_ERRNO
  architectures:
"""
# v1beta1 has neither a default errno nor, in every version of the operator, an errno that runtimes can read.
ALLOWED_BY_OPERATOR = "Allowed here alone: an answer of ENOSYS can't be written down, and with EPERM no thread is made."


def recorded_names(file):
    lines = (FOLDER / file).read_text(encoding="ascii").splitlines()
    return [line.split("\t")[0] for line in lines if not line.startswith("#")]


def conditions(rule):
    """The condition of each rule of a limited call."""
    if "without_bits" in rule:
        condition = {"index": rule["argument"], "value": rule["without_bits"], "valueTwo": 0}
        yield {**condition, "op": "SCMP_CMP_MASKED_EQ"}
    for value in rule.get("values", ()):
        yield {"index": rule["argument"], "value": value, "op": "SCMP_CMP_EQ"}


def rules(calls):
    """The groups of the profile, in its order; a name stands in the first that has it."""
    special = {rule["name"] for kind in ("limited", "unknown") for rule in calls[kind]}
    listed = set(special)

    def group(names, comment):
        fresh = sorted(set(names) - listed)
        listed.update(fresh)
        return {"names": fresh, "action": ALLOW, "comment": comment}

    yield group(recorded_names("recorded.tsv"), RECORDED)
    for rule in calls["limited"]:
        for condition in conditions(rule):
            yield {"names": [rule["name"]], "action": ALLOW, "args": [condition], "comment": rule["comment"]}
    for rule in calls["unknown"]:
        yield {"names": [rule["name"]], "action": ERRNO, "errnoRet": ENOSYS, "comment": rule["comment"]}
    for entry in calls["margin"]:
        yield group(entry["names"], entry["comment"])
    yield group(recorded_names("recorded-start.tsv"), STARTED)
    for entry in calls["start"]:
        yield group(entry["names"], entry["comment"])


def as_json(groups):
    profile = {"defaultAction": ERRNO, "defaultErrnoRet": EPERM, "architectures": ARCHITECTURES, "syscalls": groups}
    return json.dumps(profile, indent=2) + "\n"


def as_manifest(groups):
    lines = [HEAD + "\n".join(f"    - {name}" for name in ARCHITECTURES), "  syscalls:"]
    for group in groups:
        comment = ALLOWED_BY_OPERATOR if group["action"] == ERRNO else group["comment"]
        lines += textwrap.wrap(comment, 110, initial_indent="    # ", subsequent_indent="    # ")
        lines += [f"    - action: {ALLOW}", "      names:", *(f"        - {name}" for name in group["names"])]
        for condition in group.get("args", ()):
            pairs = [f"{key}: {value}" for key, value in condition.items()]
            lines += ["      args:", f"        - {pairs[0]}", *(f"          {pair}" for pair in pairs[1:])]
    return "\n".join(lines) + "\n"


def main():
    calls = tomllib.loads((FOLDER / "calls.toml").read_text(encoding="ascii"))
    groups = [group for group in rules(calls) if group["names"]]
    stale = []
    for name, text in (("perf-exporter.json", as_json(groups)), ("seccompprofile.yaml", as_manifest(groups))):
        file = FOLDER / name
        if "--check" not in sys.argv:
            file.write_text(text, encoding="ascii")
        elif not file.exists() or file.read_text(encoding="ascii") != text:
            stale.append(name)
    if stale:
        sys.exit(f"not what generate.py writes: {', '.join(stale)}")


if __name__ == "__main__":
    main()
