#pragma once

#include <optional>
#include <string_view>

#include "host/host_paths.h"

namespace perf_exporter {

// Whose virtual machine this is; `none`: a machine of its own, `other`: a virtual one of somebody
// not named here.
enum class Hypervisor {
  none,
  gce,
  aws,
  azure,
  hyperv,
  wsl2,
  kata,
  openstack,
  kvm,
  vmware,
  xen,
  virtualbox,
  other
};

// One row per hypervisor: who it is and how its owner switches a virtual PMU on.
struct HypervisorText {
  Hypervisor kind;
  std::string_view name;        // "gce", for reports
  std::string_view title;       // "Google Compute Engine"
  std::string_view pmu_switch;  // lines of what to do, and where; never a sysctl of the guest
};

const HypervisorText& hypervisor_text(Hypervisor kind);

// Tells by /proc/version, /proc/cmdline, the mounts, the vendor's strings in /sys/class/dmi/id,
// /sys/hypervisor/type, the CPU flag (x86) and the device tree. Absent where none of them says
// anything, as on an Arm server whose DMI names no hypervisor.
std::optional<Hypervisor> find_hypervisor(const HostPaths& paths);

}  // namespace perf_exporter
