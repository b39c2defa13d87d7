#include <string_view>

#include "base/json.h"
#include "base/text.h"
#include "base/text_layout.h"
#include "caps/probe/need.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kTextColumn = 16;
constexpr int kSchemaVersion = 1;

std::string capability_text(const Need& need) {
  const std::string what = need.capabilities.empty()
                               ? "none"
                               : join(need.capabilities, ", ") +
                                     " in the initial user namespace, effective when an event is "
                                     "opened";
  return what + (need.capability_reason.empty() ? "" : ": " + need.capability_reason);
}

std::string sysctl_text(const Need& need) {
  std::string text;
  for (const Sysctl& sysctl : need.sysctls) {
    text +=
        sysctl.name + "=" + std::to_string(sysctl.value) + " on the node: " + sysctl.reason + "\n";
  }
  return text.empty() ? "none" : text;
}

std::string descriptor_text(const NeedQuestion& question, const HostFacts& facts) {
  std::string text = std::to_string(question.descriptors) + " for events";
  if (facts.descriptors) {
    text += "; the hard limit is " + (facts.descriptors->hard == DescriptorLimits::kUnlimited
                                          ? std::string("unlimited")
                                          : std::to_string(facts.descriptors->hard));
  }
  return text;
}

}  // namespace

std::string need_text(const Need& need, const NeedQuestion& question, const HostFacts& facts) {
  std::string out;
  add_labelled(out, "to count", join(question.collectors, ", "), kTextColumn);
  add_labelled(out, "scope", join(question.scopes, ", "), kTextColumn);
  add_labelled(out, "kernel", printable(facts.kernel_release.value_or("unknown")), kTextColumn);
  if (!need.unavailable.empty()) {
    add_labelled(out, "but", need.unavailable, kTextColumn);
  }
  if (need.system_calls.empty()) {
    return out;
  }
  add_labelled(out, "capability", capability_text(need), kTextColumn);
  add_labelled(out, "sysctl", sysctl_text(need), kTextColumn);
  add_labelled(out, "seccomp", "a filter must let " + join(need.system_calls, ", ") + " through",
               kTextColumn);
  if (!need.selinux_rules.empty()) {
    const std::string margin(kVerbatimMargin);
    add_labelled(out, "selinux", margin + join(need.selinux_rules, "\n" + margin), kTextColumn);
  }
  add_labelled(out, "descriptors", descriptor_text(question, facts), kTextColumn);
  out += "\npod\n" + need.pod;
  return out;
}

std::string need_json(const Need& need, const NeedQuestion& question) {
  std::string out = R"({"schema_version":)" + std::to_string(kSchemaVersion) + R"(,"collectors":)" +
                    json_array(question.collectors) + R"(,"scopes":)" +
                    json_array(question.scopes) + R"(,"capabilities":)" +
                    json_array(need.capabilities) + R"(,"capability_reason":)" +
                    json_string(need.capability_reason) + R"(,"sysctls":[)";
  std::string_view separator;
  for (const Sysctl& sysctl : need.sysctls) {
    out.append(separator).append(R"({"name":)" + json_string(sysctl.name) + R"(,"value":)" +
                                 std::to_string(sysctl.value) + R"(,"reason":)" +
                                 json_string(sysctl.reason) + "}");
    separator = ",";
  }
  return out + R"(],"system_calls":)" + json_array(need.system_calls) + R"(,"selinux_rules":)" +
         json_array(need.selinux_rules) + R"(,"descriptors":)" +
         std::to_string(question.descriptors) + R"(,"unavailable":)" +
         (need.unavailable.empty() ? "null" : json_string(need.unavailable)) + R"(,"pod":)" +
         json_string(need.pod) + "}\n";
}

}  // namespace perf_exporter
