#include "caps/place_table.h"

#include <algorithm>
#include <iterator>

namespace perf_exporter {
namespace {

constexpr std::string_view kDirectStart =
    "In the image, make the program itself the entrypoint, without sh, tini or a wrapper:\n"
    "  ENTRYPOINT [\"{exe}\"]\n";
constexpr std::string_view kImageCapability =
    "In the image's Dockerfile, after the last COPY and chown of the file:\n"
    "  RUN setcap cap_perfmon=ep {exe}\n"
    "and build and move the image with tools that keep extended attributes.";
constexpr std::string_view kImageMount =
    "In the image, put the program on the root file system, not on a volume.";

constexpr PlaceText kTexts[] = {
    {.place = Place::kubernetes,
     .node = "node",
     .grant = "In the pod's manifest, on the container:\n"
              "  securityContext:\n"
              "    capabilities: {drop: [ALL], add: [PERFMON]}\n"
              "and on its namespace, which Pod Security must not hold to baseline:\n"
              "  pod-security.kubernetes.io/enforce: privileged\n"
              "On OpenShift instead an SCC whose allowedCapabilities hold PERFMON.",
     .grant_sys_admin = "In the pod's manifest, for a process that runs as uid 0:\n"
                        "  securityContext:\n"
                        "    runAsUser: 0\n"
                        "    capabilities: {add: [SYS_ADMIN]}",
     .allow_call = "On the node, install a seccomp profile that allows perf_event_open below\n"
                   "/var/lib/kubelet/seccomp, and name it in the pod's manifest:\n"
                   "  securityContext:\n"
                   "    seccompProfile: {type: Localhost, localhostProfile: FILE}",
     .newer_runtime = "On the node, upgrade the runtime: from containerd 1.6.9 (1.7.0) and CRI-O\n"
                      "1.35.1 on its default profile takes CAP_PERFMON.",
     .real_kernel = "In the pod's manifest, a runtime class that runs on the node's own kernel:\n"
                    "  runtimeClassName: runc",
     .descriptors = "On the node, raise the limit that the runtime hands to its containers:\n"
                    "  systemctl edit containerd.service   # or crio.service\n"
                    "  [Service]\n"
                    "  LimitNOFILE=1048576",
     .selinux = "In the pod's manifest, a type that the policy leaves unconfined:\n"
                "  securityContext:\n"
                "    seLinuxOptions: {type: spc_t}",
     .apparmor = "On the node, reload it with apparmor_parser -r and restart the pod.",
     .user_namespace = "In the pod's manifest (false is what puts it into a user namespace):\n"
                       "  hostUsers: true",
     .file_capability = kImageCapability,
     .suid_mount = kImageMount,
     .direct_start = "In the image, make the program itself the entrypoint, without sh, tini or a\n"
                     "wrapper:\n"
                     "  ENTRYPOINT [\"{exe}\"]\n"
                     "or in the pod's manifest:\n"
                     "  securityContext: {allowPrivilegeEscalation: true}",
     .cgroups = "In the pod's manifest, the node's cgroups, read-only:\n"
                "  volumes: [{name: cgroup, hostPath: {path: /sys/fs/cgroup}}]\n"
                "  volumeMounts: [{name: cgroup, mountPath: /host/cgroup, readOnly: true}]\n"
                "  args: [--path.cgroupfs=/host/cgroup]"},
    {.place = Place::docker,
     .node = "host",
     .grant = "On the host, start the container with:\n"
              "  docker run --cap-drop ALL --cap-add PERFMON ...",
     .grant_sys_admin = "On the host, for a container that runs as root:\n"
                        "  docker run --user 0 --cap-add SYS_ADMIN ...",
     .allow_call = "On the host, start the container with a profile that allows perf_event_open:\n"
                   "  docker run --security-opt seccomp=FILE ...",
     .newer_runtime = "On the host, upgrade Docker to 23.0 or newer, whose default profile takes\n"
                      "CAP_PERFMON.",
     .real_kernel = "On the host, start the container on the host's own kernel:\n"
                    "  docker run --runtime runc ...",
     .descriptors = "On the host, start the container with:\n"
                    "  docker run --ulimit nofile=1048576:1048576 ...",
     .selinux = "On the host, start the container as a type that the policy leaves unconfined:\n"
                "  docker run --security-opt label=type:spc_t ...",
     .apparmor = "On the host, reload it with apparmor_parser -r and restart the container.",
     .user_namespace = "On the host, run the container rootful, in the host's user namespace:\n"
                       "  docker run --userns=host ...",
     .file_capability = kImageCapability,
     .suid_mount = kImageMount,
     .direct_start = "In the image, make the program itself the entrypoint, without sh, tini or a\n"
                     "wrapper, and use Docker 25 or newer:\n"
                     "  ENTRYPOINT [\"{exe}\"]\n"
                     "or start it without --security-opt no-new-privileges.",
     .cgroups = "On the host, start the container with the host's cgroups:\n"
                "  docker run --cgroupns host -v /sys/fs/cgroup:/host/cgroup:ro ... \\\n"
                "    --path.cgroupfs=/host/cgroup"},
    {.place = Place::podman,
     .node = "host",
     .grant = "On the host, start the container rootful and with:\n"
              "  sudo podman run --cap-drop ALL --cap-add PERFMON ...",
     .grant_sys_admin = "On the host, rootful, for a container that runs as root:\n"
                        "  sudo podman run --user 0 --cap-add SYS_ADMIN ...",
     .allow_call = "On the host, start the container with a profile that allows perf_event_open:\n"
                   "  sudo podman run --security-opt seccomp=FILE ...",
     .newer_runtime = "On the host, upgrade Podman to one built with containers/common newer than\n"
                      "0.67.0, whose default profile takes CAP_PERFMON.",
     .real_kernel = "On the host, start the container on the host's own kernel:\n"
                    "  sudo podman --runtime runc run ...",
     .descriptors = "On the host, start the container with:\n"
                    "  sudo podman run --ulimit nofile=1048576:1048576 ...",
     .selinux = "On the host, start the container as a type that the policy leaves unconfined:\n"
                "  sudo podman run --security-opt label=type:spc_t ...",
     .apparmor = "On the host, reload it with apparmor_parser -r and restart the container.",
     .user_namespace = "On the host, run the container rootful and without --userns or --uidmap:\n"
                       "  sudo podman run --userns=host ...",
     .file_capability = kImageCapability,
     .suid_mount = kImageMount,
     .direct_start = kDirectStart,
     .cgroups = "On the host, start the container with the host's cgroups:\n"
                "  sudo podman run --cgroupns host -v /sys/fs/cgroup:/host/cgroup:ro ... \\\n"
                "    --path.cgroupfs=/host/cgroup"},
    {.place = Place::containerd,
     .node = "host",
     .grant = "On the host, start the container with:\n"
              "  nerdctl run --cap-drop ALL --cap-add PERFMON ...",
     .grant_sys_admin = "On the host, for a container that runs as root:\n"
                        "  nerdctl run --user 0 --cap-add SYS_ADMIN ...",
     .allow_call = "On the host, start the container with a profile that allows perf_event_open:\n"
                   "  nerdctl run --security-opt seccomp=FILE ...",
     .newer_runtime = "On the host, upgrade containerd to 1.6.9, 1.7.0 or newer, whose default\n"
                      "profile takes CAP_PERFMON.",
     .real_kernel = "On the host, start the container on the host's own kernel:\n"
                    "  nerdctl run --runtime io.containerd.runc.v2 ...",
     .descriptors = "On the host, start the container with:\n"
                    "  nerdctl run --ulimit nofile=1048576:1048576 ...",
     .selinux = "On the host, start the container as a type that the policy leaves unconfined:\n"
                "  nerdctl run --security-opt label=type:spc_t ...",
     .apparmor = "On the host, reload it with apparmor_parser -r and restart the container.",
     .user_namespace = "On the host, run the container rootful, in the host's user namespace:\n"
                       "  sudo nerdctl run ...",
     .file_capability = kImageCapability,
     .suid_mount = kImageMount,
     .direct_start = kDirectStart,
     .cgroups = "On the host, start the container with the host's cgroups:\n"
                "  nerdctl run --cgroupns host -v /sys/fs/cgroup:/host/cgroup:ro ... \\\n"
                "    --path.cgroupfs=/host/cgroup"},
    {.place = Place::systemd,
     .node = "host",
     .grant = "In a drop-in of the unit ('systemctl edit {unit}', then restart it):\n"
              "  [Service]\n"
              "  AmbientCapabilities=CAP_PERFMON\n"
              "  CapabilityBoundingSet=CAP_PERFMON",
     .grant_sys_admin = "In a drop-in of the unit ('systemctl edit {unit}', then restart it):\n"
                        "  [Service]\n"
                        "  AmbientCapabilities=CAP_SYS_ADMIN\n"
                        "  CapabilityBoundingSet=CAP_SYS_ADMIN",
     .allow_call = "In a drop-in of the unit ('systemctl edit {unit}', then restart it):\n"
                   "  [Service]\n"
                   "  SystemCallFilter=perf_event_open",
     .newer_runtime = "",
     .real_kernel = "Start the unit on the host itself, outside the sandbox.",
     .descriptors = "In a drop-in of the unit ('systemctl edit {unit}', then restart it):\n"
                    "  [Service]\n"
                    "  LimitNOFILE=1048576",
     .selinux = "",
     .apparmor = "On the host, reload it with apparmor_parser -r and restart {unit}.",
     .user_namespace = "In a drop-in of the unit ('systemctl edit {unit}', then restart it):\n"
                       "  [Service]\n"
                       "  PrivateUsers=no",
     .file_capability = "In a drop-in of the unit, which needs no file capability then\n"
                        "('systemctl edit {unit}', then restart it):\n"
                        "  [Service]\n"
                        "  AmbientCapabilities=CAP_PERFMON\n"
                        "  CapabilityBoundingSet=CAP_PERFMON\n"
                        "Any other file capability empties the ambient set: sudo setcap -r {exe}",
     .suid_mount = "In a drop-in of the unit ('systemctl edit {unit}', then restart it):\n"
                   "  [Service]\n"
                   "  AmbientCapabilities=CAP_PERFMON\n"
                   "  CapabilityBoundingSet=CAP_PERFMON",
     .direct_start = "In a drop-in of the unit ('systemctl edit {unit}', then restart it):\n"
                     "  [Service]\n"
                     "  AmbientCapabilities=CAP_PERFMON\n"
                     "  CapabilityBoundingSet=CAP_PERFMON",
     .cgroups = "In a drop-in of the unit ('systemctl edit {unit}', then restart it):\n"
                "  [Service]\n"
                "  ProtectControlGroups=yes"},
    {.place = Place::nspawn,
     .node = "host",
     .grant = "On the host, in /etc/systemd/nspawn/NAME.nspawn, then start the container anew\n"
              "(or with --capability=CAP_PERFMON on the command line):\n"
              "  [Exec]\n"
              "  Capability=CAP_PERFMON",
     .grant_sys_admin = "nspawn keeps CAP_SYS_ADMIN for the container's root: run the program as\n"
                        "root there, with PrivateUsers=no.",
     .allow_call =
         "On the host, in /etc/systemd/nspawn/NAME.nspawn, then start the container anew\n"
         "(or with --system-call-filter=perf_event_open on the command line):\n"
         "  [Exec]\n"
         "  SystemCallFilter=perf_event_open",
     .newer_runtime = "",
     .real_kernel = "Start the container on the host itself, outside the sandbox.",
     .descriptors = "On the host, in /etc/systemd/nspawn/NAME.nspawn:\n"
                    "  [Exec]\n"
                    "  LimitNOFILE=1048576",
     .selinux = "",
     .apparmor = "On the host, reload it with apparmor_parser -r and restart the container.",
     .user_namespace = "On the host, in /etc/systemd/nspawn/NAME.nspawn, then start it anew:\n"
                       "  [Exec]\n"
                       "  PrivateUsers=no",
     .file_capability = "In the container's tree:\n"
                        "  sudo setcap cap_perfmon=ep {exe}",
     .suid_mount = "In the container's tree, move the program to a place mounted without nosuid.",
     .direct_start = "In the container, start the program from a process that holds CAP_PERFMON,\n"
                     "or without --no-new-privileges.",
     .cgroups = "On the host, bind the host's cgroups into the container:\n"
                "  systemd-nspawn --bind-ro=/sys/fs/cgroup:/host/cgroup ..."},
    {.place = Place::host,
     .node = "host",
     .grant =
         "On the host, start the program from a shell or service that keeps CAP_PERFMON in its\n"
         "bounding set, bit 38 here:\n"
         "  grep CapBnd /proc/self/status",
     .grant_sys_admin = "On the host, run the program as root.",
     .allow_call = "Start the process without the filter, or with one that allows perf_event_open.",
     .newer_runtime = "",
     .real_kernel = "Start the process outside the sandbox.",
     .descriptors = "On the host, before starting the program:\n"
                    "  ulimit -n 1048576",
     .selinux = "",
     .apparmor = "On the host, reload it with apparmor_parser -r and restart the program.",
     .user_namespace = "Start the process in the initial user namespace: without unshare -U, and\n"
                       "not in a rootless container.",
     .file_capability = "On the host:\n"
                        "  sudo setcap cap_perfmon=ep {exe}",
     .suid_mount = "On the host, move the program to a file system mounted without nosuid:\n"
                   "  findmnt -T {exe}",
     .direct_start = "Start the program without no_new_privs, or from a process that holds\n"
                     "CAP_PERFMON.",
     .cgroups = "On the host, mount cgroupfs, or name where it is with --path.cgroupfs:\n"
                "  sudo mount -t cgroup2 cgroup2 /sys/fs/cgroup"},
};

struct Piece {
  std::string_view name;
  std::string_view PlaceText::*text;
};

constexpr Piece kPieces[] = {
    {"node", &PlaceText::node},
    {"grant", &PlaceText::grant},
    {"grant_sys_admin", &PlaceText::grant_sys_admin},
    {"allow_call", &PlaceText::allow_call},
    {"newer_runtime", &PlaceText::newer_runtime},
    {"real_kernel", &PlaceText::real_kernel},
    {"descriptors", &PlaceText::descriptors},
    {"selinux", &PlaceText::selinux},
    {"apparmor", &PlaceText::apparmor},
    {"user_namespace", &PlaceText::user_namespace},
    {"file_capability", &PlaceText::file_capability},
    {"suid_mount", &PlaceText::suid_mount},
    {"direct_start", &PlaceText::direct_start},
    {"cgroups", &PlaceText::cgroups},
};

}  // namespace

std::span<const PlaceText> place_texts() {
  return kTexts;
}

const PlaceText& place_text(Place place) {
  const auto* row = std::find_if(std::begin(kTexts), std::end(kTexts),
                                 [place](const PlaceText& text) { return text.place == place; });
  return row == std::end(kTexts) ? kTexts[std::size(kTexts) - 1] : *row;
}

std::string_view place_piece(const PlaceText& text, std::string_view name) {
  const auto* piece = std::find_if(std::begin(kPieces), std::end(kPieces),
                                   [name](const Piece& each) { return each.name == name; });
  return piece == std::end(kPieces) ? std::string_view() : text.*(piece->text);
}

}  // namespace perf_exporter
