"""Lays out the programs that the scenarios start: one folder for each state of the file, all below the current folder,
which is a tmpfs of the run's own. In each stands the preflight, too, with cap_perfmon=p.
"""

import os
import pathlib
import shutil
import struct
import subprocess

from starts import PREFLIGHT

PERFMON_BIT = 38
UNKNOWN_BIT = 45
# A rootid that is root of a user namespace nowhere here.
OTHER_ROOT = 1000
# linux/capability.h: VFS_CAP_REVISION_2 has two pairs of masks, _3 a rootid behind them.
REVISION_2, REVISION_3, EFFECTIVE = 0x02000000, 0x03000000, 0x000001

# Folder: file capabilities as setcap(8) takes them.
CAPABILITIES = {
    "none": "",
    "p": "cap_perfmon=p",
    "ep": "cap_perfmon=ep",
    "eip": "cap_perfmon=eip",
    "i": "cap_perfmon=i",
    "ei": "cap_perfmon=ei",
    "other": "cap_net_raw=p",
    "other_ep": "cap_net_raw=ep",
    "sys_admin": "cap_sys_admin=p",
    "sys_admin_ep": "cap_sys_admin=ep",
    "both": "cap_perfmon,cap_sys_admin=p",
    "both_ep": "cap_perfmon,cap_sys_admin=ep",
    "no_others": "cap_perfmon=p",  # may not be executed by others
    "lost_by_chown": "cap_perfmon=p",
    "lost_by_write": "cap_perfmon=p",
}
# Folder: (revision, bits permitted, effective flag, rootid).
RAW_CAPABILITIES = {
    "unknown_bit": (REVISION_2, [UNKNOWN_BIT], False, None),
    "unknown_bit_ep": (REVISION_2, [UNKNOWN_BIT], True, None),
    "beside_unknown_bit_ep": (REVISION_2, [PERFMON_BIT, UNKNOWN_BIT], True, None),
    "of_other_root": (REVISION_3, [PERFMON_BIT], False, OTHER_ROOT),
    "of_init_root": (REVISION_3, [PERFMON_BIT], False, 0),
}
MOUNTS = {"nosuid": "nosuid", "noexec": "noexec"}


def attribute(revision, bits, effective, root):
    """The value of security.capability."""
    mask = sum(1 << bit for bit in bits)
    value = struct.pack("<IIIII", revision | (EFFECTIVE if effective else 0), mask & 0xFFFFFFFF, 0, mask >> 32, 0)
    return value if root is None else value + struct.pack("<I", root)


def set_capability(capability, path):
    subprocess.run(["setcap", capability, path], check=True)


def install(source, path, capability=""):
    """A copy that every user may execute, with file capabilities or none."""
    shutil.copyfile(source, path)
    path.chmod(0o755)
    if capability:
        set_capability(capability, path)
    return path


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def _lose(folder):
    """What takes the attribute away in practice."""
    os.chown(folder("lost_by_chown"), 1, 1)
    with folder("lost_by_write").open("ab") as written:
        written.write(b"\0")


def _lay_out_mounts(source, preflight):
    for name, options in MOUNTS.items():
        folder = pathlib.Path(name)
        folder.mkdir()
        mount("-t", "tmpfs", "-o", f"mode=755,{options}", "tmpfs", name)
        for variety in ("p", "ep", "none"):
            (folder / variety).mkdir()
            install(source, folder / variety / "perf-exporter", CAPABILITIES[variety])
            install(preflight, folder / variety / PREFLIGHT, CAPABILITIES["p"])


def lay_out(source):
    """`source` is the folder of the built programs."""
    source, preflight = source / "perf-exporter", source / PREFLIGHT
    first = install(preflight, pathlib.Path(PREFLIGHT), "cap_perfmon=p")

    def folder(variety):
        return pathlib.Path(variety) / "perf-exporter"

    for variety in (*CAPABILITIES, *RAW_CAPABILITIES, "lost_by_cp", "setuid", "no_main"):
        folder(variety).parent.mkdir()
        os.link(first, pathlib.Path(variety) / PREFLIGHT)
    for variety, capability in CAPABILITIES.items():
        install(source, folder(variety), capability)
    for variety, raw in RAW_CAPABILITIES.items():
        os.setxattr(install(source, folder(variety)), "security.capability", attribute(*raw))
    install(folder("p"), folder("lost_by_cp"))
    install(source, folder("setuid")).chmod(0o4755)
    folder("no_others").chmod(0o750)
    _lose(folder)
    _lay_out_mounts(source, preflight)
    pathlib.Path("links").mkdir()
    pathlib.Path("links/perf-exporter").symlink_to("../p/perf-exporter")
