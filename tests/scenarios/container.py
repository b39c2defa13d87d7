"""A container by runc: its root file system from the workshop's programs, its configuration, its seccomp profile."""

import dataclasses
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess

import cgroup_tree
from starts import NOBODY, SHELL

FOLDER = pathlib.Path(__file__).resolve().parent
STATE, ROOT, BUNDLE, NAME = "runc", "rootfs", "bundle", "scenario"
POD = "kubepods/burstable/pod0b0e2f3c"
# Where runtimes put a container's cgroup.
CGROUPS = {
    "bare": NAME,
    "docker": f"docker/{NAME}",
    "podman": f"libpod_parent/libpod-{NAME}",
    "containerd": f"{POD}/{NAME}",
    "crio": f"{POD}/crio-{NAME}",
}
MASKED = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/sys/firmware"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
SUBORDINATE = {"containerID": 0, "hostID": 100000, "size": 65536}
EVERYBODY = {"containerID": 0, "hostID": 0, "size": 4294967295}
HIGHEST_CALL = 600


@dataclasses.dataclass(frozen=True)
class Container:
    """`permitted`: whether the runtime hands the capabilities over in the permitted set, too (Docker up to 24 does not
    to a user). `users`: the mapping of a user namespace. `profile`: a file of profiles/. `mounts`: binds of the
    workshop's folders, as (folder, place, option)."""

    capabilities: tuple[str, ...] = ()
    uid: int = NOBODY
    permitted: bool = True
    ambient: bool = False
    no_new_privs: bool = False
    users: dict | None = None
    runtime: str = "containerd"
    profile: str | None = None
    descriptors: int = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    mounts: tuple[tuple[str, str, str], ...] = ()

    def behind_a_shell(self, words):
        return ["/bin/sh", *SHELL[1:], *words]


def libraries(path):
    """The files that ldd names."""
    text = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    return [pathlib.Path(name) for name in re.findall(r"(/\S+) \(0x", text)]


def lay_out_root(programs):
    """The workshop's folders are linked in, so that files keep their capabilities; the rest is copied."""
    root = pathlib.Path(ROOT)
    for folder in ("bin", "proc", "sys", "dev", "tmp", "run", "volume"):
        (root / folder).mkdir(parents=True)
    shutil.copy("/bin/sh", root / "bin/sh")
    for library in {*libraries("/bin/sh"), *libraries(programs[0])}:
        target = root / library.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    for program in programs:
        target = root / program
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(program, target)
    pathlib.Path(STATE).mkdir()


def other_calls(seccomp):
    """The names of all calls that the library knows, but perf_event_open."""
    for number in range(HIGHEST_CALL):
        try:
            name = seccomp.resolve_syscall(seccomp.Arch.NATIVE, number).decode()
        except ValueError:
            continue
        if name != "perf_event_open":
            yield name


def seccomp_of(name, capabilities):
    """What a runtime makes of its profile: the rules whose conditions hold for the capabilities that it grants. All
    other calls are allowed by name, so that the profile's own default answers to perf_event_open."""
    import seccomp

    profile = json.loads((FOLDER / "profiles" / name).read_text(encoding="utf-8"))
    rules = [{"names": sorted(other_calls(seccomp)), "action": "SCMP_ACT_ALLOW"}]
    for rule in profile["rules"]:
        excluded = any(capability in capabilities for capability in rule.get("excludes", ()))
        if not excluded and all(capability in capabilities for capability in rule.get("includes", ())):
            errno = {"errnoRet": rule["errnoRet"]} if "errnoRet" in rule else {}
            rules.append({"names": ["perf_event_open"], "action": rule["action"], **errno})
    errno = {"defaultErrnoRet": profile["defaultErrnoRet"]} if "defaultErrnoRet" in profile else {}
    return {"defaultAction": profile["defaultAction"], **errno, "syscalls": rules}


def process_of(container, words):
    capabilities = list(container.capabilities)
    held = capabilities if container.permitted else []
    passed_on = capabilities if container.ambient else []
    sets = {"bounding": capabilities, "effective": held, "permitted": held, "inheritable": passed_on,
            "ambient": passed_on}  # fmt: skip
    return {
        "terminal": False, "user": {"uid": container.uid, "gid": container.uid}, "args": words, "env": ["PATH=/bin"],
        "cwd": "/", "capabilities": sets, "noNewPrivileges": container.no_new_privs,
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": container.descriptors, "soft": container.descriptors}],
    }  # fmt: skip


def mounts_of(container):
    binds = [{"destination": place, "type": "bind", "source": os.path.abspath(folder), "options": ["bind", option]}
             for folder, place, option in container.mounts]  # fmt: skip
    return [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
        {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
        *binds,
    ]  # fmt: skip


def configuration(container, words):
    """config.json of the OCI runtime specification."""
    kinds = ["pid", "ipc", "uts", "mount", *(["user", "network"] if container.users else [])]
    linux = {
        "namespaces": [{"type": kind} for kind in kinds], "maskedPaths": MASKED, "readonlyPaths": READ_ONLY,
        "cgroupsPath": f"/{cgroup_tree.NAME}/{CGROUPS[container.runtime]}",
    }  # fmt: skip
    if container.users:
        linux["uidMappings"] = linux["gidMappings"] = [container.users]
    if container.profile:
        linux["seccomp"] = seccomp_of(container.profile, container.capabilities)
    return {
        "ociVersion": "1.0.2", "process": process_of(container, words), "hostname": "scenario",
        "root": {"path": os.path.abspath(ROOT), "readonly": True}, "mounts": mounts_of(container), "linux": linux,
    }  # fmt: skip


def run_in(container, words, run):
    """What `run` makes of the command that starts the container; nothing of it is left."""
    bundle = pathlib.Path(BUNDLE)
    bundle.mkdir()
    try:
        (bundle / "config.json").write_text(json.dumps(configuration(container, words)), encoding="utf-8")
        return run(["runc", "--root", os.path.abspath(STATE), "run", "--bundle", BUNDLE, NAME])
    finally:
        subprocess.run(["runc", "--root", os.path.abspath(STATE), "delete", "--force", NAME], capture_output=True,
                       check=False)  # fmt: skip
        shutil.rmtree(bundle)
        cgroup_tree.remove_all()
