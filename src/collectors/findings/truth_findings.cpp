#include "collectors/findings/truth_findings.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "caps/advice/finding_text.h"

namespace perf_exporter {
namespace {

std::string in_words(const EventTruth& truth) {
  switch (truth.why) {
    case WhyUnknown::no_loop:
      return "there is no loop of known length for this architecture";
    case WhyUnknown::no_cpu:
      return "all its CPUs are isolated or nohz_full and not to be disturbed";
    case WhyUnknown::affinity_refused:
      return "the thread can't be kept on any of its CPUs" + error_in_brackets(truth.error);
    case WhyUnknown::refused:
      return "counting the own task was refused" + error_in_brackets(truth.error);
    case WhyUnknown::no_user_mode:
      return "the PMU can't count user mode alone" + error_in_brackets(truth.error);
    case WhyUnknown::no_counter:
      return "others held the counters";
    case WhyUnknown::shared_counter:
      return "the counters were shared with others";
    case WhyUnknown::no_such_event:
    case WhyUnknown::none:
      break;
  }
  return "";
}

// "cycles counted 0, at least 10000 expected".
std::string tell_failure(const char* event, const EventTruth& truth) {
  std::string text = std::string(event) + " counted " + std::to_string(truth.seen);
  if (std::string_view(event) == "instructions") {
    return text + ", " + std::to_string(kKnownLoopInstructions) + " expected";
  }
  return text + (truth.verdict == Verdict::not_counting
                     ? ", at least " + std::to_string(kNextToNothing) + " expected"
                     : ", more than a clock of 10 GHz gives");
}

// What the events with this verdict were seen to count, over all PMUs; "" where there are none.
std::string tell_failures(const std::vector<PmuTruth>& truths, Verdict verdict) {
  std::string text;
  for (const PmuTruth& truth : truths) {
    for (const auto& [event, found] :
         {std::pair{"cycles", &truth.cycles}, std::pair{"instructions", &truth.instructions}}) {
      if (found->verdict == verdict) {
        text += (text.empty() ? "" : "; ") + truth.pmu + " on CPU " +
                std::to_string(to_int(truth.cpu.value_or(CpuId{}))) + ": " +
                tell_failure(event, *found);
      }
    }
  }
  return text.empty()
             ? ""
             : text + "; in user mode over a loop of " + std::to_string(kKnownLoopInstructions) +
                   " instructions, three times in a row, with the counters held throughout";
}

void add_failures(const CountingState& state, std::vector<Finding>& findings) {
  if (auto seen = tell_failures(state.report.truths, Verdict::not_counting); !seen.empty()) {
    findings.push_back(
        make_finding("pmu_not_counting", Severity::warn, std::move(seen), state.facts));
  }
  if (auto seen = tell_failures(state.report.truths, Verdict::nonsense); !seen.empty()) {
    findings.push_back(
        make_finding("pmu_counts_nonsense", Severity::warn, std::move(seen), state.facts));
  }
}

void add_unchecked(const CountingState& state, const std::vector<Finding>& probed,
                   std::vector<Finding>& findings) {
  const bool is_explained = std::any_of(probed.begin(), probed.end(), [](const Finding& finding) {
    return finding.severity == Severity::fail || finding.id == "no_pmu" ||
           finding.id == "pmu_busy" || finding.id == "hardware_event_unsupported";
  });
  std::string seen;
  for (const PmuTruth& truth : state.report.truths) {
    const std::string why = !in_words(truth.instructions).empty() ? in_words(truth.instructions)
                                                                  : in_words(truth.cycles);
    if (!why.empty()) {
      seen += (seen.empty() ? "" : "; ") + truth.pmu + ": " + why;
    }
  }
  if (!seen.empty() && !is_explained) {
    findings.push_back(make_finding("pmu_unchecked", Severity::unknown, seen, state.facts));
  }
}

// " with cache_misses": what a silent event takes along.
std::string tell_partners(const CountingState& state, std::size_t silent) {
  const Event& row = state.events[silent];
  std::string text;
  for (const Event& other : state.events) {
    if (row.membership == Membership::required && &other != &row && other.group == row.group) {
      text += (text.empty() ? " with " : ", ") + other.name;
    }
  }
  return text;
}

void add_silent(const CountingState& state, std::vector<Finding>& findings) {
  std::string seen;
  for (const auto& [event, cpus] : state.silent) {
    seen += (seen.empty() ? "" : "; ") + std::string(state.events[event].name) +
            tell_partners(state, event) + " on CPU " + format_cpu_list(cpus);
  }
  if (!seen.empty()) {
    findings.push_back(make_finding("event_silent", Severity::warn,
                                    seen + ": 0 for more than a minute of running time",
                                    state.facts));
  }
}

}  // namespace

void add_truth_findings(const CountingState& state, const std::vector<Finding>& probed,
                        std::vector<Finding>& findings) {
  add_failures(state, findings);
  add_silent(state, findings);
  add_unchecked(state, probed, findings);
}

}  // namespace perf_exporter
