"""An image of one file, as an archive by the OCI image specification."""

import hashlib
import io
import json
import tarfile


def _tar(files):
    """The bytes of a tar with these files, {path: (mode, bytes)}."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, (mode, content) in files.items():
            entry = tarfile.TarInfo(path)
            entry.mode, entry.size = mode, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def write(path, name, architecture, program):
    """Writes an image that consists of the program alone and starts it."""
    blobs = {}

    def blob(kind, content):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = (0o644, content)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    layer = blob("layer.v1.tar", _tar({program.name: (0o755, program.read_bytes())}))
    config = blob("config.v1+json", {
        "architecture": architecture, "os": "linux", "config": {"Entrypoint": [f"/{program.name}"]},
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}})  # fmt: skip
    manifest = blob("manifest.v1+json", {"schemaVersion": 2, "config": config, "layers": [layer]})
    manifest["annotations"] = {"io.containerd.image.name": name}
    index = {"schemaVersion": 2, "manifests": [manifest]}
    path.write_bytes(_tar({
        "oci-layout": (0o644, b'{"imageLayoutVersion": "1.0.0"}'),
        "index.json": (0o644, json.dumps(index).encode()), **blobs}))  # fmt: skip
