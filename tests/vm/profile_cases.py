"""The seccomp profile on other hardware than the one it was recorded on: 64-bit Arm, a PMU, Debian's kernels."""

import pathlib
import shlex
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "seccomp"))
try:
    import tracing
except ImportError:
    tracing = None

PROFILE = pathlib.Path(__file__).resolve().parents[2] / "deploy/seccomp/perf-exporter.json"
INSTANCE = "/sys/kernel/tracing/instances/seccomp_record"
ARCHITECTURES = {"arm64": "AARCH64", "amd64": "X86_64"}
EVERYTHING = "--collector=cycles,instructions,branch,cache,software,stalls,bus,hw_cache"
READ_SECONDS = 180  # an emulator takes its time for megabytes of text
COMMANDS = ("probe --exit-zero", "probe --need --exit-zero", "list", "stat --for=100ms", "--help")


def run_all(guest, follow):
    """Serving, and each command, followed by the trace."""
    with guest.exporter(EVERYTHING, program=(*follow, "perf-exporter")) as exporter:
        for _ in range(3):
            exporter.scrape()
        for path in ("/", "/probe", "/version", "/metrics?collect[]=software"):
            assert exporter.get(path)[0] == 200, path
        assert exporter.get("/-/healthy", Connection="close")[0] == 200
    for command in COMMANDS:
        guest.check(f"{shlex.join(follow)} perf-exporter {command}")


def the_shipped_profile_lacks_no_call(guest):
    """By the kernel's own tracing, as the profile was recorded."""
    if tracing is None:
        raise unittest.SkipTest("needs python3-seccomp")
    guest.check(f"mkdir {INSTANCE} && cd {INSTANCE} && echo 8192 > buffer_size_kb && echo 1 > options/event-fork && "
                f"echo {tracing.IDLE_TASK} > set_event_pid && echo 1 > {tracing.EVENT}")  # fmt: skip
    run_all(guest, ("sh", "-c", tracing.FOLLOW, f"{INSTANCE}/set_event_pid"))
    lost = tracing.LOST.findall(guest.check(f"cat {INSTANCE}/per_cpu/cpu*/stats"))
    assert not lost, f"the buffer was too small: {lost}"
    text = guest.check(f"cat {INSTANCE}/trace", READ_SECONDS)
    made = tracing.program_calls(text.splitlines(), ARCHITECTURES[guest.machine.architecture])
    guest.check(f"echo 0 > {INSTANCE}/{tracing.EVENT}; rmdir {INSTANCE}")
    assert {"perf_event_open", "sendto", "ioctl"} <= made, f"the trace has not seen all: {sorted(made)}"
    missing = made - tracing.allowed_by(PROFILE)
    assert not missing, f"the profile lacks {', '.join(sorted(missing))}"
