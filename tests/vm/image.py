"""The guest's initramfs: busybox, the program and its tests, the shared libraries that they need."""

import pathlib
import re
import shutil
import subprocess
import tempfile

GUEST = pathlib.Path(__file__).parent / "guest"
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
LOADERS = {"amd64": "lib64/ld-linux-x86-64.so.2", "arm64": "lib/ld-linux-aarch64.so.1"}
# Loaded by name at run time: `list` asks libpfm4.
LOADED = ("libpfm.so.4",)
PASSWD = "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"


def _needed(file):
    listing = subprocess.run(["readelf", "--dynamic", file], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", listing)


class Image:
    """What a guest of one architecture gets beside its kernel. `root` is where its libraries and tools come from:
    a sysroot, or this machine's /."""

    def __init__(self, architecture, root, busybox, programs, files=()):
        """`files` are put into /trace beside what is there of the tests' own."""
        self.architecture = architecture
        self._files = files
        self._root = pathlib.Path(root)
        self._busybox = busybox
        self._programs = [*programs, self._find("bin", "setpriv"), self._find("sbin", "setcap")]

    def _find(self, kind, name):
        triplet = TRIPLETS[self.architecture]
        folders = {"lib": (f"usr/lib/{triplet}", f"lib/{triplet}", "usr/lib", "lib"), "bin": ("usr/bin", "bin"),
                   "sbin": ("usr/sbin", "sbin")}  # fmt: skip
        for folder in folders[kind]:
            if (self._root / folder / name).exists():
                return self._root / folder / name
        raise FileNotFoundError(f"{name} is not below {self._root}")

    def _copy_libraries(self, tree):
        """The libraries of all programs, and theirs, and the loader."""
        loader = pathlib.PurePath(LOADERS[self.architecture])
        (tree / loader.parent).mkdir(exist_ok=True)
        shutil.copy(self._root / loader, tree / loader)
        folder = tree / "usr/lib" / TRIPLETS[self.architecture]
        folder.mkdir(parents=True)
        waiting = list(LOADED)
        for program in self._programs:
            waiting += _needed(program)
        while waiting:
            name = waiting.pop()
            if name != loader.name and not (folder / name).exists():
                shutil.copy(self._find("lib", name), folder / name)
                waiting += _needed(folder / name)

    def build(self, kernel, output):
        """Writes the initramfs for an unpacked kernel. The kernel's own built-in one has /dev/console."""
        strip = f"{TRIPLETS[self.architecture]}-strip"
        with tempfile.TemporaryDirectory() as temporary:
            tree = pathlib.Path(temporary)
            tree.chmod(0o755)
            for name in ("usr/bin", "usr/lib", "usr/sbin", "bin", "modules", "etc"):
                (tree / name).mkdir(parents=True, exist_ok=True)
            (tree / "lib").symlink_to("usr/lib")
            (tree / "sbin").symlink_to("usr/sbin")
            shutil.copy(self._busybox, tree / "bin/busybox")
            shutil.copy(GUEST / "init", tree / "init")
            shutil.copytree(GUEST / "agent", tree / "agent")
            for program in self._programs:
                subprocess.run([strip, "-o", tree / "usr/bin" / program.name, program], check=True)
            self._copy_libraries(tree)
            (tree / "trace").mkdir()
            for file in (GUEST / "trace_cases.sh", GUEST / "perf_test.apparmor", *self._files):
                shutil.copy(file, tree / "trace")
            for module in kernel.modules:
                shutil.copy(module, tree / "modules")
            (tree / "modules/list").write_text("".join(f"{path.name}\n" for path in kernel.modules), encoding="ascii")
            (tree / "etc/passwd").write_text(PASSWD, encoding="ascii")
            files = subprocess.run(["find", ".", "-print0"], cwd=tree, check=True, capture_output=True).stdout
            with output.open("wb") as archive:
                subprocess.run(["cpio", "--null", "--create", "--format=newc", "--owner=0:0", "--quiet"], cwd=tree,
                               input=files, stdout=archive, check=True)  # fmt: skip
