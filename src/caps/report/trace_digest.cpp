#include "caps/report/trace_digest.h"

#include <algorithm>

namespace perf_exporter {
namespace {

int rank(const TracedCall& call) {
  if (is_permission_refusal(call)) {
    return 0;
  }
  return call.error() != 0 || !call.result ? 1 : 2;
}

bool is_alike(const JudgedCall& left, const JudgedCall& right) {
  const auto same = [](const TraceCause& a, const TraceCause& b) { return a.id == b.id; };
  return left.call.command == right.call.command && left.call.error() == right.call.error() &&
         std::equal(left.causes.begin(), left.causes.end(), right.causes.begin(),
                    right.causes.end(), same);
}

}  // namespace

void count_calls(TraceReport& report, const Recording& recording) {
  report.seen += recording.seen;
  report.lost += recording.lost;
  report.refused += static_cast<std::size_t>(
      std::count_if(recording.calls.begin(), recording.calls.end(), is_permission_refusal));
}

TraceReport digest(const Recording& recording, const TraceContext& context) {
  TraceReport report;
  report.scope = context.scope;
  count_calls(report, recording);
  for (const TracedCall& call : recording.calls) {
    JudgedCall judged;
    judged.call = call;
    judged.causes = judge(call, context);
    const auto alike = std::find_if(report.calls.begin(), report.calls.end(),
                                    [&](const auto& each) { return is_alike(each, judged); });
    if (alike != report.calls.end()) {
      ++alike->times;
    } else {
      report.calls.push_back(std::move(judged));
    }
  }
  std::stable_sort(report.calls.begin(), report.calls.end(),
                   [](const auto& a, const auto& b) { return rank(a.call) < rank(b.call); });
  report.calls.resize(std::min(report.calls.size(), kMostShown));
  return report;
}

}  // namespace perf_exporter
