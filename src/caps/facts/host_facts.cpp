#include "caps/facts/host_facts.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/search.h"
#include "caps/facts/device_tree.h"
#include "caps/facts/process_facts.h"
#include "perf/core_pmu.h"

namespace perf_exporter {
namespace {

template <class T>
std::optional<T> known(Result<T> read) {
  return read ? std::optional<T>(std::move(*read)) : std::nullopt;
}

KernelVendor vendor_of(std::string_view version) {
  if (version.find("Ubuntu") != std::string_view::npos) {
    return KernelVendor::ubuntu;
  }
  return version.find("Debian") != std::string_view::npos ? KernelVendor::debian
                                                          : KernelVendor::other;
}

// What gVisor says of its version on every host (pkg/sentry/syscalls/linux/linux64.go).
constexpr std::string_view kGvisorVersion = "#1 SMP Sun Jan 10 15:06:54 PST 2016";

// "none [integrity] confidentiality": the one in brackets holds.
std::optional<std::string> chosen_word(std::string_view text) {
  const auto open = text.find('[');
  const auto close = text.find(']', open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(text.substr(open + 1, close - open - 1));
}

std::vector<std::string> comma_parts(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    parts.emplace_back(part);
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return parts;
}

void add_kernel_facts(HostFacts& facts, const HostPaths& paths) {
  const std::filesystem::path sysctls = paths.procfs / "sys" / "kernel";
  facts.kernel_release = known(read_text(sysctls / "osrelease"));
  facts.kernel_version = known(read_text(sysctls / "version"));
  if (facts.kernel_version) {
    facts.kernel_vendor = vendor_of(*facts.kernel_version);
  }
  // gVisor has no sysctl for it.
  if (const auto banner = read_text(paths.procfs / "version")) {
    facts.emulated = banner->find(kGvisorVersion) != std::string::npos;
  }
  const auto paranoid = read_integer(sysctls / "perf_event_paranoid");
  facts.perf_event_paranoid = known(paranoid);
  if (paranoid) {
    facts.has_paranoid_sysctl = true;
  } else if (paranoid.error().code == ENOENT && facts.kernel_release) {
    // Its neighbour can be read, so that the file is missing and not the whole directory.
    facts.has_paranoid_sysctl = false;
  }
  facts.cap_last_cap = known(read_integer(sysctls / "cap_last_cap"));
  facts.nmi_watchdog = known(read_integer(sysctls / "nmi_watchdog"));
  if (const auto command_line = read_text(paths.procfs / "cmdline")) {
    facts.no_file_caps = holds_word(*command_line, "no_file_caps");
  }
}

void add_security_facts(HostFacts& facts, const HostPaths& paths) {
  if (const auto enforce = read_integer(paths.sysfs / "fs" / "selinux" / "enforce")) {
    facts.selinux_enforcing = *enforce != 0;
  }
  if (const auto lockdown = read_text(paths.sysfs / "kernel" / "security" / "lockdown")) {
    facts.lockdown = chosen_word(*lockdown);
  }
  if (const auto lsms = read_text(paths.sysfs / "kernel" / "security" / "lsm")) {
    facts.lsms = comma_parts(*lsms);
  }
}

// Unknown where sysfs can't be read, which is not the same as a machine without a PMU.
std::optional<std::vector<std::string>> core_pmu_names(const HostPaths& paths) {
  if (!list_directory(paths.sysfs / "bus" / "event_source" / "devices")) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const CorePmu& pmu : find_core_pmus(paths)) {
    names.push_back(pmu.name);
  }
  return names;
}

// Y where the module's parameter is on; unknown where no such kernel module is loaded.
std::optional<bool> has_mediated_vpmu(const HostPaths& paths) {
  for (const char* module : {"kvm_intel", "kvm_amd"}) {
    const auto parameter =
        read_text(paths.sysfs / "module" / module / "parameters" / "enable_mediated_pmu");
    if (parameter) {
      return *parameter == "Y";
    }
  }
  return std::nullopt;
}

void add_hardware_facts(HostFacts& facts, const HostPaths& paths) {
  facts.core_pmus = core_pmu_names(paths);
  facts.hypervisor = find_hypervisor(paths);
  facts.mediated_vpmu = has_mediated_vpmu(paths);
  const std::filesystem::path dmi = paths.sysfs / "class" / "dmi" / "id";
  const auto vendor = read_text(dmi / "sys_vendor");
  const auto product = read_text(dmi / "product_name");
  facts.machine =
      vendor && product ? std::optional(*vendor + " " + *product) : device_tree_model(paths);
}

}  // namespace

bool is_selinux_label(std::string_view label) {
  return !label.starts_with(':') && std::count(label.begin(), label.end(), ':') >= 2;
}

std::string_view selinux_type(std::string_view label) {
  for (int part = 0; part < 2; ++part) {
    label.remove_prefix(std::min(label.find(':'), label.size() - 1) + 1);
  }
  return label.substr(0, label.find(':'));
}

std::optional<AppArmorProfile> parse_apparmor_label(std::string_view label) {
  if (label == "unconfined") {
    return AppArmorProfile{"unconfined", ""};
  }
  const auto open = label.rfind(" (");
  if (open == std::string_view::npos || !label.ends_with(')')) {
    return std::nullopt;
  }
  const auto mode = label.substr(open + 2, label.size() - open - 3);
  return AppArmorProfile{std::string(label.substr(0, open)), std::string(mode)};
}

std::string_view to_text(KernelVendor vendor) {
  constexpr std::string_view kNames[] = {"debian", "ubuntu", "other"};
  return kNames[static_cast<std::size_t>(vendor)];
}

HostFacts gather_facts(const HostPaths& paths, const std::optional<SideCalls>& side_calls) {
  HostFacts facts;
  facts.side_calls = side_calls;
  add_process_facts(facts, paths);
  facts.cgroups = find_cgroups(paths);
  add_kernel_facts(facts, paths);
  add_security_facts(facts, paths);
  add_hardware_facts(facts, paths);
  return facts;
}

std::optional<std::string> main_program_of(std::string_view executable) {
  constexpr std::string_view kSuffix = "-preflight";
  if (!executable.ends_with(kSuffix)) {
    return std::nullopt;
  }
  executable.remove_suffix(kSuffix.size());
  return std::string(executable);
}

}  // namespace perf_exporter
