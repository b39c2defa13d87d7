"""An image as an archive, read without any of the tools that make or run one."""

import dataclasses
import gzip
import io
import json
import os
import pathlib
import struct
import subprocess
import tarfile
import unittest

FOLDER = pathlib.Path(os.environ.get("IMAGES", pathlib.Path(__file__).resolve().parents[2] / "build/image"))
# As scripts/common.sh has it.
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "perf-exporter")
ATTRIBUTE = "SCHILY.xattr.security.capability"  # of a PAX header (pax(1), star(1))
PERFMON = 1 << 38
GZIP = b"\x1f\x8b"


@dataclasses.dataclass(frozen=True)
class FileCapability:
    """What the attribute security.capability says (capabilities(7), linux/capability.h)."""

    permitted: int
    inheritable: int = 0
    is_effective: bool = False


EXPECTED = {
    "usr/bin/perf-exporter": FileCapability(PERFMON, is_effective=True),
    "usr/bin/perf-exporter-preflight": FileCapability(PERFMON),
}


def decode(attribute):
    """struct vfs_cap_data: the version with the effective bit, then permitted and inheritable by 32 bits."""
    if len(attribute) != 20:
        raise ValueError(f"{attribute.hex()} is not of version 2, which is that of the initial user namespace")
    head, *words = struct.unpack("<5I", attribute)
    if head & ~1 != 0x02000000:
        raise ValueError(f"{attribute.hex()} is of another version than 2")
    return FileCapability(words[0] | words[2] << 32, words[1] | words[3] << 32, bool(head & 1))


class Image:
    """An archive of one image, as buildah (OCI) or `docker save` writes it."""

    def __init__(self, path):
        self.size = os.path.getsize(path)
        with tarfile.open(path) as archive:
            blobs = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
        if "index.json" in blobs:
            [entry] = json.loads(blobs["index.json"])["manifests"]
            self.name = entry["annotations"]["org.opencontainers.image.ref.name"]
            manifest = json.loads(blobs[self._place(entry["digest"])])
            config = self._place(manifest["config"]["digest"])
            layers = [self._place(layer["digest"]) for layer in manifest["layers"]]
        else:
            [manifest] = json.loads(blobs["manifest.json"])
            [self.name] = manifest["RepoTags"]
            config, layers = manifest["Config"], manifest["Layers"]
        self.config = json.loads(blobs[config])
        self.layers = [blobs[layer] for layer in layers]
        self.layers = [gzip.decompress(layer) if layer.startswith(GZIP) else layer for layer in self.layers]
        self.members, self._tars = {}, {}
        for tar in (tarfile.open(fileobj=io.BytesIO(layer)) for layer in self.layers):
            for member in tar:
                self.members[member.name], self._tars[member.name] = member, tar

    @staticmethod
    def _place(digest):
        return "blobs/" + digest.replace(":", "/")

    def files(self):
        return {name: member for name, member in self.members.items() if member.isfile()}

    def read(self, name):
        return self._tars[name].extractfile(self.members[name]).read()

    def unpack(self, folder):
        """With the attribute, which is all that a runtime goes by, too."""
        for layer in self.layers:
            subprocess.run(["tar", "--directory", folder, "--xattrs", "--xattrs-include=security.capability",
                            "--extract", "--file=-"], input=layer, check=True)  # fmt: skip


def capabilities(image):
    """{name: FileCapability} of its files that have one, by the PAX headers."""
    found = {name: member.pax_headers.get(ATTRIBUTE) for name, member in image.members.items()}
    return {name: decode(text.encode("utf-8", "surrogateescape")) for name, text in found.items() if text}


def built(architecture):
    """The image that scripts/image.sh has left, or a skip."""
    path = FOLDER / f"perf-exporter-{architecture}.oci.tar"
    if not path.exists():
        raise unittest.SkipTest(f"there is no {path.name}")
    return Image(path)
