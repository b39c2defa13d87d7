#include <optional>

#include "caps/finding_text.h"
#include "caps/main_program.h"
#include "caps/place_table.h"
#include "caps/text_layout.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kSelinuxRules =
    "On the {node}, a policy module with all that perf needs of this type: an enforcing kernel\n"
    "shows one missing rule at a time, so allow the whole set at once:\n"
    "  echo '(allow {type} self (perf_event (open cpu kernel read write)))' > perf-exporter.cil\n"
    "  echo '(allow {type} self (capability2 (perfmon)))' >> perf-exporter.cil\n"
    "  sudo semodule -i perf-exporter.cil\n";
constexpr std::string_view kBpfLsm =
    "Without SELinux it is a BPF program of a security product: on the {node},\n"
    "  sudo bpftool prog list | grep lsm\n";

// The type that container policies leave unconfined, where they have rules for perf at all.
constexpr std::string_view kUnconfinedType = "spc_t";

std::string lsm_fix(const HostFacts& facts) {
  const bool is_selinux = facts.lsm_label && is_selinux_label(*facts.lsm_label);
  if (facts.lsm_label && !is_selinux) {
    return std::string(kBpfLsm);
  }
  const bool is_unconfined = is_selinux && selinux_type(*facts.lsm_label) == kUnconfinedType;
  return (is_unconfined ? "" : "{selinux}\n") + std::string(kSelinuxRules) +
         (is_selinux ? "" : std::string(kBpfLsm));
}

// What is put in as it is: names of this process.
std::optional<std::string> literal(std::string_view name, const HostFacts& facts) {
  const std::string executable = facts.executable.value_or("/usr/bin/perf-exporter");
  if (name == "exe") {
    return executable;
  }
  if (name == "main") {
    return main_program_of(executable).value_or(executable);
  }
  if (name == "unit") {
    return facts.unit.value_or("perf-exporter.service");
  }
  if (name == "type") {
    const bool is_selinux = facts.lsm_label && is_selinux_label(*facts.lsm_label);
    return is_selinux ? std::string(selinux_type(*facts.lsm_label)) : "TYPE";
  }
  if (name == "profile") {
    return facts.apparmor ? facts.apparmor->name : "of this process";
  }
  return std::nullopt;
}

// What may have holes of its own.
std::string piece(std::string_view name, const HostFacts& facts) {
  const Place place = facts.place.value_or(Place::host);
  if (name == "lsm") {
    return lsm_fix(facts);
  }
  if (name == "pmu_switch") {
    return facts.hypervisor
               ? std::string(hypervisor_text(*facts.hypervisor).pmu_switch)
               : "If this is a virtual machine: " +
                     std::string(hypervisor_text(Hypervisor::other).pmu_switch) +
                     "\nIf it is not: " + std::string(hypervisor_text(Hypervisor::none).pmu_switch);
  }
  if (name == "pod") {  // what the preflight is for, wherever it runs
    return place == Place::kubernetes ? "" : std::string(place_text(Place::kubernetes).grant);
  }
  return std::string(place_piece(place_text(place), name));
}

std::string_view effect_of(FixEffect effect) {
  switch (effect) {
    case FixEffect::at_once:
      return "A running exporter then counts within 30 seconds.";
    case FixEffect::at_restart:
      return "Then restart the exporter: a running one can't be given it.";
    case FixEffect::unsaid:
      break;
  }
  return "";
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

// Fills every hole; what a hole is filled with may have holes of its own. Braces around anything
// else, as YAML has them, stay.
std::string filled(std::string_view text, const HostFacts& facts) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    const auto close = text.find('}', open);
    const auto name = open == std::string_view::npos || close == std::string_view::npos
                          ? std::string_view()
                          : text.substr(open + 1, close - open - 1);
    if (!is_name(name)) {
      const auto plain = open == std::string_view::npos ? text.size() : open + 1;
      out += text.substr(0, plain);
      text.remove_prefix(plain);
      continue;
    }
    out += text.substr(0, open);
    const auto plain_text = literal(name, facts);
    out += plain_text ? *plain_text : filled(piece(name, facts), facts);
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace

std::string fix_for(const FindingText& text, const HostFacts& facts) {
  std::string fix;
  bool was_prose = false;
  const std::string remedy = filled(text.fix, facts);
  const bool says_so = remedy.find("restart") != std::string::npos;
  const std::string lines = remedy + "\n" + std::string(says_so ? "" : effect_of(text.effect));
  for_each_line(lines, [&](std::string_view line) {
    if (line.empty()) {
      return;
    }
    // Lines of prose are broken where they are shown; the others stand as they are.
    const bool is_prose = !line.starts_with(' ');
    fix += fix.empty() ? "" : is_prose && was_prose ? " " : "\n";
    fix += line;
    was_prose = is_prose;
  });
  return fix;
}

}  // namespace perf_exporter
