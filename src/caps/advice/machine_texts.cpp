#include "caps/advice/finding_tables.h"

namespace perf_exporter {
namespace {

constexpr FindingText kTexts[] = {
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
};

}  // namespace

std::span<const FindingText> machine_texts() {
  return kTexts;
}

}  // namespace perf_exporter
