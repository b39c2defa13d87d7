#!/usr/bin/python3
"""The arm64 image in a virtual machine of tests/vm, which has a PMU: its files as the root of a user's process."""

import pathlib
import shutil
import sys
import tempfile
import unittest

import oci_image

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "vm"))

import archive  # noqa: E402
import cases  # noqa: E402
import guest  # noqa: E402
import image as guest_image  # noqa: E402
import kernels  # noqa: E402
import plan  # noqa: E402
import sysroot  # noqa: E402

KERNEL = "d12-arm64"
CACHE = oci_image.CACHE / "vm"
ROOT = "/tmp/image"
PROGRAM = "/usr/bin/perf-exporter"
# By its path: busybox has one of its own.
START = ["/usr/bin/unshare", f"--root={ROOT}", "--setgid=65534", "--setuid=65534", PROGRAM]


class Arm64InAGuest(unittest.TestCase):
    def setUp(self):
        self.image = oci_image.built("arm64")
        for tool in ("qemu-system-aarch64", "aarch64-linux-gnu-strip", "cpio"):
            if shutil.which(tool) is None:
                raise unittest.SkipTest(f"needs {tool}")
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        CACHE.mkdir(parents=True, exist_ok=True)

    def boot(self):
        """The guest, with the image's layer in /trace."""
        layer = self.folder / "layer.tar"
        [content] = self.image.layers
        layer.write_bytes(content)
        try:
            with tempfile.TemporaryDirectory(dir=CACHE) as lists:
                archives = archive.Archives(lists)
                [wanted] = [kernel for kernel in kernels.MATRIX if kernel.name == KERNEL]
                kernel = kernels.fetch(wanted, CACHE, archives)
                root = sysroot.fetch(CACHE, archives)
        except archive.Unavailable as error:
            raise unittest.SkipTest(str(error)) from error
        initramfs = self.folder / "initramfs.cpio"
        guest_image.Image("arm64", root, root / "bin/busybox", [root / "usr/bin/unshare"], [layer]).build(
            kernel, initramfs)  # fmt: skip
        return guest.Guest(plan.ONE_CPU, kernel, initramfs, self.folder, CACHE / "emulator.lock")

    def test_it_counts(self):
        with self.boot() as machine:
            machine.check(f"mkdir {ROOT} && tar -xf /trace/layer.tar -C {ROOT} && mkdir {ROOT}/proc {ROOT}/sys")
            machine.check(f"mount -o bind /proc {ROOT}/proc && mount -o bind /sys {ROOT}/sys")
            # Neither busybox' tar nor an initramfs keeps it; that it is in the layer is capability_test's to say.
            machine.check(f"setcap cap_perfmon=ep {ROOT}{PROGRAM}")
            machine.set_paranoid(2)
            with machine.exporter(program=START) as exporter:
                page = cases.assert_counts(machine, exporter, machine.online_cpus())
                status = exporter.status()
        for event in cases.counted_events(machine):
            print(f"{event}: {page.total(event)}")
        self.assertEqual(status["Uid"].split(), ["65534"] * 4)
        self.assertEqual(int(status["CapEff"], 16), 0)
        self.assertIn("permitted", page.findings())


if __name__ == "__main__":
    unittest.main()
