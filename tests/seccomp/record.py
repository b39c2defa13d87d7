#!/usr/bin/python3
"""Records which system calls each mode makes, and which runtimes make behind the filter that they start a container
with, by the kernel's own tracing, into deploy/seccomp/recorded.tsv and recorded-start.tsv.

record.py [--only NAME,...] [--into FOLDER]. NAME is a mode, or a runtime's start. It runs as root, in a mount namespace
of its own, and finds the program in PERF_EXPORTER.
"""

import argparse
import functools
import os
import pathlib
import signal
import subprocess
import sys

import containers
import modes
import starting
import tracing

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "deploy/seccomp"
UNSHARED = "PERF_EXPORTER_SECCOMP_UNSHARED"
# Some calls depend on what happens to be quicker.
ROUNDS = 3
WRITTEN = "# Written by make seccomp-record: "
HEADS = {
    "recorded.tsv": WRITTEN + "every system call that the program makes, and in which modes.",
    "recorded-start.tsv": WRITTEN + "every system call that a runtime makes behind the filter, and which does.",
}


def record(runs, take):
    """{name: what calls it, in the order of `runs`}. A run is made by its function."""
    seen = {}
    for name, run in runs.items():
        print(name, file=sys.stderr)
        calls = set()
        for _ in range(ROUNDS):
            run()
            calls |= take()
        for call in calls:
            seen.setdefault(call, []).append(name)
    return seen


def run_mode(mode, behind):
    with starting.programs() as folder:
        mode(starting.Starts(folder, traced=behind))


def run_start(runtime, wanted, behind):
    """The program need do no more than be executed."""
    profile = containers.LETS_ALL_PASS
    with containers.bundle(runtime, ["--version"], wanted=wanted, profile=profile) as command:
        subprocess.run([*behind, *command], check=True, stdout=subprocess.DEVNULL)


def start_names():
    """{name of a start: (runtime, container)}"""
    kinds = {"": containers.POD, "-without-no_new_privs": containers.WITHOUT_NO_NEW_PRIVS}
    return {runtime + suffix: (runtime, wanted) for runtime in containers.RUNTIMES for suffix, wanted in kinds.items()}


def record_all(only):
    """{file: {name: what calls it}}"""
    with starting.temporary_folder() as place, tracing.recorder(str(place)) as recorder:
        runs = {name: functools.partial(run_mode, mode, recorder.behind) for name, mode in modes.MODES.items()
                if name in only}  # fmt: skip
        starts = {name: functools.partial(run_start, *start, recorder.behind) for name, start in start_names().items()
                  if name in only}  # fmt: skip
        return {
            "recorded.tsv": record(runs, recorder.take),
            "recorded-start.tsv": record(starts, functools.partial(recorder.take, tracing.start_calls)),
        }


def write(seen, file):
    rows = [f"{call}\t{' '.join(seen[call])}" for call in sorted(seen)]
    file.write_text("\n".join([HEADS[file.name], *rows]) + "\n", encoding="ascii")
    print(f"{len(seen)} system calls in {file}", file=sys.stderr)


def main():
    if os.environ.get(UNSHARED) != str(os.getpid()):
        os.environ[UNSHARED] = str(os.getpid())  # unshare executes in the same process
        again = [sys.executable, "-B", __file__, *sys.argv[1:]]
        os.execvp("unshare", ["unshare", "--mount", "--propagation=private", *again])
    everything = [*modes.MODES, *start_names()]
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join(everything))
    parser.add_argument("--into", type=pathlib.Path, default=FOLDER)
    arguments = parser.parse_args()
    if unknown := set(arguments.only.split(",")) - set(everything):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(everything)}")
    # The instance is removed on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for name, seen in record_all(arguments.only.split(",")).items():
        write(seen, arguments.into / name)


if __name__ == "__main__":
    main()
