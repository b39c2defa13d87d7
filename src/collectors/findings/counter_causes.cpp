#include "collectors/findings/counter_causes.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "caps/advice/finding_text.h"

namespace perf_exporter {
namespace {

const EventRefusal* refusal_of(const CountingState& state, CpuId cpu, std::size_t event) {
  const auto refusals = state.refusals.find(cpu);
  if (refusals == state.refusals.end()) {
    return nullptr;
  }
  const auto refusal = refusals->second.find(event);
  return refusal == refusals->second.end() ? nullptr : &refusal->second;
}

// "CPU 8-15 (cpu_atom)"
std::string tell_cpus(const CountingState& state, const CpuList& cpus) {
  std::string pmus;
  for (const CorePmu& pmu : state.pmus) {
    const bool is_its = std::any_of(cpus.begin(), cpus.end(), [&](CpuId cpu) {
      const CorePmu* own = core_pmu_of(state.pmus, cpu);
      return own != nullptr && own->name == pmu.name;
    });
    pmus += is_its ? (pmus.empty() ? "" : " ") + pmu.name : "";
  }
  return "CPU " + format_cpu_list(cpus) + (pmus.empty() ? "" : " (" + pmus + ")");
}

// Events of which the same is to be said: "cycles, instructions", and what.
using Sayings = std::vector<std::pair<std::string, std::string>>;

void add_saying(std::string_view event, std::string saying, Sayings& sayings) {
  const auto same = std::find_if(sayings.begin(), sayings.end(),
                                 [&](const auto& known) { return known.second == saying; });
  if (same == sayings.end()) {
    sayings.emplace_back(event, std::move(saying));
  } else {
    same->first += ", " + std::string(event);
  }
}

std::string tell(const Sayings& sayings) {
  std::string text;
  for (const auto& [events, saying] : sayings) {
    text += (text.empty() ? "" : "; ") + events + saying;
  }
  return text;
}

// How it shows that events take turns; "" where they don't.
std::string tell_sharing(const CountingState& state) {
  Sayings sayings;
  for (const auto& [event, shared] : state.shared) {
    const std::string time = shared.percent
                                 ? " for " + std::to_string(*shared.percent) + " % of the time"
                                 : " for a part of the time, as one group of all hardware events,";
    add_saying(state.events[event].name, " ran" + time + " on CPU " + format_cpu_list(shared.cpus),
               sayings);
  }
  std::string seen = tell(sayings);
  if (!state.crowded.empty()) {
    seen += (seen.empty() ? "" : "; ") + std::string("the PMU of CPU ") +
            format_cpu_list(state.crowded) +
            " does not take all hardware events as one group: " + state.crowd_answer;
  }
  return seen;
}

// "cycles on CPU 2: EIO (Input/output error)"
std::string tell_failures(const CountingState& state) {
  Sayings sayings;
  for (const auto& [event, failures] : state.unread) {
    for (const auto& [error, cpus] : failures) {
      add_saying(state.events[event].name,
                 " on CPU " + format_cpu_list(cpus) + ": " + error_name(error) + " (" +
                     std::strerror(error) + ")",
                 sayings);
    }
  }
  for (const auto& [event, cpus] : state.cut_short) {
    add_saying(state.events[event].name,
               " on CPU " + format_cpu_list(cpus) + ": readings are short of events", sayings);
  }
  return tell(sayings);
}

bool has_too_few(const CountingState& state) {
  return std::any_of(state.refusals.begin(), state.refusals.end(), [](const auto& of_cpu) {
    return std::any_of(of_cpu.second.begin(), of_cpu.second.end(), [](const auto& refusal) {
      return refusal.second.obstacle == Obstacle::no_counters;
    });
  });
}

}  // namespace

bool is_of_one_core_type(const CountingState& state, std::size_t event) {
  return state.pmus.size() > 1 && std::any_of(state.cpus.begin(), state.cpus.end(), [&](CpuId cpu) {
           return refusal_of(state, cpu, event) == nullptr;
         });
}

Finding hybrid_core_type(const CountingState& state, const std::vector<std::size_t>& events) {
  std::string evidence;
  for (const std::size_t event : events) {
    CpuList without;
    CpuList with;
    for (const CpuId cpu : state.cpus) {
      (refusal_of(state, cpu, event) != nullptr ? without : with).push_back(cpu);
    }
    evidence += (evidence.empty() ? "" : "; ") + std::string(state.events[event].name) +
                " opens on " + tell_cpus(state, with) + ", not on " + tell_cpus(state, without);
  }
  return make_finding("hybrid_core_type", Severity::warn, std::move(evidence), state.facts);
}

std::vector<Finding> counter_causes(const CountingState& state) {
  std::vector<Finding> findings;
  const std::string sharing = tell_sharing(state);
  if (!sharing.empty()) {
    findings.push_back(make_finding("counters_shared", Severity::warn, sharing, state.facts));
  }
  if (!state.starved.empty()) {
    std::string seen;
    for (const auto& [event, cpus] : state.starved) {
      seen += (seen.empty() ? "" : ", ") + std::string(state.events[event].name) + " on CPU " +
              format_cpu_list(cpus);
    }
    findings.push_back(make_finding("counters_taken", Severity::warn,
                                    "open and running for less than 1 % of the time: " + seen,
                                    state.facts));
  }
  const bool is_short = !state.starved.empty() || !sharing.empty() || has_too_few(state);
  if (is_short && state.facts.nmi_watchdog.value_or(0) > 0) {
    findings.push_back(make_finding(
        "nmi_watchdog", Severity::warn,
        "kernel.nmi_watchdog " + std::to_string(*state.facts.nmi_watchdog), state.facts));
  }
  if (!state.unread.empty() || !state.cut_short.empty()) {
    findings.push_back(
        make_finding("event_unread", Severity::warn, tell_failures(state), state.facts));
  }
  return findings;
}

}  // namespace perf_exporter
