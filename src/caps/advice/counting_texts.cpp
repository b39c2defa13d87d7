#include "caps/advice/finding_tables.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kFreeCounters =
    "Free the counters on the host that owns the PMU: end perf and other profilers there, and:\n"
    "  sudo sysctl -w kernel.nmi_watchdog=0\n"
    "And, in a virtual machine, do so on the hypervisor's host, where pinned events keep guests'\n"
    "counters from running; or have the virtual PMU switched off, or take one that counts (KVM:\n"
    "the host's CPU model with pmu=on). Counting goes on by itself once a check every 5 minutes\n"
    "finds it right.";

constexpr FindingText kTexts[] = {
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
    {"event_refused", "The kernel refuses some events, although the trial opens were allowed.",
     "A security module or a seccomp filter that looks at arguments may decide this; its audit log "
     "names the rule."},
    {"event_unsupported", "The PMU has no such event; its samples are absent.",
     "Nothing to mend: leave the collector out with --no-collector, or ignore this."},
    {"event_busy", "Somebody else holds what an event needs; its samples are absent.",
     "Stop the other profiler."},
    {"guests_excluded",
     "What virtual machines execute is not counted: the kernel refuses events that include guests.",
     "Nothing to mend while KVM's mediated vPMU is in use; --guests=exclude says that this is "
     "meant."},
    {"counters_shared",
     "Hardware events do not all find a counter at once; they take turns, and values are "
     "estimates.",
     "Count fewer events, or end other profilers; on a KVM host guests' counters take part, too."},
    {"pmu_unchecked", "Whether a PMU counts right could not be checked; it is taken to.",
     "Nothing to mend unless the evidence names it; it is tried again every 5 minutes."},
    {"event_silent",
     "An event opens and stays 0 although the CPU executes instructions; it is withheld, and with "
     "it what gets divided by it.",
     "Nothing to mend on bare metal: the PMU lacks the event; leave its collector out with "
     "--no-collector, or ignore this. In a virtual machine the hypervisor accepts the event and "
     "does not count it: see its vPMU's event filter."},
    {"cpu_not_online",
     "CPUs named by --cpus are offline or not there; they are counted once they come online.",
     "Name other CPUs, or bring these online."},
    {"cpus_masked",
     "Something lies over the list of online CPUs, as lxcfs does in containers: it is not the "
     "kernel's.",
     "Nothing to mend for the counts, which go by the kernel's other lists: present and possible, "
     "less offline. Mount the host's own sysfs here where other programs are to see the machine as "
     "it is."},
    {"package_unknown", "The package of some CPUs is not known, so they are in no sum by package.",
     "Sum up the whole machine with --aggregate=node, or keep the CPUs apart with "
     "--aggregate=cpu."},

    // Of serving.
    {"address_unavailable", "Some of the addresses to listen on can't be had; the others serve.",
     "Free the address, or leave it out of --web.listen-address. It is tried again every 30 s and "
     "on SIGHUP,\n"
     "with no capability: a port below 1024, or a folder of somebody else's, takes a restart."},
};

}  // namespace

std::span<const FindingText> counting_texts() {
  return kTexts;
}

}  // namespace perf_exporter
