"""Debian's packages by suite and architecture, without root and without touching the system's apt.

The mirrors are those of the machine's own sources; lists, state and downloads lie in a folder of their own.
"""

import os
import pathlib
import re
import subprocess

ARCHITECTURES = ("amd64", "arm64")


class Unavailable(Exception):
    """The mirror does not give a package at the moment; the text says which, and why."""


def _run(command, **options):
    return subprocess.run(command, check=True, text=True, stdin=subprocess.DEVNULL, **options)


def _repositories():
    """{"main": URI, "security": URI} of the mirrors that the machine's own apt knows."""
    listing = _run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                    "Created-By: Packages"], capture_output=True).stdout  # fmt: skip
    found = {}
    for line in listing.splitlines():
        uri, release, component = line.split()
        if component != "main" or uri.startswith("cdrom:"):
            continue
        found.setdefault("security" if release.endswith("-security") else "main", uri.rstrip("/"))
    if "main" not in found:
        raise Unavailable("apt's sources name no Debian mirror")
    found.setdefault("security", found["main"] + "-security")
    return found


def machine():
    """This machine's architecture, as Debian calls it."""
    return _run(["dpkg", "--print-architecture"], capture_output=True).stdout.strip()


def _keyring():
    for suffix in ("pgp", "gpg"):
        path = f"/usr/share/keyrings/debian-archive-keyring.{suffix}"
        if os.access(path, os.R_OK):
            return f"[signed-by={path}] "
    return ""


class Archive:
    """One or more suites seen as one archive, with `native` as apt's own architecture. Nothing is taken to be
    installed, so that dependencies come complete."""

    def __init__(self, folder, suites, native="amd64"):
        self._folder = pathlib.Path(folder)
        self._suites = suites
        self.native = native
        self._ready = False

    def _prepare(self):
        if self._ready:
            return
        for name in ("lists/partial", "archives/partial", "state"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "state/status").touch()
        repositories = _repositories()
        keyring = _keyring()
        (self._folder / "sources.list").write_text("".join(
            f"deb {keyring}{repositories['security' if suite.endswith('-security') else 'main']} {suite} main\n"
            for suite in self._suites), encoding="ascii")  # fmt: skip
        (self._folder / "apt.conf").write_text(self._configuration(), encoding="ascii")
        try:
            self._apt("apt-get", "-qq", "update")
        except Unavailable as error:
            raise Unavailable(f"{' '.join(self._suites)}: {error}") from error
        self._ready = True

    def _configuration(self):
        others = " ".join(f'"{name}";' for name in ARCHITECTURES if name != self.native)
        return f"""Dir::State "{self._folder}/state";
Dir::State::lists "{self._folder}/lists";
Dir::State::status "{self._folder}/state/status";
Dir::Cache "{self._folder}";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "{self._folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "{self.native}";
APT::Architectures {{ "{self.native}"; {others} }};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
"""

    def _apt(self, program, *arguments, cwd=None):
        result = subprocess.run([program, "-c", self._folder / "apt.conf", *arguments], cwd=cwd, check=False,
                                capture_output=True, text=True, stdin=subprocess.DEVNULL)  # fmt: skip
        errors = [line for line in result.stderr.splitlines() if line.startswith(("E:", "Err:"))]
        if result.returncode or errors:
            raise Unavailable(errors[0] if errors else f"{program} {' '.join(arguments)} ended with {result.returncode}")
        return result.stdout

    def fields(self, package, architecture):
        """The control fields of the newest version of a package."""
        self._prepare()
        text = self._apt("apt-cache", "show", f"{package}:{architecture}")
        return dict(re.findall(r"^([\w-]+): (.*)$", text.split("\n\n", 1)[0], re.M))

    def download(self, package, architecture, folder):
        """The path of the package's file in `folder`."""
        self._prepare()
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._apt("apt-get", "-q", "download", f"{package}:{architecture}", cwd=folder)
        return max(folder.glob(f"{package}_*_{architecture}.deb"), key=os.path.getmtime)

    def download_with_dependencies(self, packages, folder):
        """Files of the packages and of all that they need, of the native architecture or none."""
        self._prepare()
        folder = pathlib.Path(folder)
        (folder / "partial").mkdir(parents=True, exist_ok=True)
        self._apt("apt-get", "-o", f"Dir::Cache::archives={folder}", "-y", "-qq", "--download-only", "install", *packages)
        return sorted(folder.glob("*.deb"))


class Archives:
    """The archives of one run, each updated once, their lists below `folder`."""

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self._known = {}

    def of(self, suites, native="amd64"):
        key = (tuple(suites), native)
        if key not in self._known:
            self._known[key] = Archive(self._folder / f"{suites[-1]}-{native}", suites, native)
        return self._known[key]


def unpack(package_file, folder, *patterns):
    """The package's files below `folder`, through links such as lib -> usr/lib; those of the patterns alone where
    any are given. A pattern that fits nothing is no error."""
    tar = subprocess.Popen(["dpkg", "--fsys-tarfile", package_file], stdout=subprocess.PIPE)
    only = ["--wildcards", "--no-anchored", *patterns] if patterns else ["--exclude=./usr/share/doc", "--exclude=./usr/share/man"]
    result = subprocess.run(["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", folder, *only],
                            stdin=tar.stdout, capture_output=True, text=True, check=False)  # fmt: skip
    tar.stdout.close()
    if tar.wait() and not patterns or result.returncode and not patterns:
        raise Unavailable(f"{package_file} cannot be unpacked: {result.stderr}")
