"""The bill of materials of the image, as CycloneDX 1.6 has it: https://cyclonedx.org/docs/1.6/json/.

It says nothing of when it was made, so that the same input makes the same image."""

import json
import pathlib
import re
import urllib.parse
import uuid

NAME = "perf-exporter"
DISTRIBUTION = "debian-12"


def _purl(name, version, architecture):
    return (f"pkg:deb/debian/{urllib.parse.quote(name)}@{urllib.parse.quote(version, safe='')}"
            f"?arch={architecture}&distro={DISTRIBUTION}")  # fmt: skip


def _properties(**values):
    return [{"name": f"{NAME}:{name}", "value": value} for name, value in values.items()]


def _component(package, use, places):
    purl = _purl(package.name, package.version, package.architecture)
    component = {
        "type": "library", "bom-ref": purl, "name": package.name, "version": package.version, "purl": purl,
        "properties": _properties(use=use, source=f"{package.source} {package.source_version}",
                                  copyright=f"/usr/share/doc/{package.name}/copyright"),
    }  # fmt: skip
    if package.licences:
        component["licenses"] = [{"license": {"name": name}} for name in package.licences]
    if places:
        component["evidence"] = {"occurrences": [{"location": place} for place in sorted(places)]}
    return component


def _civetweb(build):
    """Compiled from the distribution's source package; its tarballs are named by version and hash."""
    hashes = dict(reversed(line.split()) for line in (build / "civetweb.sha256").read_text("ascii").splitlines())
    [(tarball, digest)] = [item for item in hashes.items() if ".orig." in item[0]]
    [version] = [re.fullmatch(r"civetweb_(.+)\.debian\.tar\.\w+", name)[1] for name in hashes if ".debian." in name]
    purl = _purl("civetweb", version, "source").partition("&")[0]
    return {
        "type": "library", "bom-ref": purl, "name": "civetweb", "version": version, "purl": purl,
        "licenses": [{"license": {"id": "MIT"}}, {"license": {"id": "Zlib"}}],
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "properties": _properties(use="compiled in", source=tarball, copyright=f"/usr/share/doc/{NAME}/copyright"),
    }  # fmt: skip


def _own(source):
    text = pathlib.Path(source, "CMakeLists.txt").read_text(encoding="utf-8")
    version = re.search(rf"project\({NAME} VERSION ([\d.]+)", text)[1]
    return {
        "type": "application", "bom-ref": f"{NAME}@{version}", "name": NAME, "version": version,
        "purl": f"pkg:generic/{NAME}@{version}", "licenses": [{"license": {"id": "Apache-2.0"}}],
    }  # fmt: skip


def document(source, build, linked, compiled):
    """The text. `linked`: {package: paths in the image}; `compiled`: packages of which there are headers alone."""
    own = _own(source)
    components = [_component(package, "linked", places) for package, places in linked.items()]
    components += [_component(package, "compiled in", ()) for package in compiled]
    components.append(_civetweb(build))
    components.sort(key=lambda component: component["bom-ref"])
    references = [component["bom-ref"] for component in components]
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
        "version": 1, "metadata": {"component": own}, "components": components,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": references}],
    }  # fmt: skip
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill))}"
    return json.dumps(bill, indent=2) + "\n"
