"""Docker's daemon, started for a test, with all that it keeps in a folder of the test's own."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import cgroup_tree
import harness

START_SECONDS = 60


class Daemon:
    """To be used by `with`. It makes no network: what is built has the machine's own."""

    def __init__(self):
        self._program, self._client = harness.tool("dockerd"), harness.tool("docker")
        for name in ("containerd", "runc"):
            harness.tool(name)
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        folder = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="d")))
        socket = folder / "docker.sock"
        configuration = folder / "daemon.json"
        configuration.write_text(json.dumps({
            "data-root": str(folder / "data"), "exec-root": str(folder / "exec"), "pidfile": str(folder / "pid"),
            "hosts": [f"unix://{socket}"], "bridge": "none", "iptables": False, "ip6tables": False,
            "exec-opts": ["native.cgroupdriver=cgroupfs"], "cgroup-parent": cgroup_tree.NAME,
        }), encoding="utf-8")  # fmt: skip
        folders = {os.path.dirname(harness.tool(name)) for name in ("dockerd", "containerd", "runc")}
        self._environment = {
            **os.environ, "HOME": str(folder), "DOCKER_HOST": f"unix://{socket}",
            "PATH": os.pathsep.join([*sorted(folders), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]),
        }  # fmt: skip
        self._log = (folder / "log").open("w+b")
        self._process = subprocess.Popen(
            [self._program, "--config-file", str(configuration)], stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=self._log, env=self._environment)  # fmt: skip
        self._stack.callback(self._stop, folder)
        try:
            harness.wait_for(self._answers, "dockerd to answer", START_SECONDS)
        except BaseException:
            self._log.seek(0)
            print(self._log.read().decode(errors="replace")[-4000:])
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _stop(self, folder):
        self._process.terminate()  # and with it containerd
        try:
            self._process.wait(harness.PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        lines = pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
        for place in sorted((line.split()[1] for line in lines), reverse=True):
            if place.startswith(f"{folder}/"):
                subprocess.run(["umount", "--lazy", place], check=False)
        shutil.rmtree(folder / "data", ignore_errors=True)

    def _answers(self):
        assert self._process.poll() is None, f"dockerd ended with {self._process.returncode}"
        return self.run("version", check=False).returncode == 0

    def run(self, *arguments, check=True, variables=(), **options):
        """The client's run to its end; what it prints is text, whatever `input` it is given."""
        done = subprocess.run([self._client, *arguments], env={**self._environment, **dict(variables)}, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)  # fmt: skip
        done.stdout = done.stdout.decode(errors="replace")
        if check and done.returncode != 0:
            raise AssertionError(f"docker {' '.join(arguments)}: {done.returncode}\n{done.stdout[-4000:]}")
        return done
