#include "collectors/opening/truth_watch.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <utility>

#include "host/online_cpus.h"

namespace perf_exporter {
namespace {

CpuList cpus_of(const CorePmu& pmu, const CpuList& cpus) {
  return pmu.cpus.empty() ? cpus : intersect(pmu.cpus, cpus);
}

// What stands after a check. One that could not judge has nothing to say against one that could.
EventTruth standing_after(const EventTruth& before, const EventTruth& now) {
  return now.verdict == Verdict::unknown || now.verdict == before.verdict ? before : now;
}

bool same_verdicts(const PmuTruth& before, const PmuTruth& after) {
  return before.pmu == after.pmu && before.cycles.verdict == after.cycles.verdict &&
         before.instructions.verdict == after.instructions.verdict;
}

// The semantic group of a generic hardware event.
std::string_view group_of(std::uint64_t config) {
  for (const CatalogEvent& event : event_catalog()) {
    if (event.encoding == Encoding{PERF_TYPE_HARDWARE, config}) {
      return event.group;
    }
  }
  return {};
}

}  // namespace

TruthWatch::TruthWatch(PerfKernel& kernel, EventSet wanted, HostPaths paths, CallUse affinity)
    : kernel_(kernel),
      wanted_(std::move(wanted)),
      paths_(std::move(paths)),
      affinity_(affinity),
      wants_hardware_(std::any_of(wanted_.begin(), wanted_.end(),
                                  [](const Event& event) { return is_core(event); })) {}

const PmuTruth* TruthWatch::standing_of(const std::string& pmu) const {
  const auto found = std::find_if(standing_.begin(), standing_.end(),
                                  [&](const PmuTruth& truth) { return truth.pmu == pmu; });
  return found != standing_.end() ? &*found : nullptr;
}

bool TruthWatch::check(const std::vector<CorePmu>& pmus, const CpuList& counted) {
  if (!wants_hardware_) {
    return false;
  }
  const CpuList usable = choose_cpus({CpuChoice::Kind::housekeeping, {}}, counted, paths_);
  std::vector<PmuTruth> truths;
  for (const CorePmu& pmu : pmus) {
    if (cpus_of(pmu, counted).empty()) {
      continue;
    }
    PmuTruth truth = check_truth(kernel_, pmu, cpus_of(pmu, usable), precedence_, affinity_);
    if (const PmuTruth* before = standing_of(pmu.name)) {
      truth.cycles = standing_after(before->cycles, truth.cycles);
      truth.instructions = standing_after(before->instructions, truth.instructions);
      truth.cpu = same_verdicts(*before, truth) ? before->cpu : truth.cpu;
    }
    truths.push_back(std::move(truth));
  }
  const bool changed =
      !std::equal(standing_.begin(), standing_.end(), truths.begin(), truths.end(), same_verdicts);
  standing_ = std::move(truths);
  return changed;
}

bool TruthWatch::knows_all(const std::vector<CorePmu>& pmus, const CpuList& counted) const {
  return !wants_hardware_ || std::all_of(pmus.begin(), pmus.end(), [&](const CorePmu& pmu) {
    return cpus_of(pmu, counted).empty() || standing_of(pmu.name) != nullptr;
  });
}

std::map<std::string, std::vector<bool>> TruthWatch::untrusted() const {
  std::map<std::string, std::vector<bool>> by_pmu;
  for (const PmuTruth& truth : standing_) {
    if (truth.cycles.failed() || truth.instructions.failed()) {
      by_pmu[truth.pmu] = untrusted_events(wanted_, truth);
    }
  }
  return by_pmu;
}

std::vector<bool> untrusted_events(const EventSet& wanted, const PmuTruth& truth) {
  const bool any_right =
      truth.cycles.verdict == Verdict::right || truth.instructions.verdict == Verdict::right;
  const bool any_failed = truth.cycles.failed() || truth.instructions.failed();
  const bool is_condemned =
      any_failed && (!any_right || truth.instructions.verdict == Verdict::nonsense);
  std::vector<bool> untrusted(wanted.size());
  for (std::size_t event = 0; event < wanted.size(); ++event) {
    const Event& row = wanted[event];
    const bool goes_along =
        (truth.cycles.failed() && row.group == group_of(PERF_COUNT_HW_CPU_CYCLES)) ||
        (truth.instructions.failed() && row.group == group_of(PERF_COUNT_HW_INSTRUCTIONS));
    untrusted[event] = is_core(row) && (is_condemned || goes_along);
  }
  return untrusted;
}

}  // namespace perf_exporter
