#include "collectors/findings/counting_findings.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "caps/advice/finding_text.h"
#include "collectors/findings/counter_causes.h"
#include "collectors/findings/cpu_findings.h"
#include "collectors/findings/truth_findings.h"

namespace perf_exporter {
namespace {

// Events with one kind of refusal, and the first such answer as evidence.
struct Affected {
  std::set<std::size_t> events;
  CpuList cpus;
  std::string answer;
};

template <class Matches>
Affected affected_by(const CountingState& state, Matches matches) {
  Affected affected;
  for (const auto& [cpu, refusals] : state.refusals) {
    for (const auto& [event, refusal] : refusals) {
      if (!matches(refusal)) {
        continue;
      }
      affected.events.insert(event);
      if (affected.cpus.empty() || affected.cpus.back() != cpu) {
        affected.cpus.push_back(cpu);
      }
      if (affected.answer.empty()) {
        affected.answer = refusal.fault.what;
      }
    }
  }
  return affected;
}

std::string names_of(const CountingState& state, const std::set<std::size_t>& events) {
  std::string names;
  for (const std::size_t event : events) {
    names += (names.empty() ? "" : ", ") + std::string(state.events[event].name);
  }
  return names;
}

std::string evidence_of(const CountingState& state, const Affected& affected) {
  return names_of(state, affected.events) + " on CPU " + format_cpu_list(affected.cpus) + ": " +
         affected.answer;
}

bool has_finding(const std::vector<Finding>& findings, std::string_view id) {
  return std::any_of(findings.begin(), findings.end(),
                     [id](const Finding& finding) { return finding.id == id; });
}

bool has_failure(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::fail; });
}

void add_refusals(const CountingState& state, const std::vector<Finding>& probed,
                  std::vector<Finding>& findings) {
  const auto limited = affected_by(state, is_limit);
  if (!limited.events.empty() && !has_finding(probed, "descriptors_exhausted")) {
    findings.push_back(make_finding(
        "descriptor_limit", Severity::fail,
        evidence_of(state, limited) + "; " + std::to_string(state.report.descriptors) +
            " open of " + std::to_string(state.report.allowance) + " that events may take",
        state.facts));
  }
  const auto refused = affected_by(state, [](const EventRefusal& refusal) {
    return refusal.status == EventStatus::refused && !is_limit(refusal);
  });
  if (!refused.events.empty() && !has_failure(probed)) {
    findings.push_back(
        make_finding("event_refused", Severity::fail, evidence_of(state, refused), state.facts));
  }
  auto unsupported = affected_by(state, [](const EventRefusal& refusal) {
    return refusal.status == EventStatus::unsupported && refusal.fault.code != ENODEV;  // offline
  });
  std::vector<std::size_t> one_core_type;
  std::erase_if(unsupported.events, [&](std::size_t event) {
    const bool is_one = is_of_one_core_type(state, event);
    if (is_one) {
      one_core_type.push_back(event);
    }
    return is_one;
  });
  if (!one_core_type.empty() && !has_failure(probed)) {
    findings.push_back(hybrid_core_type(state, one_core_type));
  }
  if (!unsupported.events.empty() && !has_finding(probed, "no_pmu") && !has_failure(probed)) {
    findings.push_back(make_finding("event_unsupported", Severity::warn,
                                    evidence_of(state, unsupported), state.facts));
  }
  const auto too_few = affected_by(
      state, [](const EventRefusal& refusal) { return refusal.obstacle == Obstacle::no_counters; });
  if (!too_few.events.empty()) {
    findings.push_back(
        make_finding("counters_too_few", Severity::warn, evidence_of(state, too_few), state.facts));
  }
  const auto busy = affected_by(state, [](const EventRefusal& refusal) {
    return refusal.status == EventStatus::busy && refusal.obstacle != Obstacle::no_counters;
  });
  if (!busy.events.empty()) {
    findings.push_back(
        make_finding("event_busy", Severity::warn, evidence_of(state, busy), state.facts));
  }
}

void add_condition(CpuId cpu, std::size_t event, const EventCondition& condition,
                   CountingState& state) {
  switch (condition.lack) {
    case Lack::none:
      break;
    case Lack::shared: {
      SharedCounter& shared = state.shared[event];
      shared.cpus.push_back(cpu);
      if (condition.percent) {
        const unsigned percent = *condition.percent;
        shared.percent = std::min(percent, shared.percent.value_or(percent));
      }
      break;
    }
    case Lack::taken:
      state.starved[event].push_back(cpu);
      break;
    case Lack::unread:
      state.unread[event][condition.error].push_back(cpu);
      break;
    case Lack::cut_short:
      state.cut_short[event].push_back(cpu);
      break;
  }
}

}  // namespace

CountingState counting_state(const Snapshot& now, const OpenReport& report, Aggregate aggregate) {
  CountingState state;
  state.aggregate = aggregate;
  state.incomplete_sums = incomplete_sums(now, aggregate);
  state.events = now.events();
  state.report = report;
  for (const SnapshotRow& row : now.rows()) {
    const CpuId cpu = row.cpu();
    state.cpus.push_back(cpu);
    if (row.info().package.empty()) {
      state.without_package.push_back(cpu);
    }
    for (std::size_t event = 0; event < now.events().size(); ++event) {
      if (const EventRefusal* refusal = row.refusal(event)) {
        state.refusals[cpu][event] = *refusal;
      } else if (!row.is_offline()) {
        add_condition(cpu, event, row.cell(event).condition, state);
      }
      if (row.status(event) == EventStatus::silent && row.cell(event).is_silent_itself) {
        state.silent[event].push_back(cpu);
      }
    }
    if (const auto& answer = row.crowded()) {
      state.crowded.push_back(cpu);
      state.crowd_answer = state.crowd_answer.empty() ? answer->what : state.crowd_answer;
    }
  }
  return state;
}

std::vector<Finding> counting_findings(const CountingState& state,
                                       const std::vector<Finding>& probed) {
  std::vector<Finding> findings;
  add_refusals(state, probed, findings);
  for (Finding& finding : cpu_findings(state)) {
    findings.push_back(std::move(finding));
  }
  for (Finding& finding : counter_causes(state)) {
    findings.push_back(std::move(finding));
  }
  if (state.report.guests_refused_on) {
    findings.push_back(make_finding(
        "guests_excluded", Severity::warn,
        "perf_event_open answered EOPNOTSUPP on CPU " +
            std::to_string(to_int(*state.report.guests_refused_on)) +
            " without exclude_guest, and opened with it; all CPUs leave guests out alike",
        state.facts));
  }
  add_truth_findings(state, probed, findings);
  if (!state.incomplete_sums.empty()) {
    findings.push_back(sum_finding(state.incomplete_sums, state.events, state.facts));
  }
  return findings;
}

}  // namespace perf_exporter
