#include "caps/facts/hypervisor.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/search.h"
#include "caps/facts/device_tree.h"

namespace perf_exporter {
namespace {

// Sources: Google's PMU overview and the API's PerformanceMonitoringUnit; WSL's release notes of
// 0.50.2; Kata's configuration-qemu.toml, whose default is cpu_features="pmu=off"; libvirt's domain
// format; Nova's hw_pmu; Microsoft's "performance monitoring hardware" for Hyper-V; VMware's vpmc;
// Xen's command line. None was tried on the platform itself.
// In the order of Hypervisor.
constexpr HypervisorText kTexts[] = {
    {Hypervisor::none, "none", "no hypervisor",
     "The firmware may hide the PMU (on a board of Arm: no pmu node in its device tree), or the\n"
     "kernel may lack the driver of this CPU. The kernel's log tells, in the line that begins\n"
     "'Performance Events' on x86 and 'hw perfevents' on Arm:\n"
     "  sudo dmesg | grep -iE 'performance|perfevents|pmu'"},
    {Hypervisor::gce, "gce", "Google Compute Engine",
     "In the VM's properties (C4 and newer machine series), when it is created:\n"
     "  gcloud compute instances create NAME --performance-monitoring-unit=standard ...\n"
     "Or for a node pool:\n"
     "  gcloud container node-pools create NAME --performance-monitoring-unit=standard ..."},
    {Hypervisor::aws, "aws", "Amazon EC2",
     "EC2 has no switch for it: the instance type decides. Use a .metal size, or one that takes a\n"
     "whole socket of its type."},
    {Hypervisor::azure, "azure", "Microsoft Azure",
     "Azure has no switch for it: the VM's size decides. Try another series, or a dedicated host."},
    {Hypervisor::hyperv, "hyperv", "Hyper-V",
     "On the Hyper-V host, in PowerShell, with the VM off:\n"
     "  Set-VMProcessor -VMName NAME -Perfmon @(\"pmu\")"},
    {Hypervisor::wsl2, "wsl2", "WSL 2",
     "In Windows, take this line out of .wslconfig in your user's folder, or set it to true:\n"
     "  [wsl2]\n"
     "  hardwarePerformanceCounters=true\n"
     "Then start it anew; the CPU and Windows' hypervisor must offer a PMU as well:\n"
     "  wsl --update\n"
     "  wsl --shutdown"},
    {Hypervisor::kata, "kata", "Kata Containers",
     "On the node, in Kata's configuration-qemu.toml, take pmu=off away, then start the pod anew:\n"
     "  cpu_features = \"\"\n"
     "Or use a runtime class that runs on the node's own kernel. Nested, the node's own VM needs "
     "a\n"
     "PMU first."},
    {Hypervisor::openstack, "openstack", "OpenStack",
     "On the image:\n"
     "  openstack image set --property hw_pmu=True IMAGE\n"
     "Or on the flavor:\n"
     "  openstack flavor set --property hw:pmu=True FLAVOR\n"
     "Then build the server anew."},
    {Hypervisor::kvm, "kvm", "QEMU/KVM (libvirt)",
     "On the host, in the domain, which this opens; then start the VM anew:\n"
     "  virsh edit NAME\n"
     "with:\n"
     "  <cpu mode='host-passthrough'/>\n"
     "  <features><pmu state='on'/></features>\n"
     "Or with QEMU alone:\n"
     "  -cpu host,pmu=on\n"
     "And in both cases the host's kvm module must offer it:\n"
     "  cat /sys/module/kvm/parameters/enable_pmu"},
    {Hypervisor::vmware, "vmware", "VMware",
     "In the VM's settings, with the VM off: CPU, \"Virtualize CPU performance counters\"; that "
     "is\n"
     "in its .vmx file:\n"
     "  vpmc.enable = \"TRUE\""},
    {Hypervisor::xen, "xen", "Xen",
     "On the host, on Xen's own command line, then boot it anew:\n"
     "  vpmu=on"},
    {Hypervisor::virtualbox, "virtualbox", "VirtualBox",
     "VirtualBox has no virtual PMU: use another hypervisor, or a machine of its own."},
    {Hypervisor::other, "other", "not recognised",
     "Ask whoever runs the hypervisor to give this VM a virtual PMU (vPMU), or use bare metal.\n"
     "Some have none to give: Firecracker is one."},
};

constexpr bool has_row_of_each() {
  for (std::size_t i = 0; i < std::size(kTexts); ++i) {
    if (kTexts[i].kind != static_cast<Hypervisor>(i)) {
      return false;
    }
  }
  return std::size(kTexts) == static_cast<std::size_t>(Hypervisor::other) + 1;
}
static_assert(has_row_of_each());

// The first row that is found wins.
struct VendorMark {
  std::string_view mark;
  Hypervisor kind;
};

constexpr VendorMark kMachineMarks[] = {
    {"Google", Hypervisor::gce},
    {"Amazon EC2", Hypervisor::aws},
    {"Microsoft Corporation Virtual Machine", Hypervisor::hyperv},
    {"VMware", Hypervisor::vmware},
    {"OpenStack", Hypervisor::openstack},
    {"VirtualBox", Hypervisor::virtualbox},
    {"innotek", Hypervisor::virtualbox},
    {"Xen", Hypervisor::xen},
    {"QEMU", Hypervisor::kvm},
    {"Red Hat", Hypervisor::kvm},
    {"KVM", Hypervisor::kvm},
};

// Every VM of Azure's has this asset tag (it reads "MSFT AZURE VM" in decimal codes).
constexpr std::string_view kAzureAssetTag = "7783-7084-3265-9085-8269-3286-77";

std::string text_of(const std::filesystem::path& path) {
  return read_text(path).value_or("");
}

// x86 alone has a CPU flag for it; where there are no flags of that kind, nothing is known.
std::optional<bool> cpu_shows_hypervisor(const HostPaths& paths) {
  const std::string cpus = text_of(paths.procfs / "cpuinfo");
  if (cpus.find("\nflags") == std::string::npos) {
    return std::nullopt;
  }
  return holds_word(cpus, "hypervisor");
}

// Kernels and mounts that belong to one kind of VM alone.
std::optional<Hypervisor> by_kernel(const HostPaths& paths) {
  if (text_of(paths.procfs / "version").find("WSL2") != std::string::npos) {
    return Hypervisor::wsl2;
  }
  // The file system that Kata shares with its guests goes by this name, and its agent's boot
  // parameters by that one.
  if (text_of(paths.procfs / "self" / "mountinfo").find(" kataShared ") != std::string::npos ||
      text_of(paths.procfs / "cmdline").find("agent.log") != std::string::npos) {
    return Hypervisor::kata;
  }
  return std::nullopt;
}

std::optional<Hypervisor> by_vendor(const HostPaths& paths) {
  const std::filesystem::path dmi = paths.sysfs / "class" / "dmi" / "id";
  const std::string vendor = text_of(dmi / "sys_vendor");
  const std::string machine = vendor + " " + text_of(dmi / "product_name");
  const auto* row = std::find_if(
      std::begin(kMachineMarks), std::end(kMachineMarks),
      [&](const VendorMark& each) { return machine.find(each.mark) != std::string::npos; });
  if (row == std::end(kMachineMarks)) {
    return text_of(paths.sysfs / "hypervisor" / "type") == "xen" ? std::optional(Hypervisor::xen)
                                                                 : std::nullopt;
  }
  if (row->kind == Hypervisor::hyperv && text_of(dmi / "chassis_asset_tag") == kAzureAssetTag) {
    return Hypervisor::azure;
  }
  const bool is_metal = row->kind == Hypervisor::aws && machine.ends_with(".metal");
  return is_metal ? Hypervisor::none : row->kind;
}

}  // namespace

const HypervisorText& hypervisor_text(Hypervisor kind) {
  return kTexts[static_cast<std::size_t>(kind)];
}

std::optional<Hypervisor> find_hypervisor(const HostPaths& paths) {
  if (const auto kind = by_kernel(paths)) {
    return kind;
  }
  const auto flag = cpu_shows_hypervisor(paths);
  const auto vendor = by_vendor(paths);
  // Clouds put their name on bare metal, too.
  if (flag == false && vendor != Hypervisor::xen) {
    return Hypervisor::none;
  }
  if (vendor) {
    return vendor;
  }
  return flag == true ? std::optional(Hypervisor::other) : device_tree_hypervisor(paths);
}

}  // namespace perf_exporter
