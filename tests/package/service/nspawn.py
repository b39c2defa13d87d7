"""A container of systemd-nspawn's that is refused: the printed lines, written into its settings, mend it."""

import unittest

import machine
import printed

NAME = "inner"
SETTINGS = f"/etc/systemd/nspawn/{NAME}.nspawn"
START = f"systemd-nspawn --quiet --register=no --keep-unit --machine={NAME}"
PROBE = "perf-exporter probe --collector=software --format=json"


class Nspawn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = cls.enterClassContext(machine.Machine(machine.base(DEPENDS)))
        cls.machine.put(DEB, "/tmp/perf-exporter.deb")
        cls.machine.run("dpkg --extract /tmp/perf-exporter.deb /; mkdir -p /etc/systemd/nspawn")
        # The machine's own files, as a tree of the container's.
        cls.machine.run(f"mkdir -p /var/lib/machines/{NAME}; mount --bind / /var/lib/machines/{NAME}")

    def probe(self, settings):
        """{id: finding} in a container with these settings."""
        self.machine.write(SETTINGS, settings)
        output = self.machine.run(f"{START} {PROBE} 2> /dev/null", check=False)
        return printed.findings(output[output.index("{"):])

    def follow(self, finding, settings):
        found = self.probe(settings)
        self.assertIn(finding, found)
        [lines] = printed.blocks(found[finding]["fix"])
        return self.probe(settings + "\n".join(lines) + "\n")

    def test_the_filter(self):
        self.assertIn("permitted", self.follow("seccomp_eperm", ""))

    def test_the_capability(self):
        settings = "[Exec]\nSystemCallFilter=perf_event_open\nDropCapability=CAP_SYS_ADMIN\n"
        self.assertIn("permitted", self.follow("bounding_set_lacks_perfmon", settings))

    def test_the_user_namespace(self):
        settings = "[Exec]\nSystemCallFilter=perf_event_open\nPrivateUsers=pick\n"
        self.assertIn("permitted", self.follow("user_namespace", settings))

    def test_the_descriptors(self):
        settings = "[Exec]\nSystemCallFilter=perf_event_open\nLimitNOFILE=12\n"
        self.assertNotIn("descriptor_limit", self.follow("descriptor_limit", settings))


def run(package, dependencies):
    """Whether all went well."""
    globals().update(DEB=package, DEPENDS=dependencies)
    return unittest.main(__name__, argv=["nspawn.py"], verbosity=2, exit=False).result.wasSuccessful()
