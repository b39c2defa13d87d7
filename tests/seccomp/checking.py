"""Runs modes behind a profile, in the forms of behind.py."""

import contextlib
import json
import os
import pathlib
import shutil
import sys

import harness
import modes
import starting

PROFILE = pathlib.Path(__file__).resolve().parents[2] / "deploy/seccomp/perf-exporter.json"


@contextlib.contextmanager
def behind(form, profile=PROFILE):
    """`Starts` behind a profile, and the folder of the notes."""
    with starting.programs() as folder:
        reports, copy = folder / "reports", folder / "profile.json"
        reports.mkdir()
        os.chmod(reports, 0o777)
        shutil.copy(profile, copy)
        command = (sys.executable, "-B", str(folder / "behind.py"), form, str(copy), str(reports), "--")
        yield starting.Starts(folder, filtered=command), reports


def collect(reports):
    """{call that the profile lacks: the arguments of the first} of all commands; waits for those that still run."""
    harness.wait_for(lambda: not list(reports.glob("*.open")), f"the notes of {sorted(reports.iterdir())}")
    seen = {}
    for report in reports.iterdir():
        seen.update(json.loads(report.read_text(encoding="ascii")))
    return seen


def missing(name, profile=PROFILE):
    """What the profile lacks for a mode."""
    with behind("logging", profile) as (starts, reports):
        modes.MODES[name](starts)
        assert list(reports.iterdir()), f"{name} started nothing behind the profile"
        return collect(reports)


def enforce(name, profile=PROFILE):
    """Fails where the mode does not do behind the profile what it is about."""
    with behind("enforced", profile) as (starts, _):
        modes.MODES[name](starts)


def sentence(seen):
    """What is missing, as one line a call."""
    return "\n".join(f"the profile lacks {name}({', '.join(arguments)})" for name, arguments in sorted(seen.items()))
