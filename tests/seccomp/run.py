#!/usr/bin/python3
"""Runs the program behind the profile, as uid 65534 with CAP_PERFMON alone and no_new_privs: run.py [ARGUMENT...].

First nothing is refused, and each system call that the profile lacks is named; where it lacks none, once more with the
profile enforced. Without arguments all modes are run. The exit status is 1 where a call is missing or a mode fails.
It runs as root, and finds the program in PERF_EXPORTER.
"""

import signal
import subprocess
import sys

import checking
import modes


def run_modes():
    """What the profile lacks for all modes."""
    seen = {}
    for form in ("logging", "enforced"):
        for name in modes.MODES:
            print(f"{form}: {name}", file=sys.stderr)
            if form == "logging":
                seen.update(checking.missing(name))
            else:
                checking.enforce(name)
        if seen:
            break
    return seen


def run_command(arguments):
    """What the profile lacks for one command; Ctrl-C ends the command, not this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for form in ("logging", "enforced"):
        print(f"{form}: perf-exporter {' '.join(arguments)}", file=sys.stderr)
        with checking.behind(form) as (starts, reports):
            done = subprocess.run([*starts.granted(), *arguments], check=False, preexec_fn=hear_interrupts)
            print(f"{form}: exit status {done.returncode}", file=sys.stderr)
            if seen := checking.collect(reports):
                return seen
    return {}


def hear_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main():
    seen = run_command(sys.argv[1:]) if sys.argv[1:] else run_modes()
    if seen:
        sys.exit(checking.sentence(seen))
    print("the profile lacks nothing", file=sys.stderr)


if __name__ == "__main__":
    main()
