#!/usr/bin/python3
"""Behind the profile in its logging form each mode makes no call that the profile lacks; one that is taken away is
named."""

import json
import unittest

import checking
import harness
import modes
import starting
from starting import seccomp


def is_native(name):
    """Whether this machine's architecture has the call."""
    return seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0


@starting.needs_a_filter
class Modes(unittest.TestCase):
    """A test for each mode, so that a failure names it."""

    def lacks_nothing(self, name):
        seen = checking.missing(name)
        self.assertEqual(seen, {}, f"{checking.sentence(seen)}\nmake seccomp-record records again")

    def test_all_are_here(self):
        tested = {name.removeprefix("test_mode_").replace("_", "-") for name in dir(self) if "_mode_" in name}
        self.assertEqual(tested, set(modes.MODES))

    def test_mode_texts(self):
        self.lacks_nothing("texts")

    def test_mode_list(self):
        self.lacks_nothing("list")

    def test_mode_stat(self):
        self.lacks_nothing("stat")

    def test_mode_probe(self):
        self.lacks_nothing("probe")

    def test_mode_preflight(self):
        self.lacks_nothing("preflight")

    def test_mode_serve(self):
        self.lacks_nothing("serve")

    def test_mode_serve_refused(self):
        self.lacks_nothing("serve-refused")

    def test_mode_serve_no_descriptors(self):
        self.lacks_nothing("serve-no-descriptors")

    def test_mode_serve_no_memory(self):
        self.lacks_nothing("serve-no-memory")

    def test_mode_serve_machine(self):
        self.lacks_nothing("serve-machine")

    def test_mode_serve_on(self):
        self.lacks_nothing("serve-on")


@starting.needs_a_filter
class Lacking(unittest.TestCase):
    """The same with a copy of the profile from which something was taken."""

    def missing(self, mode, change):
        profile = json.loads(checking.PROFILE.read_text(encoding="ascii"))
        for rule in profile["syscalls"]:
            change(rule)
        with starting.temporary_folder() as folder:
            file = folder / "profile.json"
            file.write_text(json.dumps(profile), encoding="ascii")
            return checking.missing(mode, file)

    def test_calls_that_were_taken_away_are_named(self):
        taken = {"perf_event_open", "signalfd4", "getxattr", "wait4"}

        def take(rule):
            rule["names"] = [name for name in rule["names"] if name not in taken]

        self.assertEqual(set(self.missing("stat", take)), taken)

    def test_a_call_with_another_argument_is_named(self):
        def without_ipv4(rule):
            if rule["names"] == ["socket"] and rule["args"][0]["value"] == 2:
                rule["names"] = []

        seen = self.missing("serve-machine", without_ipv4)
        self.assertEqual(set(seen), {"socket"})
        self.assertEqual(int(seen["socket"][0], 16), 2, seen)

    def test_it_knows_the_calls_that_the_trace_has_seen(self):
        """Two ways to see a call, which know nothing of each other: the tracepoint that made the record, and the
        filter."""
        rows = (checking.PROFILE.parent / "recorded.tsv").read_text(encoding="ascii").splitlines()
        recorded = [row.split("\t") for row in rows if not row.startswith("#")]
        traced = {call for call, modes_of_call in recorded if "list" in modes_of_call.split() and is_native(call)}

        def take_all(rule):
            rule["names"] = []

        self.assertEqual(traced - set(self.missing("list", take_all)), set())


if __name__ == "__main__":
    harness.main()
