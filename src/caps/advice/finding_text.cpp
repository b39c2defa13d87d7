#include "caps/advice/finding_text.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace perf_exporter {
namespace {

constexpr std::string_view kParanoid2 =
    "On the {node} (CAP_PERFMON works from there on; to keep it, a line in /etc/sysctl.d):\n"
    "  sudo sysctl -w kernel.perf_event_paranoid=2";

constexpr std::string_view kFreeCounters =
    "Free the counters on the host that owns the PMU: end perf and other profilers there, and:\n"
    "  sudo sysctl -w kernel.nmi_watchdog=0\n"
    "And, in a virtual machine, do so on the hypervisor's host, where pinned events keep guests'\n"
    "counters from running; or have the virtual PMU switched off, or take one that counts (KVM:\n"
    "the host's CPU model with pmu=on). Counting goes on by itself once a check every 5 minutes\n"
    "finds it right.";

constexpr FindingText kTexts[] = {
    {"permitted", "The kernel lets this process count in user and kernel mode.", ""},
    {"trials_not_run", "The trial opens could not be made, so nothing is known about permissions.",
     "Allow the process at least one more task (pids limit, RLIMIT_NPROC).", FixEffect::at_restart},

    {"kernel_does_not_answer",
     "A call to the kernel's perf code does not return; what waits for it can't be counted.",
     "Look for what holds the call in front of a sound kernel: a supervisor by seccomp (Seccomp "
     "2), a\n"
     "tracer (TracerPid). It goes on once it is answered; a wedged kernel takes a reboot, and its "
     "log\n"
     "says what hangs:\n"
     "  sudo dmesg | grep -i -e 'blocked for more than' -e perf -e BUG"},

    // In front of perf.
    {"seccomp_eperm",
     "A seccomp filter refuses perf_event_open (EPERM) before the kernel's perf code sees it.",
     "{grant}\n"
     "And, where the default profile is too old to look at it: on the {node}, upgrade\n"
     "{newer_runtime}.",
     FixEffect::at_restart},
    {"seccomp_eperm/no_profile",
     "A seccomp filter refuses perf_event_open (EPERM) before the kernel's perf code sees it.",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_eperm/granted",
     "A seccomp filter refuses perf_event_open (EPERM) although CAP_PERFMON is in the bounding "
     "set.",
     "On the {node}, upgrade {newer_runtime}, whose default profile takes CAP_PERFMON.\n"
     "Or: {allow_call}",
     FixEffect::at_restart},
    {"seccomp_enosys",
     "A seccomp filter answers perf_event_open as if the kernel did not have it (ENOSYS).",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_enosys/profile",
     "A seccomp filter answers perf_event_open as if the kernel did not have it (ENOSYS).",
     "On the {node}, upgrade {newer_runtime}, whose default profile takes CAP_PERFMON.\n"
     "Or: {allow_call}",
     FixEffect::at_restart},
    {"seccomp_enosys/sys_admin",
     "A seccomp filter answers perf_event_open as if the kernel did not have it (ENOSYS).",
     "The profile wants both capabilities: add PERFMON beside SYS_ADMIN.\n"
     "{grant_both}\n"
     "Or on the {node}, upgrade {newer_runtime}, whose default profile takes CAP_PERFMON.",
     FixEffect::at_restart},
    {"seccomp_errno",
     "A seccomp filter refuses perf_event_open with an errno that no default profile uses.",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_kill", "A seccomp filter ends every process that calls perf_event_open.",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_other_calls",
     "A seccomp filter takes system calls that the exporter makes beside perf_event_open; it does "
     "without them.",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_other_calls/untried",
     "Whether a seccomp filter takes calls that the exporter can do without could not be tried, so "
     "they are left out.",
     "Allow the process at least one more task (pids limit, RLIMIT_NPROC).", FixEffect::at_restart},
    {"kernel_without_perf", "The kernel was built without perf events.",
     "On the {node}, boot a kernel with CONFIG_PERF_EVENTS=y, or use another {node}."},
    {"emulated_kernel",
     "The kernel that answers is not Linux but an emulation without perf, such as gVisor.",
     "{real_kernel}"},
    {"refused_before_perf", "Something in front of the kernel's perf code refuses perf_event_open.",
     "Look for what intercepts system calls of this process: a sandbox, a ptrace supervisor."},

    {"descriptors_exhausted", "No file descriptor is left for an event.",
     "{descriptors}\n"
     "Or, where the answer is ENFILE, the {node} as a whole has none left, which this shows:\n"
     "  cat /proc/sys/fs/file-nr",
     FixEffect::at_restart},

    // Gates that refuse everything.
    {"debian_gate",
     "This kernel has Debian's patch: from perf_event_paranoid 3 on it refuses every open to all "
     "but CAP_SYS_ADMIN.",
     kParanoid2, FixEffect::at_once},
    {"ubuntu_gate",
     "This kernel has Ubuntu's patch: at perf_event_paranoid 4 it refuses every open without "
     "CAP_SYS_ADMIN; only newer ones take CAP_PERFMON.",
     "Upgrade the {node}'s kernel: newer ones of Ubuntu take CAP_PERFMON here. Or on the {node}:\n"
     "  sudo sysctl -w kernel.perf_event_paranoid=2",
     FixEffect::at_once},
    {"ubuntu_gate/not_held",
     "This kernel has Ubuntu's patch: at perf_event_paranoid 4 it refuses every open without "
     "CAP_SYS_ADMIN; only newer ones take CAP_PERFMON.",
     "First give the program CAP_PERFMON, as the other findings say: newer kernels of Ubuntu take "
     "it\n"
     "here. Where this one does not, upgrade the {node}'s kernel, or on the {node}:\n"
     "  sudo sysctl -w kernel.perf_event_paranoid=2",
     FixEffect::at_once},
    {"hardened_gate",
     "This kernel refuses every open at this perf_event_paranoid level, even with CAP_SYS_ADMIN.",
     "No capability helps: kernels of the linux-hardened kind close perf to root as well. On the\n"
     "{node}:\n"
     "  sudo sysctl -w kernel.perf_event_paranoid=2\n"
     "If that is refused, boot another kernel.",
     FixEffect::at_once},
    {"lsm_denies_open",
     "A security module refuses every perf event (SELinux perf_event:open or a BPF LSM).", "{lsm}",
     FixEffect::at_once},
    {"lsm_denies_kernel",
     "A security module refuses events that count kernel mode (SELinux perf_event:kernel).",
     "{lsm}", FixEffect::at_once},
    {"lsm_denies_cpu", "A security module refuses events on a whole CPU (SELinux perf_event:cpu).",
     "{lsm}", FixEffect::at_once},
    {"lsm_denies_read",
     "A security module lets events be opened, but not read (SELinux perf_event:read).", "{lsm}"},
    {"lsm_denies_write",
     "A security module lets events be opened, but not enabled (SELinux perf_event:write).",
     "{lsm}"},
    {"lsm_denies_capability",
     "The process holds the capability, but a security module vetoes it (SELinux "
     "capability2:perfmon).",
     "{lsm}", FixEffect::at_once},
    {"apparmor_denies_capability",
     "The process holds the capability, but its AppArmor profile denies it.",
     "In the profile {profile} on the {node}, add this line:\n"
     "  capability perfmon,\n"
     "And have the kernel take it:\n"
     "  sudo apparmor_parser -r /etc/apparmor.d/FILE",
     FixEffect::at_once},
    {"user_namespace", "The process runs in a user namespace, where no capability counts for perf.",
     "{user_namespace}", FixEffect::at_restart},

    // No capability.
    {"kernel_lacks_perfmon",
     "The kernel is older than 5.8 and knows no CAP_PERFMON; it asks for CAP_SYS_ADMIN.",
     "{grant_sys_admin}\n"
     "Or upgrade the {node}'s kernel to 5.8 or newer.",
     FixEffect::at_restart},
    {"permitted_not_raised", "CAP_PERFMON is permitted, but could not be made effective.",
     "Allow the process capset(2): a security module or a supervisor may refuse it.",
     FixEffect::at_restart},
    {"permitted_not_raised/filtered",
     "CAP_PERFMON is permitted, but could not be made effective: a seccomp filter takes capset.",
     "{allow_call}", FixEffect::at_restart},
    {"bounding_set_lacks_perfmon",
     "CAP_PERFMON is not in the bounding set: the process was started without a way to get it.",
     "{grant}", FixEffect::at_restart},
    {"root_lost_perfmon",
     "The process is root but has given up, or was started without, CAP_PERFMON.",
     "{grant}\n"
     "And see what a root shell has dropped:\n"
     "  capsh --print",
     FixEffect::at_restart},
    {"file_capability_missing",
     "The program's file carries no capability, and nothing else gives it CAP_PERFMON.",
     "{file_capability}", FixEffect::at_restart},
    {"image_lacks_file_capability",
     "The program's file in this container carries no capability: the image never had it, or lost "
     "it on the way.",
     "{file_capability}\n"
     "And find where it was lost: by {builder}, a COPY, cp or\n"
     "chown after setcap, or the storage drivers vfs and btrfs. Look in the built image, then\n"
     "here:\n"
     "  getcap {exe}",
     FixEffect::at_restart},
    {"file_capability_lacks_perfmon",
     "The program's file carries capabilities, but not CAP_PERFMON for this user namespace.",
     "{file_capability}\n"
     "{stale_capability}",
     FixEffect::at_restart},
    {"nosuid_mount", "The program lies on a nosuid mount, where file capabilities are ignored.",
     "{suid_mount}", FixEffect::at_restart},
    {"no_new_privs_dropped_perfmon",
     "no_new_privs took the file's CAP_PERFMON: whoever executed the program did not hold it.",
     "{direct_start}", FixEffect::at_restart},
    {"tracer_dropped_perfmon",
     "The program was started under an unprivileged tracer, which takes file capabilities away.",
     "Start the program without strace or gdb, or trace it as root.", FixEffect::at_restart},
    {"file_capability_not_applied",
     "The program's file should give it CAP_PERFMON, but the kernel did not apply it.",
     "Boot the {node} without no_file_caps if it is on the kernel's command line; else start the\n"
     "program anew: a tracer that has left, or shared process state, can have caused it."},
    {"paranoid_restricts",
     "perf_event_paranoid asks for a capability here; a lower level would do without.",
     "Prefer what the other findings say, which lets this program alone count. Without that, on "
     "the\n"
     "{node}, which opens perf to every user:\n"
     "  sudo sysctl -w kernel.perf_event_paranoid=0",
     FixEffect::at_once},

    // Beyond permission.
    {"no_pmu",
     "This machine shows no hardware PMU, so hardware events are absent; software events do not "
     "need one.",
     "{pmu_switch}"},
    {"hardware_event_unsupported", "A PMU is there, but it does not take the cycles event.",
     "Use events that this PMU knows:\n"
     "  perf-exporter list"},
    {"hybrid_core_type", "Some wanted events are known to one core type of this machine only.",
     "Nothing to mend: they are absent on the CPUs of the other type. Leave the collector out "
     "with\n"
     "--no-collector, or choose the CPUs with --cpus."},
    {"counters_too_few",
     "The PMU has no room now for events that are counted together or not at all; they are absent.",
     "On the {node}, free counters: end who counts with pinned events, and the NMI watchdog\n"
     "(kernel.nmi_watchdog); on a KVM host guests' virtual PMUs take some. A virtual PMU of too "
     "few\n"
     "counters is made larger at the hypervisor. It is tried again every 30 s.",
     FixEffect::at_once},
    {"counters_taken",
     "Open hardware events find no free counter, or next to none: others hold them.",
     "On the {node}, look for who counts with pinned events: perf, another profiler, the NMI\n"
     "watchdog (kernel.nmi_watchdog), and on a KVM host its guests' virtual PMUs."},
    {"event_unread", "Reading open events fails time and again; their samples are absent.",
     "They are opened anew every 30 s while that lasts. On the {node}, the kernel's log may tell\n"
     "what is wrong with its PMU:\n"
     "  sudo dmesg | grep -i -e perf -e pmu",
     FixEffect::at_once},
    {"sum_incomplete",
     "A sum over CPUs leaves out those on which its event is not counted just now: its rate is too "
     "low by what they would count.",
     "The findings beside this one tell why, and what mends it. --aggregate=cpu keeps the CPUs\n"
     "apart; perf_exporter_event_cpus tells on how many CPUs a sum stands."},
    {"nmi_watchdog", "The NMI watchdog holds one hardware counter of every CPU.",
     "On the {node}:\n"
     "  sudo sysctl -w kernel.nmi_watchdog=0"},
    {"mediated_vpmu",
     "KVM hands the PMU to guests whole (mediated vPMU): an event that includes guests and such a "
     "guest keep each other out.",
     "Nothing to mend: --guests=auto leaves guests out here; --guests=exclude says that this is\n"
     "meant."},
    {"pmu_busy", "Another driver or profiler holds the PMU.",
     "On the {node}, stop the other profiler (perf, a vendor's tool, Intel PT in use).",
     FixEffect::at_once},
    {"cpu_offline", "The CPU of the trial opens is offline, so nothing is known about whole CPUs.",
     "Run the probe again."},

    // Cgroups.
    {"cgroup_not_mounted", "No cgroup hierarchy is visible here.", "{cgroups}"},
    {"cgroup_unreadable", "The cgroup's directory may not be opened.",
     "Let the process' user list the directory. Or: {cgroups}"},
    {"cgroup_wrong_path", "What was tried is not the directory of a cgroup.",
     "Point --path.cgroupfs to where the cgroup file systems are mounted:\n"
     "  grep cgroup /proc/self/mountinfo"},
    {"cgroup_removed", "The cgroup went away while it was tried.", "Run the probe again."},
    {"cgroup_other_hierarchy",
     "perf_event is bound to a v1 hierarchy, and only the unified one is visible here.",
     "On the {node}, mount that hierarchy where it is looked for:\n"
     "  sudo mount -t cgroup -o perf_event cgroup /sys/fs/cgroup/perf_event\n"
     "Or boot the {node} with systemd.unified_cgroup_hierarchy=1 on the kernel's command line."},
    {"cgroup_perf_disabled", "The kernel was booted with perf_event switched off for cgroups.",
     "Boot the {node} without cgroup_disable=perf_event on the kernel's command line."},
    {"cgroup_root_never_delegated",
     "The cgroups below the root have no perf state: nobody has enabled a controller there yet, as "
     "systemd does.",
     "On the {node}, once:\n"
     "  echo +pids | sudo tee /sys/fs/cgroup/cgroup.subtree_control"},
    {"cgroup_kernel_lacks_perf", "The kernel can't count by cgroup.",
     "On the {node}, boot a kernel with CONFIG_CGROUP_PERF=y."},
    {"cgroup_view_partial",
     "A cgroup namespace shows this process a part of the cgroups only: other containers are not "
     "to be seen.",
     "{cgroups}"},

    // Of the program that the preflight speaks for.
    {"main_program_starts", "The program that this preflight stands beside can be executed here.",
     ""},
    {"main_program_missing", "The program that this preflight stands beside is not there.",
     "In the image, install it as {main}."},
    {"main_program_not_executable",
     "The program that this preflight stands beside may not be executed by this user.",
     "In the image's Dockerfile:\n"
     "  RUN chmod 0755 {main}\n"
     "And keep it on a mount without noexec."},
    {"main_program_exec_refused",
     "The program beside this one can't be started here: execve will fail with EPERM, since its "
     "file demands capabilities that are out of reach.",
     "{grant}\n"
     "{pod}"},
    {"main_program_nosuid",
     "The program that this preflight stands beside lies on a nosuid mount: it will start without "
     "its capability.",
     "{suid_mount}"},
    {"main_program_lacks_perfmon",
     "The file of the program that this preflight stands beside does not carry CAP_PERFMON.",
     "In the image's Dockerfile, after the last COPY and chown of the file:\n"
     "  RUN setcap cap_perfmon=ep {main}"},

    // Of counting what the trials allow.
    {"descriptor_limit", "The limit of open files leaves no room for all wanted events.",
     "{descriptors}\n"
     "Or count fewer events or CPUs.",
     FixEffect::at_restart},
    {"threads_limited",
     "A limit leaves room for fewer threads than requests may come at once; requests wait for one "
     "of those, and idle connections are closed for them.",
     "Raise the limit that the evidence names; it is noticed within a minute, without a restart. "
     "Or ask less at once: eight tasks suffice to be scraped."},
    {"pmu_not_counting", "A PMU opens events and does not count; what it would show is withheld.",
     kFreeCounters},
    {"pmu_counts_nonsense", "A PMU counts wrong; what it would show is withheld.", kFreeCounters},

    // Of serving.
    {"address_unavailable", "Some of the addresses to listen on can't be had; the others serve.",
     "Free the address, or leave it out of --web.listen-address. It is tried again every 30 s and "
     "on SIGHUP,\n"
     "with no capability: a port below 1024, or a folder of somebody else's, takes a restart."},

    {"unexplained_refusal",
     "The kernel refuses what is wanted, and the facts that can be read do not say why.",
     "Compare the trials and facts of this with docs/permissions.md:\n"
     "  perf-exporter probe"},
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

Finding make_finding(std::string_view key, Severity severity, std::string evidence,
                     const HostFacts& facts) {
  const FindingText& text = finding_text(key);
  return {std::string(text.id()),
          severity,
          std::string(text.summary),
          std::move(evidence),
          fix_for(text, facts),
          finding_anchor(text.id()),
          text.effect,
          {}};
}

std::string finding_anchor(std::string_view id) {
  std::string anchor = "docs/permissions.md#" + std::string(id);
  std::replace(anchor.begin(), anchor.end(), '_', '-');
  return anchor;
}

}  // namespace perf_exporter
