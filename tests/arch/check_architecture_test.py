#!/usr/bin/env python3
"""That check_architecture.py finds each kind of breach, and none in a house that is in order."""

import pathlib
import tempfile
import unittest

import check_architecture


def breaches_of(files):
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = pathlib.Path(root) / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return list(check_architecture.breaches(root))


class CheckArchitectureTest(unittest.TestCase):
    def assert_breach(self, name, text, part):
        found = breaches_of({name: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(name, found[0])
        self.assertIn(part, found[0])

    def assert_clean(self, name, text):
        self.assertEqual(breaches_of({name: text}), [])

    def test_a_house_in_order(self):
        self.assert_clean("perf/a.cpp", '#include "base/result.h"\n#include "perf/a.h"\n#include <vector>\n')
        self.assert_clean("main.cpp", '#include "app/run.h"\n#include "base/result.h"\n')
        self.assert_clean("app/options/options.cpp", "#include <CLI/CLI.hpp>\nauto x = std::getenv(name);\n")
        self.assert_clean("http/server.cpp", "#include <civetweb.h>\n#include <spdlog/spdlog.h>\n")
        self.assert_clean("perf/linux_perf_kernel.cpp", "syscall(SYS_perf_event_open);\n")

    def test_an_include_to_the_right(self):
        self.assert_breach("base/a.cpp", '#include "perf/kernel.h"\n', "perf/kernel.h")
        self.assert_breach("collectors/a.h", '  #  include <http/server.h>\n', "http/server.h")

    def test_an_include_to_the_right_within_a_folder(self):
        self.assert_breach("caps/facts/a.cpp", '#include "caps/probe/b.h"\n', "caps/probe/b.h")
        self.assert_breach("caps/a.cpp", '#include "caps/facts/b.h"\n', "the folder itself")
        self.assert_breach("caps/witness/a.cpp", '#include "caps/probe/b.h"\n', "caps/probe/b.h")
        self.assert_clean("caps/report/a.cpp", '#include "caps/witness/b.h"\n#include "caps/c.h"\n')
        self.assert_clean("collectors/families/a.cpp", '#include "caps/report/b.h"\n#include "collectors/events/c.h"\n')

    def test_an_unknown_folder(self):
        self.assert_breach("util/a.h", "", "folder")
        self.assertEqual(len(breaches_of({"caps/util/a.h": ""})), 1)
        self.assertEqual(len(breaches_of({"base/text/a.h": ""})), 1)
        self.assert_clean("app/commands/a.h", "")

    def test_a_folder_that_is_a_hall(self):
        files = {f"caps/probe/{i}.{end}": "" for i in range(18) for end in ("h", "cpp")}
        self.assertEqual(breaches_of(files), [])
        self.assertEqual(len(breaches_of(files | {"caps/probe/18.h": ""})), 1)

    def test_fenced_headers(self):
        self.assert_breach("app/run.cpp", "#include <CLI/CLI.hpp>\n", "CLI/CLI.hpp")
        self.assert_breach("caps/host.cpp", "#include <sys/capability.h>\n", "sys/capability.h")
        self.assert_breach("perf/spec.cpp", "#include <perfmon/pfmlib.h>\n", "perfmon/")
        self.assert_breach("app/run.cpp", "#include <civetweb.h>\n", "civetweb.h")
        self.assert_breach("app/run.cpp", "#include <isa-l.h>\n", "isa-l.h")
        self.assert_breach("http/a.cpp", "#include <prometheus/counter.h>\n", "prometheus/")
        self.assert_breach("collectors/cpu.cpp", "#include <spdlog/spdlog.h>\n", "spdlog/")

    def test_fenced_words(self):
        self.assert_breach("perf/a.cpp", "syscall(SYS_perf_event_open);\n", "SYS_perf_event_open")
        self.assert_breach("base/a.cpp", 'getenv("HOME");\n', "getenv")

    def test_words_in_comments_and_strings_are_no_code(self):
        self.assert_clean("perf/a.cpp", '// SYS_perf_event_open\n/* getenv */ auto x = "environ";\n')

    def test_a_finding_without_words(self):
        words = {"caps/advice/some_texts.cpp": '    {"no_pmu", "There is none.", ""},\n    {"a/b", "", ""},\n'}
        made = 'make_finding("no_pmu", x); add(c, "a/b", y); note("a/b");\nadd("capabilities", z);\n'
        self.assertEqual(breaches_of(words | {"app/a.cpp": made}), [])
        for line in ('make_finding(\n    "pmu", x);', 'add(c, "pmu", x);', 'session.note("pmu", x);'):
            self.assertEqual(len(breaches_of(words | {"app/a.cpp": line})), 1, line)

    def test_a_long_file(self):
        self.assert_breach("base/a.cpp", "\n" * 301, "301 lines")
        self.assert_clean("base/a.cpp", "\n" * 300)

    def test_an_empty_house(self):
        self.assertEqual(len(breaches_of({})), 1)


if __name__ == "__main__":
    unittest.main()
