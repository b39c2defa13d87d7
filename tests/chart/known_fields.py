"""The fields of objects whose types are on no registry, and a strict check of objects against them.

Written after the published definitions: openshift/api (security/v1, machineconfiguration/v1 with Ignition 3.2) and
the CustomResourceDefinitions of TOE (codriverlabs.ai.toe.run/v1alpha1).
"""

# A type is a class of Python, [type of each], {field: type}, or a function that says what is wrong.
STRINGS = [str]
METADATA = {"name": str, "namespace": str, "labels": dict, "annotations": dict}
RANGES = [{"min": int, "max": int}]
RESOURCES = {"cpu": str, "memory": str}

FIELDS = {
    "SecurityContextConstraints": {
        "apiVersion": str, "kind": str, "metadata": METADATA, "priority": (int, type(None)),
        "allowHostDirVolumePlugin": bool, "allowHostIPC": bool, "allowHostNetwork": bool, "allowHostPID": bool,
        "allowHostPorts": bool, "allowPrivilegeEscalation": bool, "allowPrivilegedContainer": bool,
        "allowedCapabilities": STRINGS, "allowedFlexVolumes": list, "allowedUnsafeSysctls": STRINGS,
        "defaultAddCapabilities": ([str], type(None)), "defaultAllowPrivilegeEscalation": bool,
        "forbiddenSysctls": STRINGS, "fsGroup": {"type": str, "ranges": RANGES}, "groups": STRINGS,
        "readOnlyRootFilesystem": bool, "requiredDropCapabilities": STRINGS,
        "runAsUser": {"type": str, "uid": int, "uidRangeMin": int, "uidRangeMax": int},
        "seLinuxContext": {"type": str, "seLinuxOptions": {"type": str, "level": str, "role": str, "user": str}},
        "seccompProfiles": STRINGS, "supplementalGroups": {"type": str, "ranges": RANGES},
        "userNamespaceLevel": str, "users": STRINGS, "volumes": STRINGS,
    },
    "MachineConfig": {
        "apiVersion": str, "kind": str, "metadata": METADATA,
        "spec": {"config": {
            "ignition": {"version": str},
            "storage": {"files": [{"path": str, "mode": int, "overwrite": bool, "contents": {"source": str}}]},
            "systemd": {"units": [{"name": str, "enabled": bool, "contents": str}]},
        }},
    },
    "PowerToolConfig": {
        "apiVersion": str, "kind": str, "metadata": METADATA,
        "spec": {
            "name": str, "image": str, "description": str, "version": str, "allowedNamespaces": STRINGS,
            "defaultArgs": STRINGS, "resources": {"limits": RESOURCES, "requests": RESOURCES},
            "securityContext": {"allowPrivileged": bool, "allowHostPID": bool, "runAsRoot": bool,
                                "capabilities": {"add": STRINGS, "drop": STRINGS}},
        },
    },
    "PowerTool": {
        "apiVersion": str, "kind": str, "metadata": METADATA,
        "spec": {
            "targets": {"labelSelector": {"matchLabels": dict, "matchExpressions": list}, "container": str,
                        "namespaceSelector": {"matchNames": STRINGS, "matchRegex": str}},
            "tool": {"name": str, "duration": str, "args": STRINGS, "warmup": str, "resolutionPreset": str,
                     "maxCPUPercent": int},
            "output": {"mode": str, "pvc": {"claimName": str, "path": str}, "collector": {"endpoint": str}},
        },
    },
}  # fmt: skip


def is_plain(kind):
    return isinstance(kind, type)


def check(value, kind, path):
    """Yields what is wrong with a value."""
    if isinstance(kind, tuple):
        attempts = [list(check(value, each, path)) for each in kind]
        yield from [] if [] in attempts else attempts[0]
    elif isinstance(kind, dict) and isinstance(value, dict):
        for name, each in value.items():
            if name in kind:
                yield from check(each, kind[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}: there is no such field"
    elif isinstance(kind, list) and isinstance(value, list):
        for index, each in enumerate(value):
            yield from check(each, kind[0], f"{path}[{index}]")
    elif not is_plain(kind) or not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{path}: {value!r} is of the wrong kind"


def problems(item):
    """What does not fit, as lines."""
    return list(check(item, FIELDS[item["kind"]], item["kind"]))
