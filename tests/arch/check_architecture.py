#!/usr/bin/env python3
"""check_architecture.py ROOT: the rules of the house that no compiler checks.

Reads every file under ROOT/src and prints one line for each breach of: the direction of includes, the
fences around third-party headers and system interfaces, the size of files and folders. Exits with 1 on a breach.
"""

import pathlib
import re
import sys

# A folder includes itself and folders to its left.
FOLDERS = ["base", "host", "perf", "caps", "cgroups", "collectors", "exposition", "http", "app"]

# Sub-folders, whose files include those of sub-folders with a lower rank and of their folder itself, which knows
# nothing of them. The same rank: side by side.
ROOMS = {
    "caps": {"facts": 1, "advice": 2, "probe": 3, "witness": 3, "report": 4},
    "collectors": {"events": 1, "counting": 2, "opening": 3, "families": 4, "findings": 5},
}
# Sub-folders that only sort, in whatever direction.
SHELVES = {"app": ["commands", "options"], "http": ["listen"]}
MAX_FILES = 18  # of a folder, a header counted with its source

# Headers that only these files (or, ending in a slash, folders) may include. Patterns are matched
# against the start of the name in the #include.
HEADER_FENCES = {
    r"CLI/": ["app/options/options.cpp"],
    r"sys/capability\.h": ["caps/process_caps.cpp"],
    r"perfmon/": ["perf/pfm_encoder.cpp"],
    r"civetweb\.h|CivetServer\.h": ["http/"],
    r"isa-l(\.h|/)|zlib\.h|libdeflate\.h": ["http/"],
    r"prometheus/": ["collectors/", "exposition/"],
    r"spdlog/": ["app/", "http/", "collectors/families/scrape.cpp", "collectors/families/scrape.h"],
}

# Words in code that only these files may use.
WORD_FENCES = {
    r"(SYS|__NR)_perf_event_open": ["perf/linux_perf_kernel.cpp"],
    r"(secure_)?getenv|environ": ["app/options/options.cpp", "main.cpp"],
}

MAX_LINES = 300
# Tables, which grow by a row for each entry.
LONG_FILES = ["collectors/events/event_catalog.cpp"]

# Findings by their keys: where they get their words, and where they are made.
WORDS_FOLDER = "caps/advice/"
WORDS = re.compile(r'^    \{"([a-z_]+(?:/[a-z_]+)?)",', re.MULTILINE)
FINDING = re.compile(r'\b(?:make_finding|note)\(\s*"([^"]+)"|\badd\(\s*c,\s*"([^"]+)"')

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


def room_of(name):
    """The sub-folder of a file in a folder that has rooms: "" for the folder itself, None where there are none."""
    parts = name.split("/")
    if parts[0] not in ROOMS:
        return None
    return parts[1] if len(parts) > 2 else ""


def room_breach(name, included):
    room, target = room_of(name), room_of(included)
    if room is None or target is None or name.split("/")[0] != included.split("/")[0] or room == target:
        return None
    ranks = {"": 0} | ROOMS[name.split("/")[0]]
    if ranks.get(target, 0) < ranks.get(room, 0):
        return None
    return f"{name}: includes {included}, which does not stand to the left of {room or 'the folder itself'}/"


def breaches_of_folders(names):
    """Of sub-folders that the house does not have, and of folders that have become halls."""
    units = {name.rsplit(".", 1)[0] for name in names}
    folders = {}
    for unit in sorted(units):
        folders.setdefault(unit.rpartition("/")[0], []).append(unit)
    for folder, members in folders.items():
        top, _, rest = folder.partition("/")
        if rest and rest not in ROOMS.get(top, {}) and rest not in SHELVES.get(top, []):
            yield f"{folder}: is a folder that the house does not have"
        if len(members) > MAX_FILES:
            yield f"{folder}: has {len(members)} files, more than {MAX_FILES}"


def breaches_in(name, text):
    includes = INCLUDE.findall(text)
    for included in includes:
        for breach in (direction_breach(name, included), room_breach(name, included)):
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


def breaches_of_words(texts):
    """Of findings that no table has words for."""
    known = {key for name, text in texts.items() if name.startswith(WORDS_FOLDER) for key in WORDS.findall(text)}
    for name, text in texts.items():
        for keys in FINDING.findall(text):
            key = next(filter(None, keys))
            if key not in known:
                yield f"{name}: makes the finding {key}, for which {WORDS_FOLDER} has no words"


def breaches(root):
    src = pathlib.Path(root) / "src"
    files = sorted(p for p in src.rglob("*") if p.suffix in (".h", ".cpp"))
    if not files:
        yield f"{src}: holds no source files"
    yield from breaches_of_folders([path.relative_to(src).as_posix() for path in files])
    texts = {}
    for path in files:
        name = path.relative_to(src).as_posix()
        if "/" in name and name.split("/")[0] not in FOLDERS:
            yield f"{name}: is in a folder that the house does not have"
        texts[name] = path.read_text(encoding="utf-8")
        yield from breaches_in(name, texts[name])
    yield from breaches_of_words(texts)


def main():
    found = list(breaches(sys.argv[1]))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
