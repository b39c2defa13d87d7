"""Checks objects against the types of the Kubernetes API, as TypeScript declares them: unknown fields, missing ones,
scalars of another kind. The declarations are the official client's (Kubernetes) and those made from the Go types of
the Prometheus operator (monitoring.coreos.com); scripts/fetch-helm.sh fetches them.
"""

import functools
import re

import chart

SCALARS = {"string": str, "number": (int, float), "boolean": bool}
INT_OR_STRING = re.compile(r"IntOrString$|Quantity$")
# A declaration names a type of Kubernetes by its Go package; the client names it by version and kind.
KUBERNETES = re.compile(r"IIoK8s\w*?(V\d(?:alpha\d|beta\d)?[A-Z]\w*)$")
MONITORING = re.compile(r"IComGithubPrometheusOperator\w*MonitoringV1(\w+)$")
CLASSES = {
    ("v1", kind): f"V1{kind}" for kind in ("ConfigMap", "Pod", "Service", "ServiceAccount")
} | {
    ("apps/v1", "DaemonSet"): "V1DaemonSet",
    ("networking.k8s.io/v1", "NetworkPolicy"): "V1NetworkPolicy",
    ("rbac.authorization.k8s.io/v1", "Role"): "V1Role",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "V1RoleBinding",
    ("monitoring.coreos.com/v1", "PodMonitor"): "monitoring/PodMonitor",
    ("monitoring.coreos.com/v1", "ServiceMonitor"): "monitoring/ServiceMonitor",
}  # fmt: skip


def split_members(body):
    """The parts of an interface's body between the semicolons that are not in braces."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(body):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == ";" and depth == 0:
            parts.append(body[start:position].strip())
            start = position + 1
    return parts


def parse_members(body):
    """{field: (its type, whether it must be there)}"""
    members = {}
    for part in split_members(body):
        match = re.match(r"""["'](?P<name>[^"']+)["'](?P<optional>\?)?: (?P<type>.+)$""", part)
        if match:
            # The client writes an underscore before a field that is a word of TypeScript.
            members[match["name"].lstrip("_")] = (match["type"], not match["optional"])
    return members


def name_of(reference):
    """The key under which `declaration` finds the type that a declaration names."""
    for pattern, prefix in ((MONITORING, "monitoring/"), (KUBERNETES, "")):
        if match := pattern.match(reference):
            return prefix + match[1]
    return reference


@functools.cache
def declaration(name):
    """The fields of a type; or, for an alias, the type that it stands for, as text."""
    folder, _, bare = name.rpartition("/")
    path = chart.fetched("types") / (folder or "kubernetes") / f"{bare}.d.ts"
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"\s+", " ", text)
    alias = re.search(rf"export type I{bare} = ([^;]+);", text)
    if alias:
        return alias[1]
    start = re.search(rf"export (?:declare class {bare}|interface I{bare})(?: extends ([\w, ]+?))? \{{", text)
    members = {}
    for parent in re.split(r",\s*", start[1] or ""):
        if name_of(parent) != parent:
            members |= declaration(name_of(parent))
    # A class ends before its first static member, an interface at the first brace that stands alone.
    return members | parse_members(re.split(r" static | \} ", text[start.end() :], maxsplit=1)[0].strip())


def check(value, kind, path):
    """Yields what is wrong with a value of a type."""
    if literals := re.findall(r'"([^"]*)"', kind):
        if value not in literals:
            yield f"{path}: {value!r} is none of {literals}"
    elif kind in SCALARS:
        if not isinstance(value, SCALARS[kind]) or (kind == "number" and isinstance(value, bool)):
            yield f"{path}: {value!r} is no {kind}"
    elif INT_OR_STRING.search(kind):
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            yield f"{path}: {value!r} is neither number nor string"
    elif match := re.match(r"Array<(.*)>$", kind):
        yield from check_list(value, match[1], path)
    elif match := re.match(r"\{ \[key: string\]: (.*); \}$", kind):
        yield from check_map(value, match[1], path)
    elif isinstance(fields := declaration(name_of(kind)), str):
        yield from check(value, fields, path)
    else:
        yield from check_object(value, fields, path)


def check_list(value, kind, path):
    if not isinstance(value, list):
        yield f"{path}: is no list"
        return
    for index, each in enumerate(value):
        yield from check(each, kind, f"{path}[{index}]")


def check_map(value, kind, path):
    if not isinstance(value, dict):
        yield f"{path}: is no map"
        return
    for key, each in value.items():
        yield from check(each, kind, f"{path}.{key}")


def check_object(value, fields, path):
    if not isinstance(value, dict):
        yield f"{path}: is no object"
        return
    for name in sorted(set(value) - set(fields)):
        yield f"{path}.{name}: there is no such field"
    for name, (kind, required) in fields.items():
        if name in value:
            yield from check(value[name], kind, f"{path}.{name}")
        elif required:
            yield f"{path}.{name}: is missing"


def problems(item):
    """What the API would have against an object, as lines."""
    kind = CLASSES.get((item["apiVersion"], item["kind"]))
    if kind is None:
        return [f"{item['kind']}: no type is known for {item['apiVersion']}"]
    return list(check_object(item, declaration(kind), item["kind"]))
