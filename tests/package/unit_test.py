#!/usr/bin/python3
"""The systemd units, as systemd itself reads and judges them."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

import harness

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "systemd"
UNITS = {
    path.name: path
    for path in (DEPLOY / "perf-exporter.service", *(DEPLOY / "socket-activation").glob("perf-exporter-proxy.*"))
}
MOST_EXPOSURE = 20  # of 100, which systemd shows as 2.0 of 10


def analyze(*arguments, units=None):
    program = shutil.which("systemd-analyze")
    if program is None:
        raise unittest.SkipTest("needs systemd-analyze")
    # The empty last element stands for where systemd looks by itself.
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{units or DEPLOY}:", "SYSTEMD_COLORS": "0"}
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)


def verified(edit=lambda text: text, dropins=False):
    """What systemd says to the units, of which the exporter's is edited first. Its exit status is 0 even where
    it does not know a key."""
    with tempfile.TemporaryDirectory() as directory:
        for name, path in UNITS.items():
            text = path.read_text(encoding="utf-8").replace("/usr/bin/perf-exporter", harness.binary())
            if name == "perf-exporter.service":
                text = edit(text)
            pathlib.Path(directory, name).write_text(text, encoding="utf-8")
        if dropins:
            shutil.copytree(DEPLOY / "socket-activation" / "perf-exporter.service.d",
                            pathlib.Path(directory, "perf-exporter.service.d"))  # fmt: skip
        return analyze("verify", "--man=no", *(os.path.join(directory, name) for name in UNITS), units=directory)


class Units(unittest.TestCase):
    def test_systemd_has_nothing_to_say(self):
        for dropins in (False, True):
            done = verified(dropins=dropins)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_mistake_would_be_seen(self):
        for old, new in (
            ("ProtectClock=yes", "ProtectClocks=yes"),
            ("perf_event_open capset", "perf_event_opens capset"),
            ("ProtectSystem=strict", "ProtectSystem=stricter"),
            (harness.binary(), "/nonexistent/perf-exporter"),
        ):
            done = verified(lambda text, old=old, new=new: text.replace(old, new))
            self.assertNotEqual(done.stderr, "", f"{new} went unseen")

    def test_exposure_is_small(self):
        for name, path in UNITS.items():
            if name.endswith(".service"):
                done = analyze("security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSURE}", str(path))
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
                level = re.search(rf"Overall exposure level for {re.escape(name)}: ([\d.]+)", done.stdout)
                print(f"{name}: exposure {level[1]}")

    def test_counting_is_all_that_is_granted(self):
        unit = UNITS["perf-exporter.service"].read_text(encoding="utf-8")
        for capabilities in re.findall(r"^(?:AmbientCapabilities|CapabilityBoundingSet)=(.*)$", unit, re.M):
            self.assertEqual(capabilities, "CAP_PERFMON")
        self.assertIn("\nNoNewPrivileges=yes\n", unit)
        # It would be refused in a user namespace of its own.
        self.assertNotRegex(unit, r"(?m)^PrivateUsers=")

    def test_a_reload_sends_the_signal_that_has_it_look_again(self):
        unit = UNITS["perf-exporter.service"].read_text(encoding="utf-8")
        command = re.search(r"^ExecReload=(.*)$", unit, re.M)[1]
        with harness.Exporter("--collector=software") as exporter:
            subprocess.run(shlex.split(command), env={"MAINPID": str(exporter.pid)}, check=True)
            harness.wait_for(lambda: "looking again" in exporter.log(), "the exporter to look again")
            self.assertEqual(exporter.get("/-/healthy")[0], 200)

    def test_every_variable_in_the_default_file_is_a_flag(self):
        text = (DEPLOY / "perf-exporter.default").read_text(encoding="utf-8")
        settings = re.findall(r"^#(PERF_EXPORTER_\w+)=(\S+)$", text, re.M)
        self.assertGreater(len(settings), 3)
        environment = {**os.environ, **dict(settings), "PERF_EXPORTER_NO_SUCH_FLAG": "1"}
        done = harness.run("stat", "--for=1ms", "--log.level=debug", env=environment)
        self.assertIn("PERF_EXPORTER_NO_SUCH_FLAG", done.stderr)
        for name, _ in settings:
            self.assertNotIn(name, done.stderr)


if __name__ == "__main__":
    harness.main()
