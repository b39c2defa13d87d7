#!/usr/bin/python3
"""Makes what the chart says about its values: README.md, and the descriptions and flags in values.schema.json.

generate.py [--check] PROGRAM

Descriptions come from the comments of values.yaml alone, flags from the program PROGRAM (perf-exporter).
README.md is README.in.md with tables in place of @VALUES@ and @FLAGS@. With --check nothing is written, and the
exit status is 1 where a file is not what it would be.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

import yaml

CHART = pathlib.Path(__file__).resolve().parent / "perf-exporter"
# The one flag that a file can't hold.
WITHOUT_KEY = ("config",)


def read_comments(text):
    """{path of keys: its comment}, and {section's title: its top-level keys} in their order."""
    comments, sections, path, block, title = {}, {}, [], [], None
    for line in text.splitlines():
        comment = re.match(r" *#(.*)", line)
        key = re.match(r"( *)([A-Za-z][\w./-]*):", line)
        if line.startswith("## "):
            title = line[3:]
        elif comment:
            block.append(comment[1])
        elif key:
            path[len(key[1]) // 2 :] = [key[2]]
            # An indented comment is an example.
            words = " ".join(each.strip() for each in block if not each.startswith("   "))
            comments.update({tuple(path): words} if words else {})
            if len(path) == 1:
                sections.setdefault(title, []).append(key[2])
        block = block if comment else []
    return comments, sections


def resolve(schema, node):
    """The node that a reference names, or the node itself."""
    return schema["definitions"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node


def walk(schema, node, path=()):
    """Yields (path, node) of every value; not those below `config`, which are flags."""
    for name, child in resolve(schema, node).get("properties", {}).items():
        yield (*path, name), child
        if path + (name,) != ("config",):
            yield from walk(schema, child, (*path, name))


def lookup(values, path):
    """The default of a value; None where there is none."""
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def describe(schema, comments, values):
    """Writes each value's comment into its node; what two values share must be described alike."""
    seen = {}
    for path, node in walk(schema, schema):
        if lookup(values, path) is None and "description" in node:
            continue
        if path not in comments:
            raise SystemExit(f"values.yaml: {'.'.join(path)} has no comment")
        if seen.setdefault(id(node), comments[path]) != comments[path]:
            raise SystemExit(f"values.yaml: {'.'.join(path)} shares its schema with a value that is described otherwise")
        node["description"] = comments[path]


def help_rows(text):
    """[(flag and the name of its value, what it does)] of a page of help in two columns."""
    rows = []
    for line in text.splitlines():
        row = re.match(r"  (--\S+(?: [A-Z\[][A-Z=\[\]]*)?)(?: +(.*))?$", line)
        if row:
            rows.append([row[1], row[2] or ""])
        elif rows and line.startswith(" " * 30):
            rows[-1][1] = f"{rows[-1][1]} {line.strip()}".strip()
    return rows


def ask(program, flag):
    """What the program has against a value that no flag takes."""
    done = subprocess.run([program, f"--{flag}=?", "probe", "--exit-zero"], capture_output=True, text=True, check=False)
    return done.stderr if done.returncode == 2 else ""


def flag_schema(value_name, text, objection):
    """The schema of one flag. What a value may be is told by the program's own objection to a wrong one."""
    default = re.search(r" Default: (.*)\.$", text)
    node = {"description": text.removesuffix(default[0]) if default else text}
    choices = re.search(r"is none of (.*)$", objection, re.M)
    limits = re.search(r"is not a whole number from (\d+) to (\d+)$", objection, re.M)
    names = re.search(r"is no \w+; there are (.*)$", objection, re.M)
    if not value_name:
        node["type"] = "boolean"
    elif "Repeatable" in text:
        items = {"enum": names[1].split(", ")} if names else {"type": "string"}
        node.update({"type": "array", "minItems": 1, "items": items})
    elif choices:
        node["enum"] = choices[1].split(", ")
    elif limits:
        node.update({"type": "integer", "minimum": int(limits[1]), "maximum": int(limits[2])})
    else:
        node["type"] = "string"
    if default:
        node["default"] = {"array": lambda text: text.split(","), "integer": int}.get(node.get("type"), str)(default[1])
    return node


def read_flags(program):
    """{flag: its schema} for all that a configuration file may hold."""
    page = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    flags = {}
    # Behind "General:" stand the flags that a file can't hold, and the collectors.
    for left, text in help_rows(page.split("\nGeneral:")[0]):
        name, _, value_name = left.removeprefix("--").partition(" ")
        if name not in WITHOUT_KEY:
            flags[name] = flag_schema(value_name, text, ask(program, name))
    flags["collector"]["default"] = re.findall(r"^  \* (\w+)", page, re.M)
    return flags


def code(value):
    text = value if isinstance(value, str) and value else json.dumps(value)
    return f"`{text}`"


def cell(text):
    return text.replace("|", "\\|")


def values_table(schema, comments, sections, values):
    lines = []
    for title, keys in sections.items():
        lines += [f"### {title}", "", "| value | default | what it is |", "|---|---|---|"]
        for path, node in walk(schema, schema):
            default = lookup(values, path)
            if path[0] not in keys or default is None:
                continue
            is_group = "properties" in resolve(schema, node) and path != ("config",)
            shown = cell(code(default)) if not is_group or not default else ""
            lines.append(f"| `{'.'.join(path)}` | {shown} | {cell(comments[path])} |")
        lines.append("")
    return "\n".join(lines).strip()


def kind(node):
    if "enum" in node:
        return ", ".join(code(each) for each in node["enum"])
    if node["type"] == "array":
        return "list of " + (kind(node["items"]) if "enum" in node["items"] else "strings")
    return f"{node['minimum']} to {node['maximum']}" if "minimum" in node else node["type"]


def flags_table(flags):
    lines = ["| key of `config` | takes | default | what it does |", "|---|---|---|---|"]
    for name, node in flags.items():
        default = node.get("default", "")
        default = ", ".join(map(code, default if isinstance(default, list) else [default])) if default else ""
        lines.append(f"| `{name}` | {cell(kind(node))} | {cell(default)} | {cell(node['description'])} |")
    return "\n".join(lines)


def generate(program):
    """{file: what it should hold}"""
    values_text = (CHART / "values.yaml").read_text(encoding="utf-8")
    comments, sections = read_comments(values_text)
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load(values_text)
    describe(schema, comments, values)
    flags = read_flags(program)
    schema["properties"]["config"]["properties"] = flags
    readme = (CHART / "README.in.md").read_text(encoding="utf-8")
    readme = readme.replace("@VALUES@", values_table(schema, comments, sections, values))
    return {CHART / "README.md": readme.replace("@FLAGS@", flags_table(flags)),
            CHART / "values.schema.json": json.dumps(schema, indent=2) + "\n"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("program")
    arguments = parser.parse_args()
    stale = []
    for path, text in generate(arguments.program).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not arguments.check:
                path.write_text(text, encoding="utf-8")
    if stale:
        print("not up to date:" if arguments.check else "written:", *stale)
    return 1 if stale and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
