#!/usr/bin/env python3
"""That check_docs.py finds each kind of breach, and none in pages that are in order."""

import pathlib
import tempfile
import unittest

import check_docs

PLACES = '{"enum": ["podman", "nspawn", "lxc", null]}'
RUNTIMES = '{"enum": ["none", "podman", "lxd", null]}'
SCHEMA = f'{{"properties": {{"facts": {{"properties": {{"place": {PLACES}, "runtime": {RUNTIMES}}}}}}}}}'
ROWS = "| OpenShift | this |\n| Podman | this |\n| systemd-nspawn | this |\n| LXC, LXD | this |\n"
INDEX = "".join(f"| `{words}` | a program | [No PMU](#no-pmu) |\n" for words in check_docs.MESSAGES)
IN_ORDER = (
    "# Permissions\n# Index by message\n| message | said by | read |\n|---|---|---|\n" + INDEX
    + "# Recipes\n## Grant CAP_X\n| place | how |\n|---|---|\n" + ROWS
    + "# Findings\n## No PMU\n**Cause:** a\n**See:** b\n**Fix:** [Grant](#grant-cap_x)\n"
)


def breaches_of(permissions=IN_ORDER, **files):
    with tempfile.TemporaryDirectory() as root:
        files = {"docs/permissions.md": permissions, check_docs.SCHEMA: SCHEMA, "src/a.cpp": "", **files}
        for name, text in files.items():
            path = pathlib.Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return list(check_docs.breaches(root))


class CheckDocsTest(unittest.TestCase):
    def assert_breach(self, part, permissions=IN_ORDER, **files):
        found = breaches_of(permissions, **files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_pages_in_order(self):
        self.assertEqual(breaches_of(**{
            "README.md": "[a](docs/permissions.md#no-pmu) [b](https://example.org/x#y)\n```\n[c](#none)\n```\n",
            "src/a.cpp": 'auto a = "docs/permissions.md#no-pmu";\n'}), [])

    def test_an_anchor_of_the_sources_without_a_heading(self):
        self.assert_breach("no_such", **{"src/a.cpp": '"docs/permissions.md#no_such"'})
        self.assert_breach("other.md", **{"src/a.h": '"docs/other.md#x"'})

    def test_a_link_that_leads_nowhere(self):
        self.assert_breach("#gone", IN_ORDER + "[x](#gone)\n")
        self.assert_breach("gone.md", **{"README.md": "[x](docs/gone.md)"})
        self.assert_breach("permissions.md#gone", **{"README.md": "[x](docs/permissions.md#gone)"})
        self.assert_breach("../gone.md", **{"deploy/helm/chart/README.md": "[x](../gone.md)"})
        self.assertEqual(breaches_of(**{"deploy/grafana/node_modules/a/README.md": "[x](gone.md)"}), [])

    def test_a_heading_within_code_is_none(self):
        self.assert_breach("#inside", IN_ORDER + "```\n## Inside\n```\n[x](#inside)\n")

    def test_a_recipe_without_a_place(self):
        self.assert_breach("podman", IN_ORDER.replace("| Podman | this |\n", ""))
        self.assert_breach("nspawn", IN_ORDER.replace("| systemd-nspawn | this |\n", "| systemd | this |\n"))
        self.assert_breach("lxd", IN_ORDER.replace("| LXC, LXD |", "| LXC |"))

    def test_an_index_without_a_message_or_a_link_or_with_one_twice(self):
        self.assert_breach("bad system call", IN_ORDER.replace("`bad system call`", "`a good one`"))
        row = "| `a new one` | a program | "
        self.assert_breach("a new one", IN_ORDER.replace("# Recipes", row + "nothing |\n# Recipes"))
        self.assert_breach("#gone", IN_ORDER.replace("# Recipes", row + "[No PMU](#gone) |\n# Recipes"))
        twice = row + "[No PMU](#no-pmu) |\n"
        self.assert_breach("twice", IN_ORDER.replace("# Recipes", twice + twice + "# Recipes"))

    def test_a_finding_without_a_part(self):
        self.assert_breach("**See:**", IN_ORDER.replace("**See:** b\n", ""))


if __name__ == "__main__":
    unittest.main()
