#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "base/text_layout.h"
#include "caps/advice/finding_text.h"
#include "caps/advice/place_table.h"
#include "caps/advice/seccomp_profiles.h"
#include "caps/advice/unit_text.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kSelinuxRules =
    "on the {node}, a policy module with all that perf needs of this type: an enforcing kernel\n"
    "shows one missing rule at a time, so allow the whole set at once:\n"
    "  echo '(allow {type} self (perf_event (open cpu kernel read write)))' > perf-exporter.cil\n"
    "  echo '(allow {type} self (capability2 (perfmon)))' >> perf-exporter.cil\n"
    "  sudo semodule -i perf-exporter.cil\n";
constexpr std::string_view kBpfLsm =
    "a BPF program of a security product denies it, which this shows on the {node}:\n"
    "  sudo bpftool prog list | grep lsm\n";
constexpr std::string_view kDropIn =
    "In a drop-in of the unit, which this opens in an editor:\n"
    "  sudo systemctl edit {unit}\n"
    "with:\n"
    "  [Service]";

// The type that container policies leave unconfined, where they have rules for perf at all.
constexpr std::string_view kUnconfinedType = "spc_t";

std::string lsm_fix(const HostFacts& facts) {
  const bool is_selinux = facts.lsm_label && is_selinux_label(*facts.lsm_label);
  if (facts.lsm_label && !is_selinux) {
    return "Without SELinux " + std::string(kBpfLsm);
  }
  const bool is_unconfined = is_selinux && selinux_type(*facts.lsm_label) == kUnconfinedType;
  const auto place = facts.place.value_or(Place::host);
  const bool has_choice = !is_unconfined && !place_text(place).selinux.empty();
  return (has_choice ? "{selinux}\nOr " : "With SELinux ") + std::string(kSelinuxRules) +
         (is_selinux ? "" : "Or without SELinux " + std::string(kBpfLsm));
}

// "$'a\\033b'": every byte but plain ASCII by its number.
std::string escaped_word(const std::string& text) {
  std::string word = "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7f && c != '\'' && c != '\\') {
      word += c;
      continue;
    }
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\%03o", static_cast<unsigned>(byte));
    word += escape.data();
  }
  return word + "'";
}

// A word of a shell's command line: as it is, or between single quotes; with what can't be shown as
// escapes, which POSIX's shells have had since its issue 8 and bash, zsh and ksh for long.
std::string shell_word(const std::string& text) {
  if (text != printable(text)) {
    return escaped_word(text);
  }
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+=:,@%").find(c) != std::string_view::npos;
  };
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    return text;
  }
  std::string word = "'";
  for (const char c : text) {
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return word + "'";
}

// Every call that a filter has to let through and does not, as far as that is known. That of
// perf_event_open is tried later; to name it twice does no harm.
std::string system_calls(const HostFacts& facts, std::string_view separator) {
  std::vector<std::string_view> names = {"perf_event_open"};
  for (const SideCall call :
       facts.side_calls ? facts.side_calls->taken() : std::vector<SideCall>()) {
    names.push_back(to_text(call));
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string_view name : names) {
    text += (text.empty() ? "" : std::string(separator)) + std::string(name);
  }
  return text;
}

std::string json_text(std::string_view text) {
  std::string json;
  append_json_string(text, json);
  return json;
}

// The names of this process and its surroundings; nothing where `name` is none of them.
std::optional<std::string> literal(std::string_view name, const HostFacts& facts) {
  const std::string executable = facts.executable.value_or("/usr/bin/perf-exporter");
  if (name == "exe") {
    return executable;
  }
  if (name == "exe_json") {
    return json_text(executable);
  }
  if (name == "main") {
    return main_program_of(executable).value_or(executable);
  }
  if (name == "unit") {
    return facts.unit.value_or("perf-exporter.service");
  }
  if (name == "calls") {
    return system_calls(facts, ", ");
  }
  if (name == "call_list") {
    return system_calls(facts, " ");
  }
  if (name == "incus") {  // the command of the one, and of the other
    return facts.runtime == Runtime::lxd ? "lxc" : "incus";
  }
  if (name == "runtime_unit") {
    return std::string(runtime_text(facts.runtime).unit);
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

// Text of this program's own, which may have holes of its own.
std::string passage(std::string_view name, const HostFacts& facts) {
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
  if (name == "pod") {  // what the preflight is for
    return facts.place
               ? ""
               : "Or, in a pod: " + std::string(place_text(Place::kubernetes).grants.perfmon);
  }
  if (name == "newer_runtime") {
    return std::string(runtime_text(facts.runtime).newer);
  }
  if (name == "builder") {  // that keeps no extended attributes
    return place == Place::podman ? "a builder that keeps no extended attributes (buildah does)"
                                  : "Docker's classic builder (DOCKER_BUILDKIT=0)";
  }
  if (name == "drop_in") {
    return std::string(kDropIn);
  }
  return unit_piece(name, facts).value_or(std::string(place_piece(place_text(place), name)));
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

// The text with what `fill` gives for the name in each hole. Where it gives nothing, and around
// anything that is no name, as YAML has it, the braces stay.
template <class Fill>
std::string filled(std::string_view text, Fill fill) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    const auto close = text.find('}', open);
    const auto name = open == std::string_view::npos || close == std::string_view::npos
                          ? std::string_view()
                          : text.substr(open + 1, close - open - 1);
    const auto filling = is_name(name) ? fill(name) : std::optional<std::string>();
    const auto end = filling ? open : std::min(open, text.size() - 1) + 1;
    out += text.substr(0, end);
    out += filling.value_or("");
    text.remove_prefix(filling ? close + 1 : end);
  }
  return out;
}

// All but the names, which come last: what they hold is not to be filled in.
std::string with_passages(std::string_view text, const HostFacts& facts) {
  return filled(text, [&](std::string_view name) -> std::optional<std::string> {
    return literal(name, facts) ? std::nullopt
                                : std::optional(with_passages(passage(name, facts), facts));
  });
}

std::string with_names(std::string_view line, const HostFacts& facts) {
  return filled(line, [&](std::string_view name) {
    const auto text = literal(name, facts);
    const bool is_word = name == "exe" || name == "main" || name == "unit";
    return !text                          ? std::nullopt
           : is_verbatim(line) && is_word ? std::optional(shell_word(*text))
                                          : std::optional(printable(*text));
  });
}

}  // namespace

std::string fix_for(const FindingText& text, const HostFacts& facts) {
  std::string fix;
  bool was_prose = false;
  const std::string_view last = text.effect == FixEffect::at_restart ? "\n{restart}" : "";
  const std::string lines = with_passages(std::string(text.fix) + std::string(last), facts);
  for_each_line(lines, [&](std::string_view line) {
    if (line.empty()) {
      return;
    }
    // Lines of prose are broken where they are shown; the others stand as they are.
    const bool is_prose = !is_verbatim(line);
    fix += fix.empty() ? "" : is_prose && was_prose ? " " : "\n";
    fix += with_names(line, facts);
    was_prose = is_prose;
  });
  return fix;
}

}  // namespace perf_exporter
