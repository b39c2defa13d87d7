#!/usr/bin/python3
"""What the probe prints: its schema, its width, its colours; and what the preflight foresees."""

import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import unittest

import harness

try:
    import jsonschema
except ImportError:
    jsonschema = None

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
ALL_SCOPES = "--scope=cpu,cgroup"


def schema(name):
    return json.loads((DOCS / name).read_text(encoding="utf-8"))


def undescribed(value, description, path="report"):
    """Members of `value` that its schema does not tell of: it may hold more, what we print may not."""
    if isinstance(value, dict):
        known = description.get("properties", {})
        for name, member in value.items():
            if name not in known:
                yield f"{path}.{name}"
            else:
                yield from undescribed(member, known[name], f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from undescribed(item, description.get("items", {}), f"{path}[]")


def coloured_output(environment):
    """What a terminal gets to see."""
    controller, terminal = pty.openpty()
    with contextlib.closing(os.fdopen(controller, "rb", buffering=0)) as screen:
        process = subprocess.Popen(
            [harness.binary(), "probe", "--exit-zero"], stdout=terminal, stdin=subprocess.DEVNULL,
            env={**os.environ, "NO_COLOR": "", "TERM": "xterm", **environment})
        os.close(terminal)
        output = b""
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while chunk := screen.read(65536):
                output += chunk
        process.wait(harness.PATIENCE_SECONDS)
    return output.decode()


class Schema(unittest.TestCase):
    def setUp(self):
        if jsonschema is None:
            raise unittest.SkipTest("needs python3-jsonschema")

    def assert_valid(self, text, name):
        value, description = json.loads(text), schema(name)
        jsonschema.Draft202012Validator.check_schema(description)
        jsonschema.validate(value, description)
        self.assertEqual(list(undescribed(value, description)), [])
        return value

    def test_the_report_is_as_described(self):
        for arguments in ((), (ALL_SCOPES,), ("--collector=software",)):
            done = harness.run("probe", "--format=json", *arguments)
            report = self.assert_valid(done.stdout, "probe.schema.json")
            self.assertEqual(
                list(report["facts"]), list(schema("probe.schema.json")["properties"]["facts"]["properties"]))

    def test_the_report_of_a_refused_user_is_as_described(self):
        if os.getuid() != 0:
            raise unittest.SkipTest("needs root to become another")
        with harness.copied_binary() as path:
            done = harness.run("probe", "--format=json", program=harness.as_nobody(path))
        self.assert_valid(done.stdout, "probe.schema.json")

    def test_what_is_needed_is_as_described(self):
        need = self.assert_valid(
            harness.run("probe", "--need", "--format=json", ALL_SCOPES).stdout, "probe-need.schema.json")
        self.assertEqual(need["scopes"], ["cpu", "cgroup"])

    def test_the_page_is_as_described(self):
        with harness.Exporter("--collector=software") as exporter:
            _, _, body = exporter.get("/probe", Accept="application/json")
        self.assert_valid(body, "probe.schema.json")


class Text(unittest.TestCase):
    def test_fits_eighty_columns_without_colours(self):
        text = harness.run("probe", "--exit-zero", ALL_SCOPES).stdout
        self.assertNotIn("\x1b", text)
        # Commands and values without a blank stay whole.
        too_wide = [line for line in text.splitlines()
                    if len(line) > 80 and not line.startswith(" " * 13) and " " in line[28:]]
        self.assertEqual(too_wide, [])

    def test_is_coloured_on_a_terminal_alone(self):
        self.assertRegex(coloured_output({}), "\x1b\\[1;3[1-3]m(fail|warn|unknown|ok)\x1b\\[0m: ")
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertNotIn("\x1b", coloured_output(environment))

    def test_need_names_the_capability_and_a_pod(self):
        text = harness.run("probe", "--need", "--collector=cycles").stdout
        self.assertRegex(text, r"(?m)^  capability    ")
        self.assertIn("        capabilities: {drop: [ALL]", text)


@harness.needs_root
class Preflight(unittest.TestCase):
    """A program with cap_perfmon=ep and its preflight with cap_perfmon=p, side by side."""

    def setUp(self):
        if harness.paranoid() < 1:
            raise unittest.SkipTest("perf_event_paranoid lets everybody count here")
        self._stack = contextlib.ExitStack()
        self.addCleanup(self._stack.close)
        self.main = self._stack.enter_context(harness.copied_binary("cap_perfmon=ep"))
        self.preflight = self.main + "-preflight"
        shutil.copy(harness.binary() + "-preflight", self.preflight)
        os.chmod(self.preflight, 0o755)
        harness.set_capability("cap_perfmon=p", self.preflight)

    def findings(self, *setpriv_arguments):
        done = harness.run("probe", "--format=json", "--collector=software",
                           program=harness.as_nobody(self.preflight, *setpriv_arguments))
        return {finding["id"]: finding for finding in json.loads(done.stdout)["findings"]}, done.returncode

    def test_foresees_that_the_program_starts(self):
        found, code = self.findings()
        self.assertEqual(found["main_program_starts"]["severity"], "ok")
        self.assertIn(self.main, found["main_program_starts"]["evidence"])
        if harness.paranoid() <= 2:
            self.assertEqual(code, 0)
        started = harness.run("--version", program=harness.as_nobody(self.main))
        self.assertEqual(started.returncode, 0, started.stderr)

    def test_foresees_that_the_bounding_set_refuses_the_exec(self):
        found, code = self.findings("--bounding-set=-perfmon")
        self.assertEqual(code, 3)
        self.assertEqual(list(found)[0], "bounding_set_lacks_perfmon")
        self.assertEqual(found["main_program_exec_refused"]["severity"], "fail")
        fix = found["main_program_exec_refused"]["fix"]
        self.assertTrue(found["bounding_set_lacks_perfmon"]["fix"].startswith(fix), fix)
        refused = harness.run("--version", program=harness.as_nobody(self.main, "--bounding-set=-perfmon"))
        self.assertEqual(refused.returncode, 126)
        self.assertIn("peration not permitted", refused.stderr)

    def test_foresees_that_one_of_several_capabilities_suffices_to_refuse(self):
        harness.set_capability("cap_perfmon,cap_sys_admin=ep", self.main)
        found, _ = self.findings("--bounding-set=-sys_admin")
        self.assertIn("main_program_exec_refused", found)
        refused = harness.run("--version", program=harness.as_nobody(self.main, "--bounding-set=-sys_admin"))
        self.assertEqual(refused.returncode, 126)

    def test_sees_a_missing_capability_mode_or_file(self):
        harness.set_capability("-r", self.main)
        self.assertIn("main_program_lacks_perfmon", self.findings()[0])
        os.chmod(self.main, 0o600)
        self.assertIn("main_program_not_executable", self.findings()[0])
        os.remove(self.main)
        self.assertIn("main_program_missing", self.findings()[0])

    def test_the_program_itself_judges_nobody_else(self):
        done = harness.run("probe", "--format=json", program=harness.as_nobody(self.main))
        self.assertIsNone(re.search("main_program", done.stdout))


if __name__ == "__main__":
    harness.main()
