#!/usr/bin/python3
"""clang-tidy over all of src/, by the compile commands and the dependencies of build/release, which must be built.

What was found clean is remembered in the cache by its content, so that no checkout looks at it a second time: the
file, every header of the project that it includes, its compile command, the rules, and the versions of clang-tidy and
of the development packages. Exits with 1 where something was found, and prints it.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
KEPT_SECONDS = 30 * 24 * 3600
SUMMARY = re.compile(r"^\d+ warnings? (and \d+ errors? )?(generated|treated)")


def output_of(*command):
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = pathlib.Path(home) / "perf-exporter" / "tidy"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget_unused(folder):
    for entry in folder.iterdir():
        if time.time() - entry.stat().st_mtime > KEPT_SECONDS:
            entry.unlink(missing_ok=True)


def dependencies():
    """{object file: its source and headers}, as ninja has learned them from the compiler."""
    found = {}
    target = None
    for line in output_of("ninja", "-C", str(BUILD), "-t", "deps").splitlines():
        if line.startswith("    "):
            found[target].append((BUILD / line.strip()).resolve())
        elif ": #deps" in line:
            target = line.split(":")[0]
            found[target] = []
    return found


def surroundings():
    """What holds for all files alike."""
    packages = output_of("dpkg-query", "--show", "--showformat", "${Package} ${Version}\n", "lib*-dev", "*-dev")
    return output_of("clang-tidy", "--version") + packages + (ROOT / ".clang-tidy").read_text()


def key_of(entry, files, common):
    """None where the dependencies are not known, for a file that was not compiled."""
    if not files:
        return None
    digest = hashlib.sha256(common.encode())
    digest.update(entry["command"].replace(str(ROOT), "").encode())
    for file in sorted(set(files)):
        if file.is_relative_to(ROOT):
            digest.update(f"\n{file.relative_to(ROOT)}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def object_of(entry):
    return re.search(r" -o (\S+)", entry["command"]).group(1)


def tidy(file):
    """What clang-tidy finds, empty where the file is clean."""
    ran = subprocess.run(["clang-tidy", "-p", str(BUILD), "--quiet", file], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
    if ran.returncode == 0:
        return ""
    return "".join(line for line in ran.stdout.splitlines(keepends=True) if not SUMMARY.match(line)) or "clang-tidy failed"


def main():
    if not (BUILD / "compile_commands.json").exists():
        sys.exit("tidy.py: build/release is not configured")
    folder, common, known = cache_folder(), surroundings(), dependencies()
    forget_unused(folder)
    waiting = []
    sources = 0
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if not file.is_relative_to(ROOT / "src"):
            continue
        sources += 1
        key = key_of(entry, known.get(object_of(entry)), common)
        if key and (folder / key).exists():
            os.utime(folder / key)
        else:
            waiting.append((str(file), key))
    is_clean = True
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (_, key), found in zip(waiting, pool.map(lambda item: tidy(item[0]), waiting), strict=True):
            if found:
                is_clean = False
                print(found, flush=True)
            elif key:
                (folder / key).touch()
    print(f"tidy.py: {len(waiting)} of {sources} files looked at, the others were found clean before", file=sys.stderr)
    if sources == 0:
        sys.exit("tidy.py: no file of src/ in the compile commands")
    sys.exit(0 if is_clean else 1)


if __name__ == "__main__":
    main()
