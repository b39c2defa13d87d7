"""Debian's kernels: fetched by package, unpacked into the cache."""

import dataclasses
import json
import re
import shutil
import subprocess
import tempfile

from archive import Unavailable, unpack

# In the order of their dependencies; what a kernel has built in is not on its disk and not missed.
MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "failover",
           "net_failover", "virtio_net")  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Kernel:
    """A row of the matrix: the newest cloud kernel of a suite, for one architecture."""

    release: str
    architecture: str
    suite: str

    @property
    def name(self):
        return f"{self.release}-{self.architecture}"


SUITES = {"d12": "bookworm-security", "d12bpo": "bookworm-backports", "d13": "trixie", "sid": "sid"}
MATRIX = tuple(Kernel(release, architecture, suite) for architecture in ("arm64", "amd64")
               for release, suite in SUITES.items())  # fmt: skip


@dataclasses.dataclass(frozen=True)
class UnpackedKernel:
    """A kernel on this disk; modules in the order of loading."""

    kernel: Kernel
    package: str
    version: str
    image: str
    modules: tuple


def _packages(archive, kernel):
    """The packages that hold the kernel: one, or from 7.x on several."""
    newest = archive.fields(f"linux-image-cloud-{kernel.architecture}", kernel.architecture)
    named = re.search(r"linux-image-[^ ,]+", newest["Depends"])[0]
    fields = archive.fields(named, kernel.architecture)
    parts = re.findall(r"linux-(?:binary|modules|base)-[^ ,]+", fields.get("Depends", ""))
    return named, fields["Version"], [named, *parts]


def _modules(tree):
    """Plain .ko files beside the kernel."""
    found = []
    for name in MODULES:
        for packed in tree.rglob(f"{name}.ko*"):
            plain = tree / f"{name}.ko"
            unpacker = {".xz": ["xz", "-dc"], ".zst": ["zstd", "-qdc"]}.get(packed.suffix, ["cat"])
            plain.write_bytes(subprocess.run([*unpacker, packed], check=True, capture_output=True).stdout)
            found.append(plain.name)
            break
    return found


def fetch(kernel, cache, archives):
    """The kernel from the cache, or from the mirror into it. Unavailable where the mirror lacks it."""
    folder = cache / "kernels" / kernel.name
    record = folder / "record.json"
    if not record.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        archive = archives.of([kernel.suite])
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            package, version, packages = _packages(archive, kernel)
            work = folder.parent / temporary
            tree = work / "tree"
            tree.mkdir()
            for part in packages:
                unpack(archive.download(part, kernel.architecture, work), tree, "vmlinuz*",
                       *(f"{module}.ko*" for module in MODULES))  # fmt: skip
            images = [path for path in tree.rglob("vmlinuz*") if path.is_file() and not path.is_symlink()]
            if not images:
                raise Unavailable(f"{package} {version} holds no vmlinuz")
            shutil.copy(images[0], tree / "image")
            found = {"package": package, "version": version, "modules": _modules(tree)}
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in ("image", *found["modules"]):
                shutil.move(tree / name, folder / name)
            record.write_text(json.dumps(found), encoding="ascii")
    found = json.loads(record.read_text(encoding="ascii"))
    return UnpackedKernel(kernel, found["package"], found["version"], folder / "image",
                          tuple(folder / name for name in found["modules"]))  # fmt: skip
