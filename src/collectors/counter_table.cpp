#include "collectors/counter_table.h"

#include <algorithm>
#include <set>
#include <utility>

namespace perf_exporter {
namespace {

using Events = std::vector<const CatalogEvent*>;

// One walk over all families and series serves both ends: it describes them for a layout, and fills
// in their values, in the same order by construction. The sinks below take what they need of it.
struct LayoutSink {
  std::vector<Family>& families;
  template <class MakeFamily>
  void family(MakeFamily make) {
    families.push_back(make());
  }
  template <class MakeLabels, class MakeValue>
  void series(MakeLabels labels, MakeValue /*value*/) {
    families.back().series.push_back(labels());
  }
};

struct ValueSink {
  std::vector<Value>& values;
  template <class MakeFamily>
  void family(MakeFamily /*make*/) {}
  template <class MakeLabels, class MakeValue>
  void series(MakeLabels /*labels*/, MakeValue value) {
    values.push_back(value());
  }
};

Value value_of(const std::optional<Count>& count) {
  return count ? Value::of_count(*count) : Value::absent();
}

Value value_of(const std::optional<std::uint64_t>& number) {
  return number ? Value::of_count(*number) : Value::absent();
}

Labels with_cache_labels(Labels labels, const CatalogEvent& event) {
  if (!event.cache.empty()) {
    labels.emplace_back("cache", event.cache);
    labels.emplace_back("op", event.op);
  }
  return labels;
}

// A quantity summed over CPUs, present where any CPU has it now.
struct Sum {
  Count count = 0;
  bool present = false;
  [[nodiscard]] Value value() const { return present ? Value::of_count(count) : Value::absent(); }
};

enum class Clock { enabled, running };

Count time_of(const GroupTimes& times, Clock clock) {
  return clock == Clock::enabled ? times.enabled : times.running;
}

// The CPUs that are summed up into one series: all of them, or those of one package.
struct Share {
  const CountersView& view;
  const std::string* package;  // null: the whole node

  [[nodiscard]] bool holds(const std::string& of) const {
    return package == nullptr || *package == of;
  }
  template <class Add>
  void each_cpu(Add add) const {
    for (const auto& [cpu, counters] : view.cpus) {
      if (holds(counters.info().package)) {
        add(counters);
      }
    }
  }
  template <class Add>
  void each_retired(Add add) const {
    for (const auto& [of, retired] : view.retired) {
      if (holds(of)) {
        add(retired);
      }
    }
  }

  [[nodiscard]] Value total(std::size_t event) const {
    Sum sum;
    each_cpu([&](const CpuCounters& counters) {
      sum.count += counters.counted(event);
      sum.present = sum.present || counters.total(event).has_value();
    });
    each_retired([&](const RetiredCounts& retired) { sum.count += retired.counts[event]; });
    return sum.value();
  }
  [[nodiscard]] Value group_time(std::size_t leader, Clock clock) const {
    Sum sum;
    each_cpu([&](const CpuCounters& counters) {
      sum.count += time_of(counters.times_ever_led_by(leader), clock);
      sum.present = sum.present || counters.times_led_by(leader).has_value();
    });
    each_retired(
        [&](const RetiredCounts& retired) { sum.count += time_of(retired.times[leader], clock); });
    return sum.value();
  }
};

std::set<std::string> packages_of(const CountersView& view) {
  std::set<std::string> packages;
  for (const auto& [cpu, counters] : view.cpus) {
    packages.insert(counters.info().package);
  }
  return packages;
}

// Calls `part(labels, cpu counters or null, share)` for each part of the scope that has series of
// its own: every CPU, every package, or the node.
template <class Part>
void each_part(Aggregate aggregate, const CountersView& view, Part part) {
  if (aggregate == Aggregate::cpu) {
    for (const auto& [cpu, counters] : view.cpus) {
      part(
          [&, id = cpu] {
            return Labels{{"cpu", std::to_string(to_int(id))}};
          },
          &counters, Share{view, nullptr});
    }
  } else if (aggregate == Aggregate::package) {
    for (const std::string& package : packages_of(view)) {
      part([&] { return Labels{{"package", package}}; }, nullptr, Share{view, &package});
    }
  } else {
    part([] { return Labels{}; }, nullptr, Share{view, nullptr});
  }
}

std::string prefix_of(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::cpu:
      return "perf_cpu_";
    case Aggregate::package:
      return "perf_package_";
    case Aggregate::node:
      break;
  }
  return "perf_node_";
}

template <class Sink>
void walk_events(Aggregate aggregate, const CountersView& view, Sink& sink) {
  std::string_view metric;
  for (std::size_t event = 0; event < view.events.size(); ++event) {
    const CatalogEvent& row = *view.events[event];
    if (row.metric != metric) {
      metric = row.metric;
      sink.family([&] {
        return Family{prefix_of(aggregate) + std::string(metric) + "_total",
                      std::string(row.help),
                      MetricType::counter,
                      ValueKind::integer,
                      std::string(row.collector),
                      {}};
      });
    }
    each_part(aggregate, view, [&](auto labels, const CpuCounters* cpu, const Share& share) {
      sink.series([&] { return with_cache_labels(labels(), row); },
                  [&] { return cpu ? value_of(cpu->total(event)) : share.total(event); });
    });
  }
}

std::set<std::size_t> leaders_of(const CountersView& view) {
  std::set<std::size_t> leaders;
  for (const auto& [cpu, counters] : view.cpus) {
    for (std::size_t event = 0; event < view.events.size(); ++event) {
      if (const auto leader = counters.leader_of(event)) {
        leaders.insert(*leader);
      }
    }
  }
  return leaders;
}

template <class Sink>
void walk_group_times(Aggregate aggregate, const CountersView& view,
                      const std::set<std::size_t>& leaders, Clock clock, Sink& sink) {
  const bool enabled = clock == Clock::enabled;
  sink.family([&] {
    return Family{
        prefix_of(aggregate) +
            (enabled ? "group_enabled_seconds_total" : "group_running_seconds_total"),
        enabled ? "Time for which a group of events was meant to count."
                : "Time for which a group of events had its counters; less than the enabled time "
                  "where it shared them.",
        MetricType::counter,
        ValueKind::nanoseconds,
        "",
        {}};
  });
  for (const std::size_t leader : leaders) {
    each_part(aggregate, view, [&](auto labels, const CpuCounters* cpu, const Share& share) {
      sink.series(
          [&] {
            Labels all = labels();
            all.emplace_back("group", view.events[leader]->name);
            return all;
          },
          [&] {
            if (cpu == nullptr) {
              return share.group_time(leader, clock);
            }
            const auto times = cpu->times_led_by(leader);
            return times ? Value::of_count(time_of(*times, clock)) : Value::absent();
          });
    });
  }
}

// Every status has its series in the layout; one that holds on no CPU is not written, but for
// `counting`, whose 0 says that an event counts nowhere.
template <class Sink>
void walk_event_statuses(const CountersView& view, Sink& sink) {
  sink.family([] {
    return Family{"perf_exporter_event_cpus",
                  "On how many CPUs an event has a status.",
                  MetricType::gauge,
                  ValueKind::integer,
                  "",
                  {}};
  });
  for (std::size_t event = 0; event < view.events.size(); ++event) {
    for (const EventStatus status : kEventStatuses) {
      sink.series(
          [&] {
            return Labels{{"event", std::string(view.events[event]->name)},
                          {"scope", "cpu"},
                          {"status", std::string(to_string(status))}};
          },
          [&] {
            const auto cpus = std::count_if(
                view.cpus.begin(), view.cpus.end(),
                [&](const auto& entry) { return entry.second.status(event) == status; });
            return cpus > 0 || status == EventStatus::counting
                       ? Value::of_count(static_cast<Count>(cpus))
                       : Value::absent();
          });
    }
  }
}

// Whether a collector delivers anything, and how long the groups that hold its events took to read.
// A group that several collectors share counts for each.
struct CollectorResult {
  bool success = false;
  RawCount nanoseconds = 0;
};

CollectorResult result_of(const CountersView& view, std::string_view collector) {
  CollectorResult result;
  bool failed = false;
  for (const auto& [cpu, counters] : view.cpus) {
    std::set<std::size_t> timed;
    for (std::size_t event = 0; event < view.events.size(); ++event) {
      const auto leader = counters.leader_of(event);
      if (view.events[event]->collector != collector || !leader) {
        continue;
      }
      result.success = result.success || counters.total(event).has_value();
      failed = failed || counters.status(event) == EventStatus::busy;
      if (timed.insert(*leader).second) {
        result.nanoseconds += counters.read_time(event);
      }
    }
  }
  result.success = result.success && !failed;
  return result;
}

template <class Sink>
void walk_collectors(const CountersView& view, const std::vector<std::string>& collectors,
                     Sink& sink) {
  constexpr double kNano = 1e-9;
  sink.family([] {
    return Family{
        "perf_exporter_collector_success",
        "Whether a collector delivered samples at this scrape and all its reads succeeded.",
        MetricType::gauge,
        ValueKind::integer,
        "",
        {}};
  });
  for (const std::string& name : collectors) {
    sink.series(
        [&] {
          return Labels{{"collector", name}};
        },
        [&] { return Value::of_count(result_of(view, name).success ? 1 : 0); });
  }
  sink.family([] {
    return Family{
        "perf_exporter_collector_duration_seconds",
        "Time that the newest reading spent on the groups that hold a collector's events.",
        MetricType::gauge,
        ValueKind::real,
        "",
        {}};
  });
  for (const std::string& name : collectors) {
    sink.series(
        [&] {
          return Labels{{"collector", name}};
        },
        [&] {
          return Value::of_real(static_cast<double>(result_of(view, name).nanoseconds) * kNano);
        });
  }
}

template <class Sink>
void walk_single(Sink& sink, const char* name, const char* help, MetricType type, ValueKind kind,
                 const Value& value) {
  sink.family([&] { return Family{name, help, type, kind, "", {}}; });
  sink.series([] { return Labels{}; }, [&] { return value; });
}

template <class Sink>
void walk_process(const CountersView& view, const ProcessUsage& usage, Sink& sink) {
  const auto counter = MetricType::counter;
  const auto gauge = MetricType::gauge;
  const auto integer = ValueKind::integer;
  walk_single(sink, "perf_exporter_read_failures_total", "Reads of a group of events that failed.",
              counter, integer, Value::of_count(view.read_failures));
  walk_single(sink, "perf_exporter_reopenings_total",
              "CPUs whose groups of events had to be opened anew.", counter, integer,
              Value::of_count(view.reopenings));
  walk_single(sink, "process_cpu_seconds_total", "User and system CPU time spent in seconds.",
              counter, ValueKind::real, Value::of_real(usage.cpu_seconds));
  walk_single(sink, "process_resident_memory_bytes", "Resident memory size in bytes.", gauge,
              integer, value_of(usage.resident_bytes));
  walk_single(sink, "process_virtual_memory_bytes", "Virtual memory size in bytes.", gauge, integer,
              value_of(usage.virtual_bytes));
  walk_single(sink, "process_open_fds", "Number of open file descriptors.", gauge, integer,
              value_of(usage.open_fds));
  walk_single(sink, "process_max_fds", "Maximum number of open file descriptors.", gauge, integer,
              value_of(usage.max_fds));
  walk_single(
      sink, "process_start_time_seconds", "Start time of the process since the epoch in seconds.",
      gauge, ValueKind::real,
      usage.start_time_seconds ? Value::of_real(*usage.start_time_seconds) : Value::absent());
}

}  // namespace

CounterTable::CounterTable(Aggregate aggregate, std::vector<std::string> collectors)
    : aggregate_(aggregate), collectors_(std::move(collectors)) {}

const SampleTable& CounterTable::update(const CountersView& view, const ProcessUsage& process) {
  const auto walk = [&](auto sink) {
    const std::set<std::size_t> leaders = leaders_of(view);
    walk_events(aggregate_, view, sink);
    walk_group_times(aggregate_, view, leaders, Clock::enabled, sink);
    walk_group_times(aggregate_, view, leaders, Clock::running, sink);
    walk_event_statuses(view, sink);
    walk_collectors(view, collectors_, sink);
    walk_process(view, process, sink);
  };
  if (table_.layout.generation != view.generation) {
    table_.layout.families.clear();
    walk(LayoutSink{table_.layout.families});
    table_.layout.generation = view.generation;
  }
  table_.values.clear();
  walk(ValueSink{table_.values});
  return table_;
}

}  // namespace perf_exporter
