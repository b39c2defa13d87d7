// The words of the findings, as data.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "caps/host_facts.h"

namespace perf_exporter {

// What a finding says. `key` is the finding's id, or "id/variant" where one cause has more than one
// remedy. `fix` holds a text for each Place in the order of that enumeration; an empty one stands
// for the text of the host. "{exe}" in a fix stands for the path of the executable.
struct FindingText {
  std::string_view key;
  std::string_view summary;
  std::array<std::string_view, 4> fix;

  [[nodiscard]] std::string_view id() const { return key.substr(0, key.find('/')); }
};

// Every text; what diagnose can produce is among them.
std::span<const FindingText> finding_texts();

// The row of a key that is in the table.
const FindingText& finding_text(std::string_view key);

// The fix for a place, with the executable's path filled in.
std::string fix_for(const FindingText& text, Place place, std::string_view executable);

// "docs/permissions.md#no-pmu": the section of docs/permissions.md about a finding.
std::string finding_anchor(std::string_view id);

}  // namespace perf_exporter
