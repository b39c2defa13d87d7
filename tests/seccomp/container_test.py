#!/usr/bin/python3
"""runc and crun start a container with the profile, in which the exporter counts."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

import cgroup_tree
import checking
import container
import harness
import starting

PROGRAM = "bin/perf-exporter"
SOFTWARE = "--collector=software"
# crun takes no part of both cgroup versions at once; what it sees is the second alone, and it makes no cgroup.
UNIFIED = ["unshare", "--mount", "--propagation=private", "sh", "-ec",
           'mount -t cgroup2 none /sys/fs/cgroup && exec "$0" "$@"']  # fmt: skip
RUNTIMES = {"runc": ["runc"], "crun": [*UNIFIED, "crun", "--cgroup-manager=disabled"]}


def profile_without(*names):
    profile = json.loads(checking.PROFILE.read_text(encoding="ascii"))
    for rule in profile["syscalls"]:
        rule["names"] = [name for name in rule["names"] if name not in names]
    profile["syscalls"] = [rule for rule in profile["syscalls"] if rule["names"]]
    return profile


def configuration(runtime, words, profile, no_new_privs):
    """A pod's container: uid 65534, PERFMON alone, a file system that can't be written to, the profile as it is."""
    wanted = container.Container(capabilities=("CAP_PERFMON",), no_new_privs=no_new_privs)
    made = container.configuration(wanted, words)
    made["linux"]["seccomp"] = profile
    if runtime == "crun":
        del made["linux"]["cgroupsPath"]
    return made


@contextlib.contextmanager
def bundle(runtime, arguments, *, no_new_privs=True, profile=None):
    """The command that starts the container; nothing of it is left."""
    before = os.getcwd()
    with harness.copied_binary("cap_perfmon=ep") as program:
        folder = pathlib.Path(program).parent
        os.chdir(folder)
        (folder / "bin").mkdir()
        os.rename(program, PROGRAM)
        container.lay_out_root([PROGRAM])
        made = configuration(runtime, [f"/{PROGRAM}", *arguments], profile or profile_without(), no_new_privs)
        (folder / "config.json").write_text(json.dumps(made), encoding="utf-8")
        start, name = [*RUNTIMES[runtime], "--root", str(folder / container.STATE)], f"seccomp-{os.getpid()}"
        try:
            yield [*start, "run", "--bundle", str(folder), name]
        finally:
            subprocess.run([*start, "delete", "--force", name], capture_output=True, check=False)
            cgroup_tree.remove_all()
            os.chdir(before)


def can_make_namespaces():
    command = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def needs(runtime):
    return unittest.skipUnless(shutil.which(runtime), f"needs {runtime}")


@unittest.skipUnless(can_make_namespaces(), "needs namespaces")
@starting.needs_a_filter
class Containers(unittest.TestCase):
    def counts(self, runtime):
        with bundle(runtime, [SOFTWARE, "--web.listen-address=127.0.0.1:0"]) as command:
            with harness.Exporter(program=command, listen=()) as exporter:
                before = exporter.scrape()
                after = exporter.scrape()
                self.assertEqual(exporter.get("/-/ready")[0], 200)
                self.assertEqual(exporter.stop(signal.SIGTERM), 0)
        self.assertGreater(after.total("context_switches"), before.total("context_switches"))
        self.assertEqual(after.findings(), {"permitted"})
        for name, value in (("seccomp_mode", 2), ("no_new_privs", 1)):
            self.assertEqual(after.value(f"perf_exporter_{name}"), value, name)

    def probes(self, runtime, expected, **options):
        with bundle(runtime, ["probe", "--format=json", SOFTWARE], **options) as command:
            done = harness.run(program=command)
        report = json.loads(done.stdout or "{}")
        self.assertEqual(report.get("findings", [{"id": done.stderr}])[0]["id"], expected)

    @needs("runc")
    def test_runc_starts_one_that_counts(self):
        self.counts("runc")

    @needs("crun")
    def test_crun_starts_one_that_counts(self):
        self.counts("crun")

    @needs("runc")
    def test_runc_applies_it_before_it_becomes_the_user(self):
        """Without no_new_privs a runtime has more to do behind the filter."""
        self.probes("runc", "permitted", no_new_privs=False)

    @needs("crun")
    def test_crun_applies_it_before_it_becomes_the_user(self):
        self.probes("crun", "permitted", no_new_privs=False)

    @needs("runc")
    def test_the_probe_names_a_profile_that_lacks_the_call(self):
        self.probes("runc", "seccomp_eperm", profile=profile_without("perf_event_open"))

    def misses(self, runtime, name):
        with bundle(runtime, ["--version"], profile=profile_without(name)) as command:
            done = harness.run(program=command)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ermitted", done.stderr)

    @needs("runc")
    def test_runc_misses_a_call_that_was_taken_away(self):
        self.misses("runc", "execve")

    @needs("crun")
    def test_crun_misses_a_call_that_was_taken_away(self):
        self.misses("crun", "execve")


if __name__ == "__main__":
    harness.main()
