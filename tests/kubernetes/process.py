"""What the kernel says of the exporter's process in a container."""

import pathlib
import re

PERFMON = 1 << 38
NOBODY = 65534


def threads(pid):
    """[{field: value}] of /proc/PID/task/*/status."""
    texts = [(task / "status").read_text(encoding="utf-8") for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    return [dict(re.findall(r"(?m)^(\w+):\s+(.*)$", text)) for text in texts]


def problems(pid):
    """What is not as the chart promises. The capability is held in the permitted set, by the one thread that opens
    events, and is effective only while it does so."""
    found = []
    statuses = threads(pid)
    for status in statuses:
        where = f"thread {status['Name']}"
        expected = {"Uid": {NOBODY}, "Gid": {NOBODY}, "NoNewPrivs": {1}, "Seccomp": {2}}
        for name, numbers in expected.items():
            if set(map(int, status[name].split())) != numbers:
                found.append(f"{where}: {name} {status[name]}")
        sets = {name: int(status[name], 16) for name in ("CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb")}
        held = sets["CapPrm"] | sets["CapEff"]
        if sets["CapBnd"] != PERFMON or sets["CapInh"] or sets["CapAmb"] or held & ~PERFMON:
            found.append(f"{where}: {sets}")
    holders = [status["Name"] for status in statuses if int(status["CapPrm"], 16) == PERFMON]
    if len(holders) != 1:
        found.append(f"held by {holders}")
    root = next(line.split() for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8").splitlines()
                if line.split()[4] == "/")  # fmt: skip
    if "ro" not in root[5].split(","):
        found.append(f"the root file system is mounted {root[5]}")
    return found


def running(name):
    """The processes of this name."""
    paths = pathlib.Path("/proc").glob("[0-9]*/comm")
    return [path.parent.name for path in paths if path.read_text(encoding="utf-8").strip() == name]
