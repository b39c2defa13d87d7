#!/usr/bin/python3
"""The bill of materials: that it keeps to CycloneDX' own schema, and to what the image holds."""

import copy
import json
import re
import unittest
import urllib.parse

import oci_image

SCHEMAS = oci_image.CACHE / "cyclonedx"
PLACE = "usr/share/doc/perf-exporter/sbom.cdx.json"
COMPILED_IN = {"civetweb", "libcli11-dev", "libexpected-dev"}


def schema(name):
    path = SCHEMAS / f"{name}.schema.json"
    if not path.exists():
        raise unittest.SkipTest("needs cyclonedx")
    return json.loads(path.read_text(encoding="utf-8"))


def too_many_items(_, allowed, instance, parent):
    from jsonschema import ValidationError

    if allowed is False and isinstance(parent.get("items"), list) and len(instance) > len(parent["items"]):
        yield ValidationError("too many items")


def problems(bill):
    """What the schema says against it."""
    try:
        import jsonschema
    except ImportError:
        raise unittest.SkipTest("needs jsonschema") from None
    whole = schema("bom-1.6")
    store = {name: schema(name) for name in ("spdx", "jsf-0.82")}
    base = whole["$id"].rpartition("/")[0]
    resolver = jsonschema.RefResolver.from_schema(
        whole, store={f"{base}/{name}.SNAPSHOT.schema.json": text for name, text in store.items()})
    # jsonschema 4.10 fails over the message for too many items where they are objects.
    validator = jsonschema.validators.extend(jsonschema.Draft7Validator, {"additionalItems": too_many_items})
    return [error.message for error in validator(whole, resolver=resolver).iter_errors(bill)]


def properties(component):
    return {entry["name"].removeprefix("perf-exporter:"): entry["value"] for entry in component["properties"]}


class Bill:
    """Tests of either architecture."""

    def setUp(self):
        self.image = oci_image.built(self.architecture)
        self.bill = json.loads(self.image.read(PLACE))
        self.components = {component["name"]: component for component in self.bill["components"]}

    def test_it_keeps_to_the_schema(self):
        self.assertEqual(problems(self.bill), [])

    def test_the_schema_would_find_a_mistake(self):
        for name, value in (("type", "parts"), ("version", 3), ("licenses", [{"license": {"id": "Mine"}}])):
            broken = copy.deepcopy(self.bill)
            broken["components"][0][name] = value
            self.assertNotEqual(problems(broken), [], name)

    def test_it_lies_beside_the_archive_too(self):
        path = oci_image.FOLDER / f"perf-exporter-{self.architecture}.cdx.json"
        self.assertEqual(path.read_bytes(), self.image.read(PLACE))

    def test_every_library_is_of_one_package(self):
        places = [place["location"] for component in self.components.values()
                  for place in component.get("evidence", {}).get("occurrences", ())]  # fmt: skip
        self.assertEqual(len(places), len(set(places)))
        self.assertEqual(set(places), {f"/{name}" for name in self.image.files() if re.search(r"/lib/.*\.so", name)})

    def test_what_was_compiled_in_is_named(self):
        compiled = {name for name, component in self.components.items() if properties(component)["use"] != "linked"}
        self.assertEqual(compiled, COMPILED_IN)
        self.assertRegex(self.components["civetweb"]["version"], r"^1\.16\+dfsg-")

    def test_names_versions_and_licences(self):
        for name, component in self.components.items():
            architecture = "source" if name == "civetweb" else f"({self.architecture}|all)"
            title = re.escape(urllib.parse.quote(name))
            self.assertRegex(component["purl"], rf"^pkg:deb/debian/{title}@\S+\?arch={architecture}(&|$)")
            self.assertRegex(component["version"], r"^\d")
            self.assertIn(properties(component)["copyright"].removeprefix("/"), self.image.files())
        application = self.bill["metadata"]["component"]
        self.assertEqual(application["version"], self.image.name.rpartition(":")[2])
        [dependency] = self.bill["dependencies"]
        self.assertEqual(set(dependency["dependsOn"]),
                         {component["bom-ref"] for component in self.components.values()})  # fmt: skip


class Amd64(Bill, unittest.TestCase):
    architecture = "amd64"


class Arm64(Bill, unittest.TestCase):
    architecture = "arm64"


if __name__ == "__main__":
    unittest.main()
