"""What a run says while it goes on, and what it notes for the summary."""

import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
STARTED = time.monotonic()


def say(text):
    print(f"vm: {time.monotonic() - STARTED:4.0f} s: {text}", file=sys.stderr, flush=True)


def note_missing(name, reason):
    """Keeps build/missing-packages, the lines "NAME: REASON" that excuse skips; None where it is to be had."""
    path = ROOT / "build/missing-packages"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not line.startswith(f"{name}: ")]
    if reason is not None:
        say(f"{name} is not to be had: {reason}")
        kept.append(f"{name}: {reason}")
    if kept != lines:
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
