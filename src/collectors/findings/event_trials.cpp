#include "collectors/findings/event_trials.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace perf_exporter {
namespace {

// Status and errno of one event on one CPU.
std::pair<std::string, std::string> outcome_of(const CountingState& state, CpuId cpu,
                                               std::size_t event) {
  const auto refusals = state.refusals.find(cpu);
  if (refusals != state.refusals.end()) {
    if (const auto found = refusals->second.find(event); found != refusals->second.end()) {
      const EventRefusal& refusal = found->second;
      const bool is_offline = refusal.fault.code == ENODEV;
      return {is_offline ? "offline" : std::string(to_string(refusal.status)),
              refusal.fault.code == 0 ? std::string() : error_name(refusal.fault.code)};
    }
  }
  return {"opens", ""};
}

}  // namespace

std::vector<EventTrial> event_trials(const CountingState& state) {
  std::vector<EventTrial> trials;
  for (std::size_t event = 0; event < state.events.size(); ++event) {
    std::map<std::pair<std::string, std::string>, CpuList> outcomes;
    for (const CpuId cpu : state.cpus) {
      outcomes[outcome_of(state, cpu, event)].push_back(cpu);
    }
    for (const auto& [outcome, cpus] : outcomes) {
      trials.push_back({std::string(state.events[event].name), "cpu", outcome.first, outcome.second,
                        format_cpu_list(cpus)});
    }
  }
  return trials;
}

}  // namespace perf_exporter
