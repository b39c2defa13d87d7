#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/host_paths.h"
#include "caps/capability_sets.h"

namespace perf_exporter {

// Who built the kernel, as far as its version text says; `other` is anybody else.
enum class KernelVendor { debian, ubuntu, other };

// Where the process runs, which is where most fixes must be made.
enum class Place { kubernetes, docker, systemd, host };

// The security.capability attribute of the executable (struct vfs_ns_cap_data in
// linux/capability.h).
struct FileCapabilities {
  bool present = false;              // false: the file carries none
  std::uint64_t permitted = 0;       // =p
  std::uint64_t inheritable = 0;     // =i
  bool effective = false;            // =e
  std::uint32_t namespace_root = 0;  // not 0: valid only in the user namespace of that root

  friend bool operator==(const FileCapabilities&, const FileCapabilities&) = default;
};

// RLIMIT_NOFILE.
struct DescriptorLimits {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;

  friend bool operator==(const DescriptorLimits&, const DescriptorLimits&) = default;
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
  std::optional<std::int64_t> seccomp_mode;  // 0 off, 1 strict, 2 filter
  std::optional<std::int64_t> tracer_pid;    // 0: none
  std::optional<bool> initial_user_namespace;
  std::optional<std::string> executable;
  std::optional<FileCapabilities> file_capabilities;
  std::optional<bool> nosuid_mount;  // of the executable
  std::optional<DescriptorLimits> descriptors;
  std::optional<std::string> lsm_label;
  std::optional<Place> place;

  // The kernel.
  std::optional<std::string> kernel_release;  // uname -r
  std::optional<std::string> kernel_version;  // uname -v
  std::optional<KernelVendor> kernel_vendor;
  std::optional<bool> has_paranoid_sysctl;
  std::optional<std::int64_t> perf_event_paranoid;
  std::optional<std::int64_t> cap_last_cap;  // the highest capability that the kernel knows
  std::optional<bool> no_file_caps;          // boot parameter
  std::optional<bool> selinux_enforcing;
  std::optional<std::string> lockdown;  // none, integrity, confidentiality
  std::optional<std::int64_t> nmi_watchdog;

  // The hardware.
  std::optional<std::vector<std::string>> core_pmus;  // names in sysfs, sorted
  std::optional<bool> hypervisor;                     // the CPU flags say so (x86)
  std::optional<std::string> machine;                 // vendor and product by DMI
};

// Reads the facts below `paths`; the process' own from procfs/thread-self or procfs/self. Never
// fails: what can't be read stays unknown. capget is asked only where procfs is a mounted procfs,
// since a recorded tree speaks of another process. Call it on the thread that opens.
HostFacts gather_facts(const HostPaths& paths);

// The attribute's bytes; nullopt where they are no version that is known.
std::optional<FileCapabilities> parse_file_capabilities(std::span<const std::byte> bytes);

// Whether a label in /proc/self/attr/current is SELinux's user:role:type[:level].
bool is_selinux_label(std::string_view label);

}  // namespace perf_exporter
