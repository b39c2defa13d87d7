// The words of the findings, as data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "caps/advice/finding.h"
#include "caps/facts/host_facts.h"

namespace perf_exporter {

// What a finding says. `key` is the finding's id, or "id/variant" where one cause has more than one
// remedy. Words in braces in `fix` stand for what differs by place and process: {exe}, {unit}, the
// passages of place_table.h, {lsm} (all that this process' label must be allowed) and {pmu_switch}
// (the hypervisor's).
struct FindingText {
  std::string_view key;
  std::string_view summary;
  std::string_view fix;
  FixEffect effect = FixEffect::unsaid;

  [[nodiscard]] std::string_view id() const { return key.substr(0, key.find('/')); }
};

// Every text, of all findings that there are.
std::vector<FindingText> finding_texts();

// The row of a key. One that no table has gets no words, and fails tests/arch where src names it.
FindingText finding_text(std::string_view key);

// The fix for this process: lines of prose, each a paragraph, and lines that start with two blanks,
// which are commands or configuration. Where it takes a start anew, that comes last. What is
// unknown is worded for a plain host.
std::string fix_for(const FindingText& text, const HostFacts& facts);

// The finding of a key, with the fix for this process.
Finding make_finding(std::string_view key, Severity severity, std::string evidence,
                     const HostFacts& facts);

// "docs/permissions.md#no-pmu": the section of docs/permissions.md about a finding.
std::string finding_anchor(std::string_view id);

}  // namespace perf_exporter
