"""OpenShift's admission by security context constraints, as far as the exporter's pods meet it: what constraints
assign to a pod and what they object to. After openshift/apiserver-library-go, pkg/securitycontextconstraints.
"""

import copy

# What OpenShift writes on a namespace when it makes it.
NAMESPACE_LEVEL = "s0:c27,c4"


def assigned_selinux(constraints):
    options = dict(constraints["seLinuxContext"]["seLinuxOptions"])
    options.setdefault("level", NAMESPACE_LEVEL)
    return options


def assign(constraints, pod):
    """The pod with what it leaves open filled in."""
    pod = copy.deepcopy(pod)
    context = pod["spec"].setdefault("securityContext", {})
    context.setdefault("supplementalGroups", [constraints["supplementalGroups"]["ranges"][0]["min"]])
    context.setdefault("fsGroup", constraints["fsGroup"]["ranges"][0]["min"])
    context.setdefault("seLinuxOptions", assigned_selinux(constraints))
    return pod


def in_ranges(group, strategy):
    return any(each["min"] <= group <= each["max"] for each in strategy["ranges"])


def profile_name(profile):
    """A seccomp profile as the constraints write it."""
    if profile["type"] == "Localhost":
        return f"localhost/{profile['localhostProfile']}"
    return {"RuntimeDefault": "runtime/default", "Unconfined": "unconfined"}[profile["type"]]


def pod_objections(constraints, spec):
    context = spec["securityContext"]
    for group in [context["fsGroup"]]:
        if not in_ranges(group, constraints["fsGroup"]):
            yield f"fsGroup: {group} is not an allowed group"
    for group in context["supplementalGroups"]:
        if not in_ranges(group, constraints["supplementalGroups"]):
            yield f"supplementalGroups: {group} is not an allowed group"
    wanted = assigned_selinux(constraints)
    for field in ("level", "role", "type", "user"):
        if context["seLinuxOptions"].get(field, "") != wanted.get(field, ""):
            yield f"seLinuxOptions.{field}: must be {wanted.get(field, '')}"
    if profile_name(context["seccompProfile"]) not in constraints["seccompProfiles"]:
        yield f"seccomp: {profile_name(context['seccompProfile'])} is not an allowed seccomp profile"
    for field, allowed in (("hostNetwork", "allowHostNetwork"), ("hostPID", "allowHostPID"), ("hostIPC", "allowHostIPC")):
        if spec.get(field) and not constraints[allowed]:
            yield f"{field}: is not allowed to be used"
    for volume in spec["volumes"]:
        [kind] = set(volume) - {"name"}
        if kind not in constraints["volumes"]:
            yield f"{kind} volumes are not allowed to be used"


def container_objections(constraints, pod_context, container):
    context = container["securityContext"]
    user = context.get("runAsUser", pod_context.get("runAsUser"))
    if user != constraints["runAsUser"]["uid"]:
        yield f"runAsUser: must be {constraints['runAsUser']['uid']}"
    if context.get("privileged") and not constraints["allowPrivilegedContainer"]:
        yield "privileged: containers are not allowed"
    if context.get("allowPrivilegeEscalation") and not constraints["allowPrivilegeEscalation"]:
        yield "allowPrivilegeEscalation: is not allowed"
    if constraints["readOnlyRootFilesystem"] and not context.get("readOnlyRootFilesystem"):
        yield "readOnlyRootFilesystem: must be true"
    for capability in context["capabilities"]["add"]:
        if capability not in constraints["allowedCapabilities"]:
            yield f"{capability}: capability may not be added"
    for capability in constraints["requiredDropCapabilities"]:
        if capability not in context["capabilities"]["drop"]:
            yield f"{capability}: is required to be dropped but was not found"


def objections(constraints, pod):
    """What keeps a pod template from being admitted, as lines."""
    spec = assign(constraints, pod)["spec"]
    found = list(pod_objections(constraints, spec))
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        found += container_objections(constraints, spec["securityContext"], container)
    return sorted(set(found))
