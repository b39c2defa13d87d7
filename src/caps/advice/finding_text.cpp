#include "caps/advice/finding_text.h"

#include <algorithm>
#include <utility>

#include "caps/advice/finding_tables.h"

namespace perf_exporter {
namespace {

using Table = std::span<const FindingText> (*)();
constexpr Table kTables[] = {permission_texts, machine_texts, counting_texts};

}  // namespace

std::vector<FindingText> finding_texts() {
  std::vector<FindingText> all;
  for (const Table table : kTables) {
    all.insert(all.end(), table().begin(), table().end());
  }
  return all;
}

FindingText finding_text(std::string_view key) {
  for (const Table table : kTables) {
    for (const FindingText& text : table()) {
      if (text.key == key) {
        return text;
      }
    }
  }
  return {key, "", ""};
}

Finding make_finding(std::string_view key, Severity severity, std::string evidence,
                     const HostFacts& facts) {
  const FindingText text = finding_text(key);
  return {std::string(text.id()),
          severity,
          std::string(text.summary),
          std::move(evidence),
          fix_for(text, facts),
          finding_anchor(text.id()),
          text.effect,
          {}};
}

std::string finding_anchor(std::string_view id) {
  std::string anchor = "docs/permissions.md#" + std::string(id);
  std::replace(anchor.begin(), anchor.end(), '_', '-');
  return anchor;
}

}  // namespace perf_exporter
