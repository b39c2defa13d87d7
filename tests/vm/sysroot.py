"""An arm64 sysroot of Debian 12, unpacked, not installed: apt cannot hold prometheus-cpp-dev of two architectures
at once, since it depends on civetweb, which is not multi-arch."""

import hashlib
import os
import shutil
import tempfile

from archive import unpack

SUITES = ["bookworm", "bookworm-updates", "bookworm-security"]
# The build's and the tests' libraries; util-linux has setpriv, libcap2-bin setcap, for use in the guest.
PACKAGES = ("libstdc++-12-dev", "prometheus-cpp-dev", "libpfm4-dev", "libcap-dev", "libcli11-dev", "libspdlog-dev",
            "libexpected-dev", "libisal-dev", "libgtest-dev", "libgmock-dev", "util-linux", "libcap2-bin",
            "busybox-static")  # fmt: skip


def _make_links_relative(root):
    """Links such as /lib/aarch64-linux-gnu/libx.so.1 would lead out of the sysroot."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            if os.path.islink(path) and os.readlink(path).startswith("/"):
                target = os.path.relpath(str(root) + os.readlink(path), folder)
                os.unlink(path)
                os.symlink(target, path)


def fetch(cache, archives):
    """The path of the sysroot, from the cache or made."""
    root = cache / "sysroot-arm64"
    stamp = root / "made-of"
    wanted = hashlib.sha256(repr((SUITES, PACKAGES)).encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return root
    archive = archives.of(SUITES, native="arm64")
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        files = archive.download_with_dependencies(PACKAGES, os.path.join(temporary, "debs"))
        tree = os.path.join(temporary, "tree")
        for name in ("bin", "lib", "sbin"):
            os.makedirs(os.path.join(tree, "usr", name))
            os.symlink(f"usr/{name}", os.path.join(tree, name))
        for file in files:
            unpack(file, tree)
        _make_links_relative(tree)
        shutil.rmtree(root, ignore_errors=True)
        shutil.move(tree, root)
    stamp.write_text(wanted, encoding="ascii")
    return root


def fetch_tool(cache, archives, package, path):
    """A program of an amd64 package that is not installed here: its path in the cache."""
    program = cache / "tools-amd64" / os.path.basename(path)
    if not program.exists():
        program.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            unpack(archives.of(SUITES).download(package, "amd64", temporary), temporary)
            shutil.copy(os.path.join(temporary, path), program)
    return program
