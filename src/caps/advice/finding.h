#pragma once

#include <string>

namespace perf_exporter {

// What a finding means for the counting that is wanted. fail: something wanted is refused. warn:
// something is missing or stands in the way, but no permission refuses anything for it now.
// unknown: it could not be told. ok: nothing to do.
enum class Severity { ok, warn, fail, unknown };

// "ok", "warn", "fail", "unknown".
constexpr const char* to_text(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "ok";
    case Severity::warn:
      return "warn";
    case Severity::fail:
      return "fail";
    case Severity::unknown:
      return "unknown";
  }
  return "";
}

// When a fix helps an exporter that runs. What changes the kernel's rules holds for a running
// process at once; what a process is given at its start, or not, is settled (capabilities(7),
// seccomp(2), namespaces(7)). unsaid: there is nothing to say, or the fix says it itself.
enum class FixEffect { unsaid, at_once, at_restart };

// One named cause, or the statement that nothing is in the way.
struct Finding {
  std::string id;  // stable snake_case, fit for a label value: "no_pmu"
  Severity severity = Severity::unknown;
  std::string summary;   // one sentence for a reader who doesn't know the kernel's rules
  std::string evidence;  // the facts and trials it rests on, with the names /proc gives them
  std::string fix;       // lines (separated by '\n') of what to do and where; may be empty
  std::string anchor;    // where to read on: "docs/permissions.md#no-pmu"
  FixEffect effect = FixEffect::unsaid;
  std::string outlook = {};  // what the fix leads to beside the other findings: by arrange()
};

// The fix and its outlook, each line as in `fix`.
inline std::string whole_fix(const Finding& finding) {
  return finding.fix + (finding.outlook.empty() ? "" : "\n" + finding.outlook);
}

}  // namespace perf_exporter
