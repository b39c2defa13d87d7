#!/usr/bin/python3
"""Records which system calls each mode makes, by the kernel's own tracing, into deploy/seccomp/recorded.tsv.

record.py [FILE]. It runs as root, in a mount namespace of its own, and finds the program in PERF_EXPORTER.
"""

import os
import pathlib
import signal
import sys

import modes
import starting
import tracing

RECORD = pathlib.Path(__file__).parents[2] / "deploy/seccomp/recorded.tsv"
# Some calls depend on what happens to be quicker.
ROUNDS = 3
HEAD = "# Written by make seccomp-record: every system call that the program makes, and in which modes."


def record():
    """{name: modes that call it, in their order}"""
    seen = {}
    with starting.temporary_folder() as place, tracing.recorder(str(place)) as recorder:
        for name, mode in modes.MODES.items():
            print(f"{name}: {mode.__doc__.splitlines()[0]}", file=sys.stderr)
            calls = set()
            for _ in range(ROUNDS):
                with starting.programs() as folder:
                    mode(starting.Starts(folder, traced=recorder.behind))
                calls |= recorder.take()
            for call in calls:
                seen.setdefault(call, []).append(name)
    return seen


def write(seen, file):
    rows = [f"{call}\t{' '.join(seen[call])}" for call in sorted(seen)]
    file.write_text("\n".join([HEAD, *rows]) + "\n", encoding="ascii")
    print(f"{len(seen)} system calls in {file}", file=sys.stderr)


def main():
    if "--unshared" not in sys.argv:
        again = [sys.executable, "-B", __file__, "--unshared", *sys.argv[1:]]
        os.execvp("unshare", ["unshare", "--mount", "--propagation=private", *again])
    # The instance is removed on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    files = [argument for argument in sys.argv[1:] if argument != "--unshared"]
    write(record(), pathlib.Path(files[0]) if files else RECORD)


if __name__ == "__main__":
    main()
