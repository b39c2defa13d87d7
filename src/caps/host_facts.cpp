#include "caps/host_facts.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "caps/process_facts.h"
#include "perf/core_pmu.h"

namespace perf_exporter {
namespace {

template <class T>
std::optional<T> known(Result<T> read) {
  return read ? std::optional<T>(std::move(*read)) : std::nullopt;
}

bool holds_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\n';
    const auto after = at + word.size();
    const bool ends = after == text.size() || text[after] == ' ' || text[after] == '\n';
    if (starts && ends) {
      return true;
    }
  }
  return false;
}

KernelVendor vendor_of(std::string_view version) {
  if (version.find("Ubuntu") != std::string_view::npos) {
    return KernelVendor::ubuntu;
  }
  return version.find("Debian") != std::string_view::npos ? KernelVendor::debian
                                                          : KernelVendor::other;
}

// "none [integrity] confidentiality": the one in brackets holds.
std::optional<std::string> chosen_word(std::string_view text) {
  const auto open = text.find('[');
  const auto close = text.find(']', open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(text.substr(open + 1, close - open - 1));
}

void add_kernel_facts(HostFacts& facts, const HostPaths& paths) {
  const std::filesystem::path sysctls = paths.procfs / "sys" / "kernel";
  facts.kernel_release = known(read_text(sysctls / "osrelease"));
  facts.kernel_version = known(read_text(sysctls / "version"));
  if (facts.kernel_version) {
    facts.kernel_vendor = vendor_of(*facts.kernel_version);
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

// x86 alone sets a CPU flag; where there are no flags of that kind, nothing is known.
std::optional<bool> runs_under_hypervisor(const HostPaths& paths) {
  const auto cpuinfo = read_text(paths.procfs / "cpuinfo");
  if (!cpuinfo || cpuinfo->find("\nflags") == std::string::npos) {
    return std::nullopt;
  }
  return holds_word(*cpuinfo, "hypervisor");
}

void add_hardware_facts(HostFacts& facts, const HostPaths& paths) {
  facts.core_pmus = core_pmu_names(paths);
  facts.hypervisor = runs_under_hypervisor(paths);
  const std::filesystem::path dmi = paths.sysfs / "class" / "dmi" / "id";
  const auto vendor = read_text(dmi / "sys_vendor");
  const auto product = read_text(dmi / "product_name");
  if (vendor && product) {
    facts.machine = *vendor + " " + *product;
  }
}

}  // namespace

bool is_selinux_label(std::string_view label) {
  return !label.starts_with(':') && std::count(label.begin(), label.end(), ':') >= 2;
}

HostFacts gather_facts(const HostPaths& paths) {
  HostFacts facts;
  add_process_facts(facts, paths);
  add_kernel_facts(facts, paths);
  add_security_facts(facts, paths);
  add_hardware_facts(facts, paths);
  return facts;
}

}  // namespace perf_exporter
