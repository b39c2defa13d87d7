#include "caps/finding_text.h"

#include <algorithm>

namespace perf_exporter {
namespace {

constexpr std::string_view kPodGrant =
    "In the pod's manifest, on the container:\n"
    "  securityContext: {capabilities: {drop: [ALL], add: [PERFMON]}}\n"
    "and on its namespace, which Pod Security must not hold to baseline:\n"
    "  pod-security.kubernetes.io/enforce: privileged";
constexpr std::string_view kDockerGrant =
    "On the host, start the container with:\n"
    "  docker run --cap-drop ALL --cap-add PERFMON ...";
constexpr std::string_view kUnitGrant =
    "In the unit ('systemctl edit' it, then restart):\n"
    "  [Service]\n"
    "  AmbientCapabilities=CAP_PERFMON\n"
    "  CapabilityBoundingSet=CAP_PERFMON";
constexpr std::string_view kImageSetcap =
    "In the image's Dockerfile, after the last COPY and chown of the file:\n"
    "  RUN setcap cap_perfmon=ep {exe}\n"
    "and build and move the image with tools that keep extended attributes.";
constexpr std::string_view kHostSetcap = "On the host:\n  sudo setcap cap_perfmon=ep {exe}";
constexpr std::string_view kNodeParanoid2 =
    "On the node (CAP_PERFMON works from there on):\n"
    "  sysctl -w kernel.perf_event_paranoid=2";
constexpr std::string_view kHostParanoid2 =
    "On the host (CAP_PERFMON works from there on):\n"
    "  sudo sysctl -w kernel.perf_event_paranoid=2";
constexpr std::string_view kUbuntuNode =
    "Upgrade the node's kernel: newer Ubuntu kernels take CAP_PERFMON here. Or on the node:\n"
    "  sysctl -w kernel.perf_event_paranoid=2";
constexpr std::string_view kUbuntuHost =
    "Upgrade the kernel: newer Ubuntu kernels take CAP_PERFMON here. Or on the host:\n"
    "  sudo sysctl -w kernel.perf_event_paranoid=2";
constexpr std::string_view kSelinuxPod =
    "In the pod's manifest, where SELinux is enforcing:\n"
    "  securityContext: {seLinuxOptions: {type: spc_t}}\n"
    "or on the node a policy module that allows the container's type\n"
    "  perf_event { open cpu kernel read write } and capability2 perfmon.";
constexpr std::string_view kSelinuxDocker =
    "On the host, where SELinux is enforcing, start the container with:\n"
    "  docker run --security-opt label=type:spc_t ...\n"
    "or load a policy module that allows the container's type\n"
    "  perf_event { open cpu kernel read write } and capability2 perfmon.";
constexpr std::string_view kSelinuxHost =
    "On the host, load a policy module that allows the process' type\n"
    "  perf_event { open cpu kernel read write } and capability2 perfmon\n"
    "where SELinux is enforcing; else look for a BPF LSM program: bpftool prog list";
constexpr FindingText kTexts[] = {
    {"permitted", "The kernel lets this process count in user and kernel mode.", {}},
    {"trials_not_run",
     "The trial opens could not be made, so nothing is known about permissions.",
     {"", "", "", "Allow the process at least one more task (pids limit, RLIMIT_NPROC), restart."}},

    {"seccomp_refuses",
     "A seccomp filter refuses perf_event_open before the kernel sees the call.",
     {kPodGrant, kDockerGrant,
      "In the unit ('systemctl edit' it, then restart):\n"
      "  [Service]\n"
      "  SystemCallFilter=perf_event_open",
      "Start the process without the filter, or with one that allows perf_event_open."}},
    {"seccomp_refuses/granted",
     "A seccomp filter refuses perf_event_open although CAP_PERFMON is in the bounding set.",
     {"On the node, upgrade the runtime (containerd 1.6.9 or 1.7.0, CRI-O 1.35.1: from there\n"
      "on its default profile takes CAP_PERFMON), or install a profile that allows\n"
      "perf_event_open and name it in the pod's manifest:\n"
      "  securityContext: {seccompProfile: {type: Localhost, localhostProfile: FILE}}",
      "On the host, upgrade Docker to 23.0 or newer, or start the container with a profile\n"
      "that allows perf_event_open:\n"
      "  docker run --security-opt seccomp=FILE ...",
      "In the unit ('systemctl edit' it, then restart):\n"
      "  [Service]\n"
      "  SystemCallFilter=perf_event_open",
      "Start the process without the filter, or with one that allows perf_event_open."}},
    {"kernel_without_perf",
     "The kernel was built without perf events.",
     {"Run the pod on nodes whose kernel has CONFIG_PERF_EVENTS=y.", "", "",
      "On the host, boot a kernel with CONFIG_PERF_EVENTS=y."}},
    {"emulated_kernel",
     "The kernel that answers is not Linux but an emulation without perf, such as gVisor.",
     {"In the pod's manifest, use a runtime class that runs on the node's own kernel:\n"
      "  runtimeClassName: runc",
      "On the host, start the container on the host's own kernel:\n"
      "  docker run --runtime runc ...",
      "", "Start the process outside the sandbox."}},
    {"refused_before_perf",
     "Something in front of the kernel's perf code refuses perf_event_open.",
     {"", "", "", "Look for what intercepts system calls of this process (a sandbox, ptrace)."}},

    {"descriptors_exhausted",
     "No file descriptor is left for an event.",
     {"On the node, raise the runtime's LimitNOFILE, or fs.file-max where the answer is ENFILE.",
      "On the host, start the container with:\n"
      "  docker run --ulimit nofile=65536:65536 ...",
      "In the unit ('systemctl edit' it, then restart):\n"
      "  [Service]\n"
      "  LimitNOFILE=65536",
      "On the host, before starting: ulimit -n 65536 (ENFILE instead: sysctl fs.file-max)"}},

    {"distribution_gate/debian",
     "The distribution's kernel refuses every open at this perf_event_paranoid level unless "
     "CAP_SYS_ADMIN is held.",
     {kNodeParanoid2, kHostParanoid2, kHostParanoid2, kHostParanoid2}},
    {"distribution_gate/ubuntu",
     "The distribution's kernel refuses every open at this perf_event_paranoid level unless "
     "CAP_SYS_ADMIN is held.",
     {kUbuntuNode, kUbuntuHost, kUbuntuHost, kUbuntuHost}},
    {"lsm_denies_open",
     "A security module refuses every perf event (SELinux perf_event:open or a BPF LSM).",
     {kSelinuxPod, kSelinuxDocker, kSelinuxHost, kSelinuxHost}},
    {"lsm_denies_kernel",
     "A security module refuses events that count kernel mode (SELinux perf_event:kernel).",
     {kSelinuxPod, kSelinuxDocker, kSelinuxHost, kSelinuxHost}},
    {"lsm_denies_cpu",
     "A security module refuses events on a whole CPU (SELinux perf_event:cpu).",
     {kSelinuxPod, kSelinuxDocker, kSelinuxHost, kSelinuxHost}},
    {"apparmor_denies_capability",
     "The process holds the capability, but its AppArmor profile denies it.",
     {"In the profile on the node add the line below, reload it with apparmor_parser -r,\n"
      "restart the pod:\n"
      "  capability perfmon,",
      "In the profile on the host add the line below, reload it with apparmor_parser -r,\n"
      "restart the container:\n"
      "  capability perfmon,",
      "",
      "In the profile on the host add the line below, reload it with apparmor_parser -r,\n"
      "restart the program:\n"
      "  capability perfmon,"}},
    {"lsm_denies_capability",
     "The process holds the capability, but a security module vetoes it (SELinux "
     "capability2:perfmon).",
     {kSelinuxPod, kSelinuxDocker, kSelinuxHost, kSelinuxHost}},
    {"user_namespace",
     "The process runs in a user namespace, where no capability counts for perf.",
     {"In the pod's manifest (false is what puts it into a user namespace):\n"
      "  hostUsers: true",
      "On the host, run the container rootful and in the host's user namespace:\n"
      "  docker run --userns=host ...",
      "In the unit ('systemctl edit' it, then restart):\n"
      "  [Service]\n"
      "  PrivateUsers=no",
      "Start the process in the initial user namespace (no unshare -U, no rootless container)."}},

    {"kernel_lacks_perfmon",
     "The kernel is older than 5.8 and knows no CAP_PERFMON; it asks for CAP_SYS_ADMIN.",
     {"In the pod's manifest, for a process that runs as uid 0:\n"
      "  securityContext: {runAsUser: 0, capabilities: {add: [SYS_ADMIN]}}\n"
      "or upgrade the node's kernel to 5.8 or newer.",
      "On the host, for a container that runs as root:\n"
      "  docker run --user 0 --cap-add SYS_ADMIN ...\n"
      "or upgrade the host's kernel to 5.8 or newer.",
      "In the unit ('systemctl edit' it, then restart):\n"
      "  [Service]\n"
      "  AmbientCapabilities=CAP_SYS_ADMIN\n"
      "or upgrade the kernel to 5.8 or newer.",
      "Upgrade the kernel to 5.8 or newer, or run the program as root."}},
    {"permitted_not_raised",
     "CAP_PERFMON is permitted, but could not be made effective.",
     {"", "", "", "Allow the process capset(2): a seccomp filter may refuse it."}},
    {"bounding_set_lacks_perfmon",
     "CAP_PERFMON is not in the bounding set: the process was started without a way to get it.",
     {kPodGrant, kDockerGrant, kUnitGrant,
      "Start the program from a shell or service that keeps CAP_PERFMON in its bounding set."}},
    {"root_lost_perfmon",
     "The process is root but has given up, or was started without, CAP_PERFMON.",
     {kPodGrant, kDockerGrant, kUnitGrant,
      "Start the program from a root shell whose capabilities were not dropped (capsh --print)."}},
    {"file_capability_missing",
     "The program's file carries no capability, and nothing else gives it CAP_PERFMON.",
     {kImageSetcap, kImageSetcap, kUnitGrant, kHostSetcap}},
    {"file_capability_lacks_perfmon",
     "The program's file carries capabilities, but not CAP_PERFMON for this user namespace.",
     {kImageSetcap, kImageSetcap,
      "On the host, take the file's capabilities away and let the unit give the one needed:\n"
      "  sudo setcap -r {exe}\n"
      "  [Service]\n"
      "  AmbientCapabilities=CAP_PERFMON",
      kHostSetcap}},
    {"nosuid_mount",
     "The program lies on a nosuid mount, where file capabilities are ignored.",
     {"In the image, put the program on the root file system, not on a volume.",
      "In the image, put the program on the root file system, not on a volume.", kUnitGrant,
      "On the host, move the program to a file system mounted without nosuid:\n"
      "  findmnt -T {exe}"}},
    {"no_new_privs_dropped_perfmon",
     "no_new_privs took the file's CAP_PERFMON: whoever executed the program did not hold it.",
     {"In the image, make the program itself the entrypoint, without sh, tini or a wrapper:\n"
      "  ENTRYPOINT [\"{exe}\"]\n"
      "or in the pod's manifest:\n"
      "  securityContext: {allowPrivilegeEscalation: true}",
      "In the image, make the program itself the entrypoint, without sh, tini or a wrapper:\n"
      "  ENTRYPOINT [\"{exe}\"]\n"
      "with Docker 25 or newer, or start it without --security-opt no-new-privileges.",
      "In the unit ('systemctl edit' it, then restart):\n"
      "  [Service]\n"
      "  AmbientCapabilities=CAP_PERFMON",
      "Start the program without no_new_privs, or from a process that holds CAP_PERFMON."}},
    {"tracer_dropped_perfmon",
     "The program was started under an unprivileged tracer, which takes file capabilities away.",
     {"", "", "", "Start the program without strace or gdb, or trace it as root."}},
    {"file_capability_not_applied",
     "The program's file should give it CAP_PERFMON, but the kernel did not apply it.",
     {"", "", "",
      "Boot the host without no_file_caps if it is on the kernel's command line; else start the\n"
      "program anew: a tracer that has left, or shared process state, can have caused it."}},
    {"paranoid_restricts",
     "perf_event_paranoid asks for CAP_PERFMON here; a lower level would do without.",
     {"Prefer to grant CAP_PERFMON. Without it, on the node:\n"
      "  sysctl -w kernel.perf_event_paranoid=0",
      "", "",
      "Prefer to grant CAP_PERFMON. Without it, on the host:\n"
      "  sudo sysctl -w kernel.perf_event_paranoid=0"}},

    {"no_pmu",
     "This machine shows no hardware PMU, so hardware events are absent; software events do not "
     "need one.",
     {"Enable the virtual PMU of the node's VM in its hypervisor, or use bare-metal nodes.", "", "",
      "Enable the virtual PMU of this VM in its hypervisor, or use bare metal."}},
    {"hardware_event_unsupported",
     "A PMU is there, but it does not take the cycles event.",
     {"", "", "", "Use events that this PMU knows: perf-exporter list"}},
    {"pmu_busy",
     "Another driver or profiler holds the PMU.",
     {"On the node, stop the other profiler.", "", "", "On the host, stop the other profiler."}},
    {"cpu_offline",
     "The CPU of the trial opens is offline, so nothing is known about whole CPUs.",
     {"", "", "", "Run the probe again."}},
    {"unexplained_refusal",
     "The kernel refuses what is wanted, and the facts that can be read do not say why.",
     {"", "", "",
      "Compare the trials and facts of 'perf-exporter probe' with docs/permissions.md."}},
};

}  // namespace

std::span<const FindingText> finding_texts() {
  return kTexts;
}

const FindingText& finding_text(std::string_view key) {
  const auto* row = std::find_if(std::begin(kTexts), std::end(kTexts),
                                 [&](const FindingText& text) { return text.key == key; });
  return row == std::end(kTexts) ? kTexts[std::size(kTexts) - 1] : *row;
}

std::string fix_for(const FindingText& text, Place place, std::string_view executable) {
  constexpr std::string_view kHole = "{exe}";
  const std::string_view chosen = text.fix[static_cast<std::size_t>(place)];
  std::string fix(chosen.empty() ? text.fix[static_cast<std::size_t>(Place::host)] : chosen);
  for (auto at = fix.find(kHole); at != std::string::npos; at = fix.find(kHole)) {
    fix.replace(at, kHole.size(), executable);
  }
  return fix;
}

std::string finding_anchor(std::string_view id) {
  std::string anchor = "docs/permissions.md#" + std::string(id);
  std::replace(anchor.begin(), anchor.end(), '_', '-');
  return anchor;
}

}  // namespace perf_exporter
