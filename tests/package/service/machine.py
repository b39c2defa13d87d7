"""A container that runs Debian's systemd as its first process, by podman, and the file system it starts from."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

DEBIAN_ROOT = str(pathlib.Path(__file__).resolve().parents[3] / "scripts/debian-root.sh")
# Hierarchies that a systemd in a container may take from cgroup v2 and leave behind as v1 ones.
TAKEN = (("perf_event",), ("hugetlb",), ("net_cls", "net_prio"))
# CAP_SYS_RESOURCE may be missing, so limits stay below what the machine has. crun refuses hybrid cgroups.
CONTAINERS_CONF = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
"""
STORAGE_CONF = """
[storage]
driver = "overlay"
runroot = "{folder}/run"
graphroot = "{folder}/graph"
"""


def sh(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def base(dependencies):
    """A root file system with systemd and what the package depends on, made once and kept in the cache. Fixes want
    setcap and nspawn, too."""
    dependencies += ", libcap2-bin, systemd-container"
    root = pathlib.Path(sh(DEBIAN_ROOT, "systemd", "systemd-sysv,curl").strip())
    stamp = root.with_name(f"{root.name}.made")
    if stamp.read_text(encoding="utf-8") != dependencies:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["--yes", "--no-install-recommends", "satisfy", dependencies], ["clean"]):
            sh("chroot", str(root), "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", *arguments, env=environment)
        stamp.write_text(dependencies, encoding="utf-8")
    return root


def hierarchies():
    """{controller: number of its v1 hierarchy, 0 on v2}"""
    rows = pathlib.Path("/proc/cgroups").read_text(encoding="ascii").splitlines()[1:]
    return {row.split()[0]: int(row.split()[1]) for row in rows}


def remove_empty(folder):
    """Removes the cgroups below and with the folder, of which none may hold a process any more."""
    for path, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(path)


def unmount_for_good(controllers):
    """One try to end a v1 hierarchy; whether it is gone. The kernel lets go of it with the last mount, but only
    where cgroups removed before have been reaped, which takes a moment."""
    with tempfile.TemporaryDirectory() as folder:
        sh("mount", "-t", "cgroup", "-o", ",".join(controllers), "cgroup", folder)
        try:
            for child in pathlib.Path(folder).glob("*libpod*"):
                remove_empty(child)
        finally:
            sh("umount", folder)
    time.sleep(0.5)
    return hierarchies()[controllers[0]] == 0


def give_back(before):
    """Takes down the v1 hierarchies that were not there before, so that v2 has their controllers again."""
    for controllers in TAKEN:
        now = hierarchies().get(controllers[0], 0)
        if now != 0 and before.get(controllers[0], 0) != now:
            if not any(unmount_for_good(controllers) for _ in range(10)):
                print(f"{','.join(controllers)} stays in a v1 hierarchy: {now}")


class Podman:
    """Podman with all that it keeps in a folder of its own, to be removed at the end."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="perf-exporter-podman-", dir="/var/tmp")
        pathlib.Path(self._folder, "containers.conf").write_text(CONTAINERS_CONF, encoding="utf-8")
        pathlib.Path(self._folder, "storage.conf").write_text(
            STORAGE_CONF.format(folder=self._folder), encoding="utf-8")
        self._environment = {
            **os.environ,
            "CONTAINERS_CONF": f"{self._folder}/containers.conf",
            "CONTAINERS_STORAGE_CONF": f"{self._folder}/storage.conf",
        }
        self._hierarchies = hierarchies()

    def run(self, *arguments, check=True, **options):
        """What it prints; it must succeed unless `check` is False."""
        done = subprocess.run(["podman", *arguments], env=self._environment, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, **options)  # fmt: skip
        output = done.stdout.decode(errors="replace")
        if check and done.returncode != 0:
            raise AssertionError(f"podman {' '.join(arguments)}: {done.returncode}\n{output}")
        return output

    def remove(self):
        """To be called once no container runs any more."""
        for folder in pathlib.Path("/sys/fs/cgroup").glob("*/libpod_parent"):
            remove_empty(folder)
        remove_empty("/sys/fs/cgroup/libpod_parent")
        give_back(self._hierarchies)
        shutil.rmtree(self._folder, ignore_errors=True)


class Machine:
    """To be used by `with`. It has no network but its loopback, and its changes are thrown away."""

    def __init__(self, root):
        self._root = root
        self._name = f"perf-exporter-test-{os.getpid()}"
        self._podman = Podman()

    def __enter__(self):
        try:
            self._podman.run("run", "--detach", "--name", self._name, "--systemd=always", "--privileged",
                         "--cgroupns=private", "--network=none", "--rootfs", f"{self._root}:O", "/sbin/init")  # fmt: skip
            deadline = time.monotonic() + 60
            while self.run("systemctl is-system-running --wait", check=False).strip() != "running":
                if time.monotonic() > deadline:
                    raise AssertionError(self.run("systemctl --failed; journalctl -b --no-pager | tail -50"))
                time.sleep(0.2)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._podman.run("rm", "--force", "--time", "5", self._name, check=False)
        self._podman.remove()

    def run(self, script, check=True):
        """What a shell in it prints; it must succeed unless `check` is False."""
        return self._podman.run("exec", self._name, "sh", "-c", script, check=check)

    def put(self, path, inside):
        self._podman.run("cp", str(path), f"{self._name}:{inside}")

    def write(self, path, text):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            self.put(file.name, path)
