#!/usr/bin/python3
"""The file capabilities, as they stand in the PAX headers of the layer that buildah has written."""

import io
import tarfile
import unittest

import oci_image


def without_attributes(architecture):
    """The image, its layer written anew without extended attributes."""
    image, buffer = oci_image.built(architecture), io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as layer:
        for name, member in image.members.items():
            member.pax_headers = {}
            layer.addfile(member, io.BytesIO(image.read(name)) if member.isfile() else None)
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as layer:
        image.members = {member.name: member for member in layer}
    return image


class Capabilities(unittest.TestCase):
    def check(self, architecture):
        self.assertEqual(oci_image.capabilities(oci_image.built(architecture)), oci_image.EXPECTED)

    def test_amd64(self):
        self.check("amd64")

    def test_arm64(self):
        self.check("arm64")

    def test_a_lost_one_would_be_seen(self):
        self.assertEqual(oci_image.capabilities(without_attributes("amd64")), {})

    def test_what_the_attribute_says(self):
        perfmon_effective = bytes.fromhex("0100000200000000000000004000000000000000")
        self.assertEqual(oci_image.decode(perfmon_effective), oci_image.FileCapability(1 << 38, 0, True))
        sys_admin_inheritable = bytes.fromhex("0000000200000000000020000000000000000000")
        self.assertEqual(oci_image.decode(sys_admin_inheritable), oci_image.FileCapability(0, 1 << 21, False))
        # Of a user namespace whose root is 100000: of no use in another.
        with self.assertRaises(ValueError):
            oci_image.decode(bytes.fromhex("0100000300000000000000004000000000000000a0860100"))


if __name__ == "__main__":
    unittest.main()
