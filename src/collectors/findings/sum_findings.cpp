#include "collectors/findings/sum_findings.h"

#include <algorithm>
#include <utility>

#include "caps/advice/finding_text.h"

namespace perf_exporter {
namespace {

// Adds a CPU to the sum in which it takes part, or should. What was opened just now has no status.
void add(const SnapshotRow& counters, std::size_t event, IncompleteSum& sum) {
  const auto status = counters.status(event);
  if (counters.is_offline() || status == EventStatus::unsupported) {
    return;
  }
  if (status ? has_data(*status) : counters.leader_of(event).has_value()) {
    sum.counted_on.push_back(counters.cpu());
  } else if (status) {
    sum.lacking[*status].push_back(counters.cpu());
  }
}

// The event's sums, by package; all CPUs are of one without a name where the machine is summed up.
std::map<std::string, IncompleteSum> sums_of(const Snapshot& now, std::size_t event,
                                             Aggregate aggregate) {
  std::map<std::string, IncompleteSum> sums;
  for (const SnapshotRow& counters : now.rows()) {
    const std::string& package = counters.info().package;
    if (aggregate == Aggregate::node) {
      add(counters, event, sums[""]);
    } else if (!package.empty()) {  // else in no sum: package_unknown
      add(counters, event, sums[package]);
    }
  }
  return sums;
}

bool are_alike(const IncompleteSum& left, const IncompleteSum& right) {
  return left.package == right.package && left.counted_on == right.counted_on &&
         left.lacking == right.lacking;
}

// "cycles, instructions of package 1 stand on CPU 4-5: starved on CPU 6, busy on CPU 7"
std::string tell(const IncompleteSum& sum, const EventSet& events) {
  std::string text;
  for (const std::size_t event : sum.events) {
    text += (text.empty() ? "" : ", ") + std::string(events[event].name);
  }
  text += sum.package.empty() ? "" : " of package " + sum.package;
  text += sum.events.size() == 1 ? " stands" : " stand";
  text += " on CPU " + format_cpu_list(sum.counted_on);
  std::string_view separator = ": ";
  for (const auto& [status, cpus] : sum.lacking) {
    text += separator;
    text += to_string(status);
    text += " on CPU " + format_cpu_list(cpus);
    separator = ", ";
  }
  return text;
}

}  // namespace

std::vector<IncompleteSum> incomplete_sums(const Snapshot& now, Aggregate aggregate) {
  std::vector<IncompleteSum> incomplete;
  for (std::size_t event = 0; aggregate != Aggregate::cpu && event < now.events().size(); ++event) {
    for (auto& [package, sum] : sums_of(now, event, aggregate)) {
      if (sum.counted_on.empty() || sum.lacking.empty()) {
        continue;
      }
      sum.package = package;
      auto known = std::find_if(incomplete.begin(), incomplete.end(),
                                [&, &of = sum](auto& other) { return are_alike(of, other); });
      if (known == incomplete.end()) {
        known = incomplete.insert(known, std::move(sum));
      }
      known->events.push_back(event);
    }
  }
  return incomplete;
}

Finding sum_finding(const std::vector<IncompleteSum>& sums, const EventSet& events,
                    const HostFacts& facts) {
  std::string evidence;
  for (const IncompleteSum& sum : sums) {
    evidence += (evidence.empty() ? "" : "; ") + tell(sum, events);
  }
  return make_finding("sum_incomplete", Severity::warn, std::move(evidence), facts);
}

}  // namespace perf_exporter
