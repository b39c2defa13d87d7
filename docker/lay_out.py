#!/usr/bin/python3
"""Run in the builder: lays out the root of the image.

lay_out.py ARCHITECTURE FOLDER: the stripped program and its preflight, the libraries that they load, the licences of
what is in them, and the bill of materials."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import debian
import sbom

SOURCE = pathlib.Path(__file__).resolve().parents[1]
BUILD = SOURCE / "build/program"
PROGRAMS = ("perf-exporter", "perf-exporter-preflight")
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
# Where the kernel looks for it: a program's PT_INTERP.
LOADERS = {"amd64": "lib64/ld-linux-x86-64.so.2", "arm64": "lib/ld-linux-aarch64.so.1"}
# Loaded by name at run time: `list` asks libpfm4.
LOADED = ("libpfm.so.4",)
# Source packages of headers that make no part of a program: the compiler's own, and the kernel's interface, whose
# licence says so (Linux-syscall-note).
TOOLCHAIN = {"cross-toolchain-base", "gcc-12-cross", "linux"}
PAPERS = "usr/share/doc"
COMMON_LICENCES = "usr/share/common-licenses"


def needed(file, triplet):
    readelf = [f"{triplet}-readelf", "--dynamic", file]
    listing = subprocess.run(readelf, check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", listing)


def put(source, target, mode):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def put_programs(root, triplet):
    (root / "usr/bin").mkdir(parents=True)
    for name in PROGRAMS:
        subprocess.run([f"{triplet}-strip", "-o", root / "usr/bin" / name, BUILD / name], check=True)


def put_libraries(root, architecture):
    """[(path here, path in the image)] of all that is needed, directly or not."""
    triplet = TRIPLETS[architecture]
    folder = pathlib.Path("usr/lib", triplet)
    put_files, waiting = {}, [*LOADED, *needed(BUILD / PROGRAMS[0], triplet)]
    while waiting:
        name = waiting.pop()
        source = "/" / folder / name
        if name not in put_files:
            put(source, root / folder / name, 0o755 if name.startswith("ld-") else 0o644)
            put_files[name] = (source, folder / name)
            waiting += needed(source, triplet)
    loader = pathlib.Path(LOADERS[architecture])
    for name in {"lib", loader.parent.name}:
        (root / "usr" / name).mkdir(exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    if not (root / loader).exists():
        os.symlink(os.path.relpath(folder / loader.name, "usr" / loader.parent), root / loader)
    return list(put_files.values())


def headers():
    """The files outside the checkout that the compiler has read."""
    listing = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], check=True, capture_output=True, text=True).stdout
    paths = {os.path.normpath(path) for path in re.findall(r"^ +(/\S+)$", listing, re.M)}
    return sorted(path for path in paths if not path.startswith(str(SOURCE)))


def compiled_in(linked):
    """The packages whose headers are compiled in, but for those of what is linked anyway."""
    sources = {package.source for package in linked} | TOOLCHAIN
    return {package for package in debian.owners(headers()).values() if package.source not in sources}


def put_common_licence(root, path):
    """GPL is a link to the newest of its versions, and so are others."""
    target = path.resolve()
    put(target, root / COMMON_LICENCES / target.name, 0o644)
    if path.name != target.name:
        (root / COMMON_LICENCES / path.name).symlink_to(target.name)


def put_licences(root, packages):
    for package in packages:
        put(package.copyright, root / PAPERS / package.name / "copyright", 0o644)
    own = root / PAPERS / "perf-exporter"
    put(SOURCE / "LICENSE", own / "LICENSE", 0o644)
    put(SOURCE / "deploy/debian/copyright", own / "copyright", 0o644)
    texts = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in root.glob(f"{PAPERS}/*/copyright"))
    for name in set(re.findall(r"/usr/share/common-licenses/([\w.+-]*\w)", texts)):
        put_common_licence(root, pathlib.Path("/", COMMON_LICENCES, name))


def main(architecture, folder):
    root = pathlib.Path(folder)
    shutil.rmtree(root, ignore_errors=True)
    put_programs(root, TRIPLETS[architecture])
    libraries = put_libraries(root, architecture)
    owners = debian.owners(source for source, _ in libraries)
    linked = {}
    for source, place in libraries:
        linked.setdefault(owners[source], []).append(f"/{place}")
    compiled = compiled_in(linked)
    put_licences(root, {*linked, *compiled})
    bill = sbom.document(SOURCE, BUILD, linked, compiled)
    (root / PAPERS / "perf-exporter/sbom.cdx.json").write_text(bill, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
