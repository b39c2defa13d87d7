"""A container that runs Debian's systemd as its first process, by LXC: behind a filter of the container's own."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from machine import give_back, hierarchies, remove_empty, sh

CONFIGURATION = """
lxc.include = /usr/share/lxc/config/common.conf
lxc.uts.name = {name}
lxc.rootfs.path = dir:{folder}/root
lxc.net.0.type = empty
lxc.apparmor.profile = unconfined
lxc.seccomp.profile = {folder}/profile
"""


def tool(name):
    """Unpacked, never installed: its package starts services."""
    folders = [os.path.join(os.environ.get("TOOLS", ""), "usr/bin"), os.environ.get("PATH", os.defpath)]
    return shutil.which(name, path=os.pathsep.join(folders)) or name


class Machine:
    """To be used by `with`. Its changes are thrown away. `denied`: lines of LXC's denylist, "CALL errno NUMBER"."""

    def __init__(self, root, denied):
        self._name = f"perf-exporter-test-{os.getpid()}"
        self._home = pathlib.Path(tempfile.mkdtemp(prefix="perf-exporter-lxc-", dir="/var/tmp"))
        self._folder = self._home / self._name
        self._root = self._folder / "root"
        for name in ("root", "upper", "work"):
            (self._folder / name).mkdir(parents=True)
        sh("mount", "-t", "overlay", "overlay", "-o",
           f"lowerdir={root},upperdir={self._folder}/upper,workdir={self._folder}/work", str(self._root))  # fmt: skip
        (self._folder / "profile").write_text("\n".join(["2", "denylist", *denied, ""]), encoding="utf-8")
        (self._folder / "config").write_text(CONFIGURATION.format(name=self._name, folder=self._folder),
                                             encoding="utf-8")  # fmt: skip
        self._hierarchies = hierarchies()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        subprocess.run(["umount", str(self._root)], check=True)
        for folder in pathlib.Path("/sys/fs/cgroup").glob("*/lxc.*"):
            remove_empty(folder)
        give_back(self._hierarchies)
        sh("rm", "-r", str(self._home))

    def start(self):
        self._lxc("start", "--daemon")
        deadline = time.monotonic() + 60
        while self.run("systemctl is-system-running --wait", check=False).strip() != "running":
            if time.monotonic() > deadline:
                raise AssertionError(self.run("systemctl --failed; journalctl -b --no-pager | tail -50"))
            time.sleep(0.2)

    def stop(self):
        with contextlib.suppress(AssertionError):
            self._lxc("stop", "--kill")

    def _lxc(self, command, *arguments, check=True):
        done = subprocess.run([tool(f"lxc-{command}"), "--lxcpath", str(self._home), "--name", self._name, *arguments],
                              check=False, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)  # fmt: skip
        if check and done.returncode != 0:
            raise AssertionError(f"lxc-{command} {' '.join(arguments)}: {done.returncode}\n{done.stdout}")
        return done.stdout

    def run(self, script, check=True):
        """What a shell in it prints; it must succeed unless `check` is False."""
        return self._lxc("attach", "--clear-env", "--", "sh", "-c", script, check=check)

    def write(self, path, text):
        self._root.joinpath(path.lstrip("/")).write_text(text, encoding="utf-8")

    def unpack(self, package):
        sh("dpkg-deb", "--extract", package, str(self._root))
