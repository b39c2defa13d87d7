"""How the modes start the program: behind what records or filters its calls, and as whom."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import tempfile
import unittest

import harness
import starts

try:
    import seccomp
except ImportError:
    seccomp = None

NO_CAPABILITY = "--bounding-set=-all"
PERFMON_ALONE = "--bounding-set=-all,+perfmon"
BARRED = "--no-new-privs"
needs_seccomp = unittest.skipUnless(seccomp, "needs python3-seccomp")
FILTERED = pathlib.Path(__file__).with_name("behind.py")


@dataclasses.dataclass(frozen=True)
class Starts:
    """`folder`: the programs, and `run`, in which every user may write. `traced` stands in front of every command, and
    is root's; `filtered` in front of the program. Each executes what follows."""

    folder: pathlib.Path
    traced: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()

    @property
    def run(self):
        return self.folder / "run"

    def granted(self, *options, name="perf-exporter"):
        """As in a container: uid 65534, CAP_PERFMON alone, no_new_privs. The file's own capability is what counts: the
        ambient one lets what executes it hold one, as a runtime does. `options` stand in front of the program."""
        start = starts.ambient(PERFMON_ALONE, BARRED, holding=True)
        return [*self.traced, *start, *self.filtered, *options, str(self.folder / name)]

    def refused(self, *options, name="plain/perf-exporter"):
        """The same user without any capability."""
        start = starts.nobody(NO_CAPABILITY, BARRED, holding=True)
        return [*self.traced, *start, *self.filtered, *options, str(self.folder / name)]

    def root(self):
        return [*self.traced, *self.filtered, str(self.folder / "plain/perf-exporter")]


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"needs {program}")


def needs_a_filter(tests):
    """For the tests in which users count behind a filter, or are refused."""
    is_mainline = os.path.exists("/proc/sys/kernel/perf_event_paranoid") and harness.paranoid() == 2
    needs_paranoid = unittest.skipUnless(is_mainline, "other levels let others count")
    return harness.needs_root(needs_seccomp(needs_paranoid(tests)))


@contextlib.contextmanager
def programs():
    """The folder of `Starts`: the program with the capability as the image has it, the preflight beside it, the program
    without one in `plain`, and what filters: a user may not be able to read it where it is."""
    with harness.copied_binary("cap_perfmon=ep") as path:
        folder = pathlib.Path(path).parent
        built = pathlib.Path(harness.binary())
        for name in ("plain", "run"):
            (folder / name).mkdir()
        os.chmod(folder / "run", 0o777)
        shutil.copy(built, folder / "plain")
        shutil.copy(built.with_name(starts.PREFLIGHT), folder)
        harness.set_capability("cap_perfmon=p", str(folder / starts.PREFLIGHT))
        shutil.copy(FILTERED, folder)
        yield folder


@contextlib.contextmanager
def temporary_folder():
    with tempfile.TemporaryDirectory(prefix="seccomp-") as folder:
        yield pathlib.Path(folder)
