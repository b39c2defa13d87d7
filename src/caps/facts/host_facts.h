#pragma once

#include <sys/types.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "caps/capability_sets.h"
#include "caps/facts/cgroup_facts.h"
#include "caps/facts/hypervisor.h"
#include "caps/facts/place.h"
#include "caps/facts/side_calls.h"
#include "caps/file_capabilities.h"
#include "host/host_paths.h"

namespace perf_exporter {

// Who built the kernel, as far as its version text says; `other` is anybody else.
enum class KernelVendor { debian, ubuntu, other };

// "debian", "ubuntu", "other".
std::string_view to_text(KernelVendor vendor);

// RLIMIT_NOFILE.
struct DescriptorLimits {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;

  friend bool operator==(const DescriptorLimits&, const DescriptorLimits&) = default;
};

// An AppArmor profile and its mode as in /proc/self/attr/current: "docker-default", "enforce".
struct AppArmorProfile {
  std::string name;
  std::string mode;  // empty for "unconfined"

  friend bool operator==(const AppArmorProfile&, const AppArmorProfile&) = default;
};

// What PID 1 has, and with it whatever it starts: the difference is a unit's own. Where /proc/1 is
// hidden (hidepid, ProtectProc= of a unit) all of it is unknown.
struct InitFacts {
  std::optional<std::int64_t> seccomp_mode;
  std::optional<std::int64_t> seccomp_filters;
  std::optional<CapabilitySets> capabilities;
};

// What /proc and /sys say about the process and its host. A fact that could not be read is absent:
// unknown is a value of its own and never taken for "no".
struct HostFacts {
  // The process. The capabilities are those of the calling thread as they stand for an open, with
  // CAP_PERFMON raised where it is permitted.
  std::optional<uid_t> uid;  // effective
  std::optional<CapabilitySets> capabilities;
  std::optional<CapabilitySets> capget;  // the same as capget(2) shows them, filtered by AppArmor
  std::optional<bool> no_new_privs;
  std::optional<std::int64_t> seccomp_mode;     // 0 off, 1 strict, 2 filter
  std::optional<std::int64_t> seccomp_filters;  // how many are stacked
  std::optional<SideCalls> side_calls;          // absent: nobody tried them
  InitFacts init;
  std::optional<std::int64_t> tracer_pid;  // 0: none
  std::optional<bool> initial_user_namespace;
  std::optional<std::string> executable;
  std::optional<FileCapabilities> file_capabilities;
  std::optional<bool> nosuid_mount;            // of the executable
  std::optional<std::string> root_filesystem;  // of "/", where a container's image lies: "overlay"
  std::optional<DescriptorLimits> descriptors;
  std::optional<std::string> lsm_label;
  std::optional<AppArmorProfile> apparmor;  // absent where the label is another module's
  std::optional<bool> initial_cgroup_namespace;
  std::optional<Place> place;
  std::optional<Runtime> runtime;   // of the container
  std::optional<std::string> unit;  // the systemd unit, on a host or inside a container
  CgroupFacts cgroups;

  // The kernel.
  std::optional<std::string> kernel_release;  // uname -r
  std::optional<std::string> kernel_version;  // uname -v
  std::optional<KernelVendor> kernel_vendor;
  std::optional<bool> has_paranoid_sysctl;
  std::optional<std::int64_t> perf_event_paranoid;
  std::optional<std::int64_t> cap_last_cap;      // the highest capability that the kernel knows
  std::optional<bool> no_file_caps;              // boot parameter
  std::optional<bool> emulated;                  // gVisor, by the version text that it always gives
  std::optional<std::vector<std::string>> lsms;  // active security modules, in the kernel's order
  std::optional<bool> selinux_enforcing;
  std::optional<std::string> lockdown;  // none, integrity, confidentiality
  std::optional<std::int64_t> nmi_watchdog;

  // The hardware.
  std::optional<std::vector<std::string>> core_pmus;  // names in sysfs, sorted
  std::optional<Hypervisor> hypervisor;
  std::optional<std::string> machine;  // vendor and product by DMI, else the device tree's model
  std::optional<bool> mediated_vpmu;   // KVM hands the PMU to guests whole
};

// Reads the facts below `paths`; the process' own from procfs/thread-self or procfs/self. Never
// fails: what can't be read stays unknown. capget is asked only where procfs is a mounted procfs,
// since a recorded tree speaks of another process. Of `side_calls` those are left out that are
// taken; without them none is. Call it on the thread that opens.
HostFacts gather_facts(const HostPaths& paths,
                       const std::optional<SideCalls>& side_calls = std::nullopt);

// Whether a label in /proc/self/attr/current is SELinux's user:role:type[:level], and its type.
bool is_selinux_label(std::string_view label);
std::string_view selinux_type(std::string_view label);

// "docker-default (enforce)", "unconfined"; nullopt for the label of another module.
std::optional<AppArmorProfile> parse_apparmor_label(std::string_view label);

// The program that an executable is the preflight of, by its name:
// "/usr/bin/perf-exporter-preflight" stands beside "/usr/bin/perf-exporter". Nothing for any other.
std::optional<std::string> main_program_of(std::string_view executable);

}  // namespace perf_exporter
