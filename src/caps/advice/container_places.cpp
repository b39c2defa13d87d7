#include "caps/advice/place_table.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kImageCapability =
    "In the image's Dockerfile, after the last COPY and chown of the file:\n"
    "  RUN setcap cap_perfmon=ep {exe}\n"
    "And build and move the image with tools that keep extended attributes.";
constexpr std::string_view kImageMount =
    "In the image, put the program on the root file system, not on a volume.";

constexpr FilePassages kInImage = {
    .capability = kImageCapability,
    .stale_capability = "",
    .suid_mount = kImageMount,
    .direct_start =
        "In the image, make the program itself the entrypoint, without sh, tini or a "
        "wrapper:\n"
        "  ENTRYPOINT [{exe_json}]"};

constexpr std::string_view kNewContainer =
    "Then start the container anew: a running one can't be given it.";

// Docker, Podman and nerdctl take the same flags.
constexpr GrantPassages kGrants = {
    .perfmon =
        "On the host, start the container with:\n"
        "  {run} --cap-drop ALL --cap-add PERFMON ...",
    .sys_admin =
        "On the host, for a container that runs as root:\n"
        "  {run} --user 0 --cap-add SYS_ADMIN ...",
    .both =
        "On the host, start the container with:\n"
        "  {run} --cap-drop ALL --cap-add PERFMON --cap-add SYS_ADMIN ..."};
constexpr std::string_view kAllowCall =
    "On the host, start the container with a profile that allows {calls}:\n"
    "  {run} --security-opt seccomp=FILE ...";
constexpr std::string_view kDescriptors =
    "On the host, start the container with:\n"
    "  {run} --ulimit nofile=1048576:1048576 ...";
constexpr std::string_view kSelinuxType =
    "On the host, start the container as a type that the policy leaves unconfined:\n"
    "  {run} --security-opt label=type:spc_t ...";
constexpr std::string_view kHostCgroups =
    "On the host, start the container with the host's cgroups:\n"
    "  {run} --cgroupns host -v /sys/fs/cgroup:/host/cgroup:ro ... "
    "--path.cgroupfs=/host/cgroup";

}  // namespace

const PlaceText kKubernetesText = {
    .place = Place::kubernetes,
    .node = "node",
    .run = "",
    .grants =
        {.perfmon =
             "In the pod's manifest, on the container:\n"
             "  securityContext:\n"
             "    capabilities: {drop: [ALL], add: [PERFMON]}\n"
             "And on its namespace, which Pod Security must not hold to baseline:\n"
             "  pod-security.kubernetes.io/enforce: privileged\n"
             "Or, on OpenShift, instead of that label: an SCC whose allowedCapabilities hold\n"
             "PERFMON.",
         .sys_admin = "In the pod's manifest, for a process that runs as uid 0:\n"
                      "  securityContext:\n"
                      "    runAsUser: 0\n"
                      "    capabilities: {add: [SYS_ADMIN]}",
         .both = "In the pod's manifest, on the container:\n"
                 "  securityContext:\n"
                 "    capabilities: {drop: [ALL], add: [PERFMON, SYS_ADMIN]}"},
    .allow_call =
        "On the node, install a seccomp profile that allows {calls} below\n"
        "/var/lib/kubelet/seccomp, and name it in the pod's manifest:\n"
        "  securityContext:\n"
        "    seccompProfile: {type: Localhost, localhostProfile: FILE}",
    .real_kernel =
        "In the pod's manifest, a runtime class that runs on the node's own kernel:\n"
        "  runtimeClassName: runc",
    .descriptors =
        "On the node, raise the limit that the runtime hands to its containers, in a\n"
        "drop-in of its unit, which this opens in an editor:\n"
        "  sudo systemctl edit {runtime_unit}\n"
        "with:\n"
        "  [Service]\n"
        "  LimitNOFILE=1048576\n"
        "And have it take effect:\n"
        "  sudo systemctl restart {runtime_unit}",
    .selinux =
        "In the pod's manifest, a type that the policy leaves unconfined:\n"
        "  securityContext:\n"
        "    seLinuxOptions: {type: spc_t}",
    .user_namespace =
        "In the pod's manifest (false is what puts it into a user namespace):\n"
        "  hostUsers: true",
    .file = {.capability = kImageCapability,
             .stale_capability = "",
             .suid_mount = kImageMount,
             .direct_start =
                 "In the image, make the program itself the entrypoint, without sh, tini or a\n"
                 "wrapper:\n"
                 "  ENTRYPOINT [{exe_json}]\n"
                 "Or in the pod's manifest:\n"
                 "  securityContext: {allowPrivilegeEscalation: true}"},
    .restart = "Then start the pod anew: a running one can't be given it.",
    .cgroups =
        "In the pod's manifest, the node's cgroups, read-only:\n"
        "  volumes: [{name: cgroup, hostPath: {path: /sys/fs/cgroup}}]\n"
        "  volumeMounts: [{name: cgroup, mountPath: /host/cgroup, readOnly: true}]\n"
        "  args: [--path.cgroupfs=/host/cgroup]"};

const PlaceText kDockerText = {
    .place = Place::docker,
    .node = "host",
    .run = "docker run",
    .grants = kGrants,
    .allow_call = kAllowCall,
    .real_kernel =
        "On the host, start the container on the host's own kernel:\n"
        "  docker run --runtime runc ...",
    .descriptors = kDescriptors,
    .selinux = kSelinuxType,
    .user_namespace =
        "On the host, run the container rootful, in the host's user namespace:\n"
        "  docker run --userns=host ...",
    .file = {.capability = kImageCapability,
             .stale_capability = "",
             .suid_mount = kImageMount,
             .direct_start =
                 "In the image, make the program itself the entrypoint, without sh, tini or a\n"
                 "wrapper, and use Docker 25 or newer:\n"
                 "  ENTRYPOINT [{exe_json}]\n"
                 "Or start the container without --security-opt=no-new-privileges."},
    .restart = kNewContainer,
    .cgroups = kHostCgroups};

const PlaceText kPodmanText = {
    .place = Place::podman,
    .node = "host",
    .run = "sudo podman run",
    .grants = {.perfmon = "On the host, start the container rootful and with:\n"
                          "  sudo podman run --cap-drop ALL --cap-add PERFMON ...",
               .sys_admin = "On the host, rootful, for a container that runs as root:\n"
                            "  sudo podman run --user 0 --cap-add SYS_ADMIN ...",
               .both =
                   "On the host, start the container rootful and with:\n"
                   "  sudo podman run --cap-drop ALL --cap-add PERFMON --cap-add SYS_ADMIN ..."},
    .allow_call = kAllowCall,
    .real_kernel =
        "On the host, start the container on the host's own kernel:\n"
        "  sudo podman --runtime runc run ...",
    .descriptors = kDescriptors,
    .selinux = kSelinuxType,
    .user_namespace =
        "On the host, run the container rootful and without --userns or --uidmap:\n"
        "  sudo podman run --userns=host ...",
    .file = kInImage,
    .restart = kNewContainer,
    .cgroups = kHostCgroups};

const PlaceText kContainerdText = {
    .place = Place::containerd,
    .node = "host",
    .run = "nerdctl run",
    .grants = kGrants,
    .allow_call = kAllowCall,
    .real_kernel =
        "On the host, start the container on the host's own kernel:\n"
        "  nerdctl run --runtime io.containerd.runc.v2 ...",
    .descriptors = kDescriptors,
    .selinux = kSelinuxType,
    .user_namespace =
        "On the host, run the container rootful, in the host's user namespace:\n"
        "  sudo nerdctl run ...",
    .file = kInImage,
    .restart = kNewContainer,
    .cgroups = kHostCgroups};

}  // namespace perf_exporter
