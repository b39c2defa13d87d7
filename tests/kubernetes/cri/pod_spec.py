"""What the kubelet asks of a container runtime for a pod: the fields of the pod's specification, one by one, as
requests of the container runtime interface. A field that is not known here is an error: none is dropped in silence."""

import fractions

# Other parts of Kubernetes read these; a runtime never hears of them.
OF_THE_SCHEDULER = {"nodeSelector", "affinity", "tolerations"}
# Without a token and service links nothing of the API is put into the containers.
FIXED = {"automountServiceAccountToken": False, "enableServiceLinks": False}
NUMBERS = {"m": fractions.Fraction(1, 1000), "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
PROPAGATION = {"None": "PRIVATE", "HostToContainer": "HOST_TO_CONTAINER"}


class NotTranslated(Exception):
    """A field for which there is no rule."""


def quantity(text):
    """A number as Kubernetes writes it."""
    suffix = str(text).lstrip("0123456789.")
    if suffix and suffix not in NUMBERS:
        raise NotTranslated(f"quantity {text}")
    return fractions.Fraction(str(text).removesuffix(suffix)) * NUMBERS.get(suffix, 1)


class Fields:
    """An object of the specification; each field may be taken once, and at the end none may be left."""

    def __init__(self, where, fields):
        self._where = where
        self._left = dict(fields)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None and self._left:
            raise NotTranslated(f"{self._where}: {', '.join(sorted(self._left))}")

    def take(self, name, default=None):
        return self._left.pop(name, default)

    def drop(self, names):
        for name in names:
            self._left.pop(name, None)

    def inner(self, name):
        return Fields(f"{self._where}.{name}", self.take(name, {}))

    def require(self, name, value):
        """The field must have just this value, to which the request's default corresponds."""
        if (given := self.take(name, value)) != value:
            raise NotTranslated(f"{self._where}.{name}: {given}")


class Pod:
    """A pod template. `api` holds the messages of the interface, `folder` receives files and logs."""

    def __init__(self, api, template, config_maps, folder, cgroup):
        self._api = api
        self._folder = folder
        with Fields("spec", template["spec"]) as spec:
            spec.drop(OF_THE_SCHEDULER)
            spec.require("serviceAccountName", "default")
            for name, value in FIXED.items():
                spec.require(name, value)
            self._volumes = {}
            for volume in spec.take("volumes", []):
                self._add_volume(volume, config_maps)
            self._take_security_context(spec)
            initial, main = spec.take("initContainers", []), spec.take("containers")
        self.sandbox = self._sandbox(template["metadata"], cgroup)
        self.initial = [self._container(each) for each in initial]
        self.main = [self._container(each) for each in main]

    def _add_volume(self, volume, config_maps):
        """The folder of the node that the volume is."""
        with Fields("volume", volume) as fields:
            name, source = fields.take("name"), self._folder / "volumes" / volume["name"]
            if "configMap" in volume:
                with fields.inner("configMap") as config_map:
                    files = config_maps[config_map.take("name")]
                source.mkdir(parents=True)
                for key, text in files.items():
                    (source / key).write_text(text, encoding="utf-8")
            elif "hostPath" in volume:
                with fields.inner("hostPath") as path:
                    source = path.take("path")
                    path.take("type")
        self._volumes[name] = str(source)

    def _take_security_context(self, spec):
        api = self._api
        with spec.inner("securityContext") as context:
            self._user = api.Int64Value(value=context.take("runAsUser"))
            self._group = api.Int64Value(value=context.take("runAsGroup"))
            if context.take("runAsNonRoot") and self._user.value == 0:
                raise ValueError("runAsNonRoot, and the user is root")
            with context.inner("seccompProfile") as profile:
                kind = api.SecurityProfile.ProfileType.Value(profile.take("type"))
                self._seccomp = api.SecurityProfile(profile_type=kind, localhost_ref=profile.take("localhostProfile"))
            self._selinux = api.SELinuxOption(**context.take("seLinuxOptions", {}))
        # The pods have no host namespaces; the node's network stands for the one that a network plugin would make.
        self._namespaces = api.NamespaceOption(network=api.NODE, pid=api.CONTAINER, ipc=api.POD)

    def _sandbox(self, metadata, cgroup):
        api = self._api
        labels = {f"io.kubernetes.pod.{name}": text
                  for name, text in (("name", "pod"), ("namespace", "counting"), ("uid", "1"))}  # fmt: skip
        security = api.LinuxSandboxSecurityContext(
            namespace_options=self._namespaces, selinux_options=self._selinux, run_as_user=self._user,
            run_as_group=self._group, seccomp=self._seccomp)  # fmt: skip
        return api.PodSandboxConfig(
            metadata=api.PodSandboxMetadata(name="pod", uid="1", namespace="counting"),
            log_directory=str(self._folder / "logs"), labels={**metadata["labels"], **labels},
            annotations=metadata["annotations"],
            linux=api.LinuxPodSandboxConfig(cgroup_parent=f"/{cgroup}/kubepods/pod1", security_context=security),
        )  # fmt: skip

    def _container(self, container):
        api = self._api
        with Fields(container["name"], container) as fields:
            name = fields.take("name")
            # The image is there already; ports only name a number for the probes, which are the kubelet's to make.
            fields.drop(("imagePullPolicy", "ports", "livenessProbe", "readinessProbe"))
            return api.ContainerConfig(
                metadata=api.ContainerMetadata(name=name), image=api.ImageSpec(image=fields.take("image")),
                command=fields.take("command", []), args=fields.take("args", []), log_path=f"{name}.log",
                mounts=[self._mount(name, each) for each in fields.take("volumeMounts", [])],
                linux=api.LinuxContainerConfig(resources=self._resources(fields),
                                               security_context=self._container_security(fields)),
            )  # fmt: skip

    def _mount(self, container, mount):
        with Fields(f"{container}.volumeMounts", mount) as fields:
            propagation = PROPAGATION[fields.take("mountPropagation", "None")]
            return self._api.Mount(
                host_path=self._volumes[fields.take("name")], container_path=fields.take("mountPath"),
                readonly=fields.take("readOnly", False), propagation=propagation)  # fmt: skip

    def _resources(self, container):
        with container.inner("resources") as resources:
            with resources.inner("requests") as requests:
                shares = int(quantity(requests.take("cpu", 0)) * 1024)
                requests.take("memory")  # for the scheduler alone
            with resources.inner("limits") as limits:
                quota = int(quantity(limits.take("cpu", 0)) * 100000)
                memory = int(quantity(limits.take("memory", 0)))
        return self._api.LinuxContainerResources(
            cpu_shares=max(2, shares), cpu_period=100000, cpu_quota=quota, memory_limit_in_bytes=memory)  # fmt: skip

    def _container_security(self, container):
        api = self._api
        with container.inner("securityContext") as context:
            with context.inner("capabilities") as fields:
                capabilities = api.Capability(add_capabilities=fields.take("add", []),
                                              drop_capabilities=fields.take("drop", []))  # fmt: skip
            return api.LinuxContainerSecurityContext(
                capabilities=capabilities, privileged=context.take("privileged", False),
                namespace_options=self._namespaces, selinux_options=self._selinux, run_as_user=self._user,
                run_as_group=self._group, readonly_rootfs=context.take("readOnlyRootFilesystem", False),
                no_new_privs=not context.take("allowPrivilegeEscalation", True), seccomp=self._seccomp,
            )  # fmt: skip
