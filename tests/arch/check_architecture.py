#!/usr/bin/env python3
"""check_architecture.py ROOT: the rules of the house that no compiler checks.

Reads every file under ROOT/src and prints one line for each breach of: the direction of includes, the
fences around third-party headers and system interfaces, the size of files. Exits with 1 on a breach.
"""

import pathlib
import re
import sys

# A folder includes itself and folders to its left.
FOLDERS = ["base", "host", "perf", "caps", "cgroups", "collectors", "exposition", "http", "app"]

# Headers that only these files (or, ending in a slash, folders) may include. Patterns are matched
# against the start of the name in the #include.
HEADER_FENCES = {
    r"CLI/": ["app/options.cpp"],
    r"sys/capability\.h": ["caps/process_caps.cpp"],
    r"perfmon/": ["perf/pfm_encoder.cpp"],
    r"civetweb\.h|CivetServer\.h": ["http/"],
    r"isa-l(\.h|/)|zlib\.h|libdeflate\.h": ["http/"],
    r"prometheus/": ["collectors/", "exposition/"],
    r"spdlog/": ["app/", "http/", "collectors/scrape.cpp", "collectors/scrape.h"],
}

# Words in code that only these files may use.
WORD_FENCES = {
    r"(SYS|__NR)_perf_event_open": ["perf/linux_perf_kernel.cpp"],
    r"(secure_)?getenv|environ": ["app/options.cpp", "main.cpp"],
}

MAX_LINES = 300
# Tables, which grow by a row for each entry.
LONG_FILES = ["collectors/event_catalog.cpp", "caps/finding_text.cpp", "caps/place_table.cpp"]

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def allowed(name, places):
    return any(name.startswith(p) if p.endswith("/") else name == p for p in places)


def direction_breach(name, included):
    target = included.split("/")[0]
    if "/" not in included or target not in FOLDERS:
        return None
    folder = name.split("/")[0]
    if folder not in FOLDERS:  # main.cpp includes what it likes
        return None
    if FOLDERS.index(target) <= FOLDERS.index(folder):
        return None
    return f"{name}: includes {included}, which stands to the right of {folder}/"


def breaches_in(name, text):
    includes = INCLUDE.findall(text)
    for included in includes:
        breach = direction_breach(name, included)
        if breach:
            yield breach
        for pattern, places in HEADER_FENCES.items():
            if re.match(pattern, included) and not allowed(name, places):
                yield f"{name}: includes {included}, which only {', '.join(places)} may"
    code = STRING.sub('""', COMMENT.sub("", text))
    for pattern, places in WORD_FENCES.items():
        word = re.search(rf"\b({pattern})\b", code)
        if word and not allowed(name, places):
            yield f"{name}: uses {word.group()}, which only {', '.join(places)} may"
    lines = text.count("\n")
    if lines > MAX_LINES and name not in LONG_FILES:
        yield f"{name}: has {lines} lines, more than {MAX_LINES}"


def breaches(root):
    src = pathlib.Path(root) / "src"
    files = sorted(p for p in src.rglob("*") if p.suffix in (".h", ".cpp"))
    if not files:
        yield f"{src}: holds no source files"
    for path in files:
        name = path.relative_to(src).as_posix()
        if "/" in name and name.split("/")[0] not in FOLDERS:
            yield f"{name}: is in a folder that the house does not have"
        yield from breaches_in(name, path.read_text(encoding="utf-8"))


def main():
    found = list(breaches(sys.argv[1]))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
