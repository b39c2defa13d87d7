#include "caps/report/fact_rows.h"

#include <type_traits>

#include "base/text.h"

namespace perf_exporter {
namespace {

// An optional member as a value, through `convert` where it is known.
template <class T, class Convert>
FactValue value_of(const std::optional<T>& fact, Convert convert) {
  return fact ? FactValue(convert(*fact)) : FactValue();
}

template <class T>
FactValue value_of(const std::optional<T>& fact) {
  return fact ? FactValue(*fact) : FactValue();
}

// A member of an enumeration that has names.
template <class Enum>
FactValue name_of(const std::optional<Enum>& fact) {
  return fact ? FactValue(std::string(to_text(*fact))) : FactValue();
}

void add_sets(std::vector<FactRow>& rows, const std::optional<CapabilitySets>& sets) {
  const auto add = [&](std::string_view name, std::uint64_t CapabilitySets::*set) {
    rows.push_back(
        {name, value_of(sets, [set](const CapabilitySets& all) { return format_mask(all.*set); })});
  };
  add("capabilities_effective", &CapabilitySets::effective);
  add("capabilities_permitted", &CapabilitySets::permitted);
  add("capabilities_inheritable", &CapabilitySets::inheritable);
  add("capabilities_bounding", &CapabilitySets::bounding);
  add("capabilities_ambient", &CapabilitySets::ambient);
}

std::string to_text(const FileCapabilities& file) {
  if (!file.present) {
    return "none";
  }
  std::string text = "permitted " + format_mask(file.permitted) + " inheritable " +
                     format_mask(file.inheritable) + (file.effective ? " effective" : "");
  if (file.namespace_root != 0) {
    text += " root " + std::to_string(file.namespace_root);
  }
  return text;
}

std::string tell_side_calls(const SideCalls& calls) {
  std::string text;
  for (const SideCall call : kSideCalls) {
    text += (text.empty() ? "" : ", ") + std::string(to_text(call)) + " " + to_text(calls[call]);
  }
  return text;
}

FactValue limit_value(std::uint64_t limit) {
  return limit == DescriptorLimits::kUnlimited ? FactValue("unlimited")
                                               : FactValue(static_cast<std::int64_t>(limit));
}

void add_process(std::vector<FactRow>& rows, const HostFacts& facts) {
  rows.push_back({"uid", value_of(facts.uid, [](uid_t uid) { return std::int64_t{uid}; })});
  add_sets(rows, facts.capabilities);
  rows.push_back({"capget_permitted", value_of(facts.capget, [](const CapabilitySets& sets) {
                    return format_mask(sets.permitted);
                  })});
  rows.push_back({"no_new_privs", value_of(facts.no_new_privs)});
  rows.push_back({"seccomp_mode", value_of(facts.seccomp_mode)});
  rows.push_back({"seccomp_filters", value_of(facts.seccomp_filters)});
  rows.push_back({"side_calls", value_of(facts.side_calls, tell_side_calls)});
  rows.push_back({"tracer_pid", value_of(facts.tracer_pid)});
  rows.push_back({"initial_user_namespace", value_of(facts.initial_user_namespace)});
  rows.push_back({"executable", value_of(facts.executable)});
  rows.push_back(
      {"file_capabilities", value_of(facts.file_capabilities,
                                     [](const FileCapabilities& file) { return to_text(file); })});
  rows.push_back({"nosuid_mount", value_of(facts.nosuid_mount)});
  rows.push_back({"descriptors_soft", value_of(facts.descriptors, [](const DescriptorLimits& both) {
                    return limit_value(both.soft);
                  })});
  rows.push_back({"descriptors_hard", value_of(facts.descriptors, [](const DescriptorLimits& both) {
                    return limit_value(both.hard);
                  })});
  rows.push_back({"lsm_label", value_of(facts.lsm_label)});
  rows.push_back({"apparmor_profile", value_of(facts.apparmor, [](const AppArmorProfile& profile) {
                    return profile.name;
                  })});
  rows.push_back({"apparmor_mode", value_of(facts.apparmor, [](const AppArmorProfile& profile) {
                    return profile.mode.empty() ? std::string("none") : profile.mode;
                  })});
  rows.push_back({"init_seccomp_mode", value_of(facts.init.seccomp_mode)});
  rows.push_back({"init_seccomp_filters", value_of(facts.init.seccomp_filters)});
  rows.push_back({"init_capabilities_bounding",
                  value_of(facts.init.capabilities,
                           [](const CapabilitySets& sets) { return format_mask(sets.bounding); })});
  rows.push_back({"initial_cgroup_namespace", value_of(facts.initial_cgroup_namespace)});
  rows.push_back({"place", name_of(facts.place)});
  rows.push_back({"runtime", name_of(facts.runtime)});
  rows.push_back({"unit", value_of(facts.unit)});
  rows.push_back({"root_filesystem", value_of(facts.root_filesystem)});
}

void add_host(std::vector<FactRow>& rows, const HostFacts& facts) {
  rows.push_back({"kernel_release", value_of(facts.kernel_release)});
  rows.push_back({"kernel_version", value_of(facts.kernel_version)});
  rows.push_back({"kernel_vendor", name_of(facts.kernel_vendor)});
  rows.push_back({"emulated", value_of(facts.emulated)});
  rows.push_back({"has_paranoid_sysctl", value_of(facts.has_paranoid_sysctl)});
  rows.push_back({"perf_event_paranoid", value_of(facts.perf_event_paranoid)});
  rows.push_back({"cap_last_cap", value_of(facts.cap_last_cap)});
  rows.push_back({"no_file_caps", value_of(facts.no_file_caps)});
  rows.push_back({"lsms", value_of(facts.lsms)});
  rows.push_back({"selinux_enforcing", value_of(facts.selinux_enforcing)});
  rows.push_back({"lockdown", value_of(facts.lockdown)});
  rows.push_back({"nmi_watchdog", value_of(facts.nmi_watchdog)});
  rows.push_back({"core_pmus", value_of(facts.core_pmus)});
  rows.push_back({"hypervisor", value_of(facts.hypervisor, [](Hypervisor kind) {
                    return std::string(hypervisor_text(kind).name);
                  })});
  rows.push_back({"machine", value_of(facts.machine)});
  rows.push_back({"mediated_vpmu", value_of(facts.mediated_vpmu)});
}

void add_cgroups(std::vector<FactRow>& rows, const CgroupFacts& facts) {
  rows.push_back({"cgroup_mode", name_of(facts.mode)});
  rows.push_back({"perf_event_hierarchy", name_of(facts.perf_hierarchy)});
  rows.push_back({"cgroup_root_delegates", value_of(facts.root_delegates)});
  rows.push_back({"cgroup_shows_all", value_of(facts.shows_all)});
}

struct ValueText {
  std::string operator()(std::monostate /*unknown*/) const { return "unknown"; }
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(const std::string& value) const { return printable(value); }
  std::string operator()(const std::vector<std::string>& values) const {
    std::string text;
    for (const std::string& value : values) {
      text += (text.empty() ? "" : " ") + printable(value);
    }
    return text.empty() ? "none" : text;
  }
};

}  // namespace

std::vector<FactRow> fact_rows(const HostFacts& facts) {
  std::vector<FactRow> rows;
  add_process(rows, facts);
  add_host(rows, facts);
  add_cgroups(rows, facts.cgroups);
  return rows;
}

std::string to_text(const FactValue& value) {
  return std::visit(ValueText{}, value);
}

}  // namespace perf_exporter
