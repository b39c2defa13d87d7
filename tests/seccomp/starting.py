"""How the modes start the program: behind what records or filters its calls, and as whom."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import sys
import tempfile

sys.path += [str(pathlib.Path(__file__).parents[1] / folder) for folder in ("e2e", "scenarios")]
import harness  # noqa: E402
import starts  # noqa: E402

NO_CAPABILITY = "--bounding-set=-all"
PERFMON_ALONE = "--bounding-set=-all,+perfmon"


@dataclasses.dataclass(frozen=True)
class Starts:
    """`behind`: what stands in front of every command, and executes it. `folder`: the programs, and `run`, in which
    every user may write."""

    folder: pathlib.Path
    behind: tuple[str, ...] = ()

    @property
    def run(self):
        return self.folder / "run"

    def granted(self, *options):
        """As in a container: uid 65534, CAP_PERFMON alone, from the file, no_new_privs. `options` come first."""
        start = starts.nobody(PERFMON_ALONE, "--no-new-privs", holding=True)
        return [*self.behind, *options, *start, str(self.folder / "perf-exporter")]

    def refused(self, *options, name="plain/perf-exporter"):
        """The same user without any capability."""
        start = starts.nobody(NO_CAPABILITY, "--no-new-privs", holding=True)
        return [*self.behind, *options, *start, str(self.folder / name)]

    def root(self):
        return [*self.behind, str(self.folder / "plain/perf-exporter")]


@contextlib.contextmanager
def programs():
    """The folder of `Starts`: the program with the capability as the image has it, the preflight beside it, and both
    without one in `plain`."""
    with harness.copied_binary("cap_perfmon=ep") as path:
        folder = pathlib.Path(path).parent
        built = pathlib.Path(harness.binary())
        for name in ("plain", "run"):
            (folder / name).mkdir()
        os.chmod(folder / "run", 0o777)
        shutil.copy(built, folder / "plain")
        shutil.copy(built.with_name(starts.PREFLIGHT), folder)
        harness.set_capability("cap_perfmon=p", str(folder / starts.PREFLIGHT))
        yield folder


@contextlib.contextmanager
def temporary_folder():
    with tempfile.TemporaryDirectory(prefix="seccomp-") as folder:
        yield pathlib.Path(folder)
