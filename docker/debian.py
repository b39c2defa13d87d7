"""What dpkg knows of the files and packages of the machine that this runs on."""

import dataclasses
import pathlib
import re
import subprocess

FIELDS = ("binary:Package", "Package", "Version", "Architecture", "source:Package", "source:Version")


@dataclasses.dataclass(frozen=True)
class Package:
    """One installed binary package."""

    identity: str  # with the architecture where there may be several
    name: str
    version: str
    architecture: str
    source: str
    source_version: str

    @property
    def copyright(self):
        """Its copyright file, or None where it has none."""
        path = pathlib.Path("/usr/share/doc", self.name, "copyright")
        return path if path.exists() else None

    @property
    def licences(self):
        """The short names of a copyright file that a machine can read; empty for others."""
        text = self.copyright.read_text(encoding="utf-8", errors="replace") if self.copyright else ""
        if not re.match(r"Format:.*copyright-format", text):
            return []
        return sorted({name.strip() for name in re.findall(r"^License:[ \t]*(\S.*)$", text, re.M)})


def _spellings(path):
    """As dpkg may have it: some packages still name /lib where the file is below /usr/lib."""
    path = str(pathlib.Path(path).resolve())
    return [path, path.removeprefix("/usr")] if path.startswith("/usr/lib") else [path]


def owners(paths):
    """{path: Package} of those files that belong to one; links are followed."""
    asked = {spelling: path for path in paths for spelling in _spellings(path)}
    if not asked:
        return {}
    found = subprocess.run(["dpkg-query", "--search", *asked], check=False, text=True, capture_output=True).stdout
    names = {}
    for line in found.splitlines():
        name, _, path = line.partition(": ")
        if path in asked and "," not in name:
            names[asked[path]] = name
    known = {name: package(name) for name in set(names.values())}
    return {path: known[name] for path, name in names.items()}


def package(name):
    text = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "\n".join(f"${{{field}}}" for field in FIELDS), name],
        check=True, text=True, capture_output=True,
    ).stdout  # fmt: skip
    return Package(*text.splitlines())
