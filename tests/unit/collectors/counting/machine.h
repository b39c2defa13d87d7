// A small machine for tests: a scripted kernel, a host in a temporary directory, and the counting
// core on top of them, driven without the opening thread.
#pragma once

#include <linux/perf_event.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "collectors/counting/counter_set.h"
#include "collectors/opening/group_opener.h"
#include "fakes/fake_perf_kernel.h"
#include "fakes/temp_host.h"
#include "host/topology.h"

namespace perf_exporter::testing_machine {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::size_t kPlenty = 1'000'000;  // of descriptors

// The catalogue's events of these names, in its order.
inline EventSet events_named(const std::vector<std::string>& names) {
  std::vector<Event> events;
  for (const CatalogEvent& row : event_catalog()) {
    if (std::find(names.begin(), names.end(), row.name) != names.end()) {
      events.push_back(event_of(row));
    }
  }
  return EventSet(std::move(events));
}

// Of each kind some, whatever else the catalogue has.
inline EventSet default_events() {
  return events_named({"cycles", "ref_cycles", "instructions", "branches", "branch_misses",
                       "cache_references", "cache_misses", "page_faults", "minor_faults",
                       "major_faults", "context_switches", "migrations"});
}

inline std::size_t index_of(const EventSet& events, std::string_view name) {
  const auto found = std::find_if(events.begin(), events.end(),
                                  [name](const Event& event) { return event.name == name; });
  return static_cast<std::size_t>(found - events.begin());
}

inline bool is_hardware(const OpenCall& call) {
  return call.attr != nullptr &&
         (call.attr->type == PERF_TYPE_HARDWARE || call.attr->type == PERF_TYPE_HW_CACHE);
}

inline FakePerfKernel::Match hardware() {
  FakePerfKernel::Match match;
  match.where = is_hardware;
  return match;
}

// Hardware events that count 1,000 in so many seconds a reading, but for the cache's, which open
// and stay at 0.
inline FakePerfKernel::Course dead_cache_course(std::uint64_t seconds) {
  return [seconds](const perf_event_attr& attr, int /*cpu*/, int n) {
    const auto reading = static_cast<std::uint64_t>(n) + 1;
    const bool is_dead =
        attr.config == PERF_COUNT_HW_CACHE_REFERENCES || attr.config == PERF_COUNT_HW_CACHE_MISSES;
    const std::uint64_t time = reading * seconds * kSecond;
    return FakeCount{is_dead ? 0 : reading * 1000, time, time};
  };
}

// The own task's cycles or instructions, as the truth check opens them, plain or with a PMU's type.
inline FakePerfKernel::Match own_task(std::uint64_t config) {
  constexpr std::uint64_t kGeneric = 0xffffffff;
  FakePerfKernel::Match match;
  match.type = PERF_TYPE_HARDWARE;
  match.pid = 0;
  match.where = [config](const OpenCall& call) {
    return call.attr != nullptr && (call.attr->config & kGeneric) == config;
  };
  return match;
}

inline FakePerfKernel::Match event_at(const Encoding& encoding) {
  FakePerfKernel::Match match;
  match.type = encoding.type;
  match.config = encoding.config;
  return match;
}

// A second and `rate` events a reading, of which the event sees `percent` of the time.
inline FakePerfKernel::Course course(std::uint64_t rate, std::uint64_t percent = 100) {
  return [rate, percent](const perf_event_attr& /*attr*/, int /*cpu*/, int n) {
    const auto seconds = static_cast<std::uint64_t>(n) + 1;
    return FakeCount{seconds * rate * percent / 100, seconds * kSecond,
                     seconds * kSecond * percent / 100};
  };
}

// 1,000 events and a day a reading: however busy the machine, no clock seems to have stood still.
inline FakeCount fast_clock(const perf_event_attr& /*attr*/, int /*cpu*/, int n) {
  constexpr std::uint64_t kDay = 86'400 * kSecond;
  const auto readings = static_cast<std::uint64_t>(n) + 1;
  return {readings * 1000, readings * kDay, readings * kDay};
}

inline std::string name_of(const EventSet& events, std::size_t event) {
  return std::string(events[event].name);
}

// The events' names of each group, in the order of opening.
inline std::vector<std::vector<std::string>> groups_of(const EventSet& events,
                                                       const OpenedCpu& opened) {
  std::vector<std::vector<std::string>> groups;
  for (const OpenedGroup& group : opened.groups) {
    groups.emplace_back();
    for (const std::size_t event : group.events) {
      groups.back().push_back(name_of(events, event));
    }
  }
  return groups;
}

// Longer than two scrapes share one reading.
inline void let_the_reading_age() {
  std::this_thread::sleep_for(std::chrono::microseconds(1200));
}

// What CounterSet does with a target, in one thread. `now` is the time of the reading in ns. The
// faults.
inline std::vector<Fault> read_target(PerfKernel& kernel, TargetCounters& counters, RawCount now) {
  TargetReading reading;
  counters.collect(kernel, reading);
  counters.apply(now, reading);
  return reading.faults();
}
inline std::vector<EventGroup> install_on(PerfKernel& kernel, TargetCounters& counters,
                                          OpenedCpu opened, RawCount now) {
  read_target(kernel, counters, now);
  auto old = enable_groups(kernel, opened);
  OpenStates states;
  const std::size_t events = counters.open_state()->leaders.size();
  for (EventGroup& group : counters.install(states.share(std::move(opened), events))) {
    old.push_back(std::move(group));
  }
  return old;
}

class Machine {
 public:
  explicit Machine(EventSet wanted = default_events(), std::string_view online = "0-1")
      : host(online),
        events(std::move(wanted)),
        counters(kernel, events, OnlineCpus::open(host.paths()).value()) {}

  // Opens `cpu` and installs it, as the opening thread does.
  void open_cpu(CpuId cpu, Arrangement arrangement = Arrangement::merged) {
    if (!opener) {
      pmus = find_core_pmus(host.paths());
      opener.emplace(kernel, events, pmus, Guests::include);
    }
    counters.install(read_cpu_info(host.paths(), cpu, core_pmu_name(pmus, cpu)),
                     opener->open(Target::of_cpu(cpu), arrangement, kPlenty));
  }
  void open_cpus(const CpuList& cpus) {
    for (const CpuId cpu : cpus) {
      open_cpu(cpu);
    }
  }
  // Reopens what asks for it; how many CPUs did.
  std::size_t reopen() {
    const auto requests = counters.reopen_requests();
    for (const auto& [cpu, arrangement] : requests) {
      open_cpu(cpu, arrangement);
    }
    return requests.size();
  }

  // Reads anew; the faults.
  std::vector<Fault> read() {
    let_the_reading_age();
    return counters.read().faults;
  }

  // As of the newest reading; nothing where the CPU or its data is absent.
  [[nodiscard]] std::optional<std::uint64_t> total(int cpu, std::string_view event) const {
    std::optional<std::uint64_t> found;
    with_cpu(cpu, [&](const SnapshotRow& row) {
      if (const auto count = row.total(index_of(events, event))) {
        found = static_cast<std::uint64_t>(*count);
      }
    });
    return found;
  }
  [[nodiscard]] std::optional<EventStatus> status(int cpu, std::string_view event) const {
    std::optional<EventStatus> found;
    with_cpu(cpu, [&](const SnapshotRow& row) { found = row.status(index_of(events, event)); });
    return found;
  }
  template <class Use>
  void with_cpu(int cpu, Use use) const {
    const auto now = counters.state();
    if (const SnapshotRow* row = now->find(CpuId{cpu})) {
      use(*row);
    }
  }

  TempHost host;
  FakePerfKernel kernel;
  EventSet events;
  CounterSet counters;
  std::vector<CorePmu> pmus;
  std::optional<GroupOpener> opener;
};

}  // namespace perf_exporter::testing_machine
