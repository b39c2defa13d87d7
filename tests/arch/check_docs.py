#!/usr/bin/env python3
"""check_docs.py ROOT: what the documentation promises about itself.

Prints one line for each breach of: every docs/PAGE.md#ANCHOR that the sources name is a heading; links between
pages lead somewhere; each finding of docs/permissions.md tells cause, sight and fix; each recipe has a row for
every place and runtime of the probe; the index by message has each message once, as it is pasted, and leads on.
Exits with 1 on a breach.
"""

import json
import pathlib
import re
import sys

SCHEMA = "docs/probe.schema.json"  # names each place and runtime, which a unit test sees to
PARTS = ["**Cause:**", "**See:**", "**Fix:**"]
RECIPES = "Recipes"
INDEX = "Index by message"
# What people look for, in whoever's spelling.
MESSAGES = ["operation not permitted", "permission denied", "function not implemented", "operation not supported",
            "no such device", "no such file or directory", "invalid argument", "device or resource busy",
            "too many open files", "bad system call", "<not supported>", 'unknown capability "cap_perfmon"',
            "invalid capadd", "violates podsecurity", "tclass=perf_event", 'no path for "perf_event"']  # fmt: skip

HEADING = re.compile(r"^(#+) (.*)$")
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"\b(docs/[\w.-]+\.md)#([a-z0-9_-]+)")


def anchor_of(heading):
    """As Markdown renderers make it of a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")


def sections(text):
    """[(level, title, body)], code blocks taken for what they are."""
    found = []
    in_code = False
    for line in text.splitlines():
        in_code ^= line.startswith("```")
        heading = None if in_code else HEADING.match(line)
        if heading:
            found.append((len(heading[1]), heading[2], []))
        elif found:
            found[-1][2].append(line)
    return [(level, title, "\n".join(body)) for level, title, body in found]


def anchors_in(text):
    return {anchor_of(title) for _, title, _ in sections(text)}


def link_breaches(root, page, text):
    own = anchors_in(text)
    for target in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        if not path:
            if anchor not in own:
                yield f"{page}: links to #{anchor}, which is no heading of it"
            continue
        other = (root / page).parent / path
        if not other.exists():
            yield f"{page}: links to {path}, which is not there"
        elif anchor and anchor not in anchors_in(other.read_text(encoding="utf-8")):
            yield f"{page}: links to {target}, which is no heading there"


def source_breaches(root):
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        # Where an anchor is put together, a test of the sources' own looks at each.
        for page, anchor in NAMED.findall(path.read_text(encoding="utf-8")):
            text = (root / page).read_text(encoding="utf-8") if (root / page).exists() else ""
            if anchor not in anchors_in(text):
                yield f"{path.relative_to(root)}: names {page}#{anchor}, which is no heading"


def places(root):
    """All that a recipe has a row for; what runs OpenShift the probe can't tell."""
    facts = json.loads((root / SCHEMA).read_text(encoding="utf-8"))["properties"]["facts"]["properties"]
    names = {name for fact in ("place", "runtime") for name in facts[fact]["enum"]}
    return sorted(names - {None, "none"} | {"openshift"})


def places_in(recipe):
    cells = re.findall(r"^\| ([^|]+) \|", recipe, re.MULTILINE)
    return {name.removeprefix("systemd-") for cell in cells for name in cell.lower().split(", ")}


def permission_breaches(text, wanted):
    part = None
    for level, title, body in sections(text):
        if level == 1:
            part = title
        elif level == 2 and part == RECIPES:
            found = places_in(body)
            for place in wanted:
                if place not in found:
                    yield f"docs/permissions.md: the recipe '{title}' lacks a row for {place}"
        elif level == 2:
            for words in PARTS:
                if words not in body:
                    yield f"docs/permissions.md: the finding '{title}' lacks {words}"


def index_breaches(text):
    rows = [line for level, title, body in sections(text) if (level, title) == (1, INDEX)
            for line in body.splitlines() if line.startswith("| `")]  # fmt: skip
    messages = [line.split(" | ")[0] for line in rows]
    for line in rows:
        # A message may hold the mark of a column; the links stand in the last one.
        if not LINK.search(line.rpartition(" | ")[2]):
            yield f"docs/permissions.md: the index has no link for {line}"
    for message in {message for message in messages if messages.count(message) > 1}:
        yield f"docs/permissions.md: the index has {message} twice"
    told = "\n".join(messages).lower()
    for words in MESSAGES:
        if words not in told:
            yield f"docs/permissions.md: the index lacks '{words}'"


def breaches(root):
    root = pathlib.Path(root)
    # In the folders of what is installed, templates and other people's packages are none of ours.
    pages = [path for pattern in ("*.md", "docs/*.md", "docker/*.md", "deploy/**/*.md")
             for path in sorted(root.glob(pattern))
             if "node_modules" not in path.parts and not path.name.endswith(".in.md")]  # fmt: skip
    for path in pages:
        yield from link_breaches(root, path.relative_to(root), path.read_text(encoding="utf-8"))
    yield from source_breaches(root)
    permissions = (root / "docs/permissions.md").read_text(encoding="utf-8")
    yield from permission_breaches(permissions, places(root))
    yield from index_breaches(permissions)


def main():
    found = list(breaches(sys.argv[1]))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
