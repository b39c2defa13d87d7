// The walk over what was counted: events and the times of their groups, by CPU, package or node.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/counting/counter_summary.h"
#include "collectors/counting/snapshot.h"
#include "collectors/families/counter_table.h"
#include "collectors/families/table_sinks.h"

namespace perf_exporter {

// Adds the event's own labels.
inline Labels with_labels_of(const Event& event, Labels labels) {
  labels.insert(labels.end(), event.labels.begin(), event.labels.end());
  return labels;
}

// A quantity summed over CPUs, present where any CPU has it now.
struct Sum {
  Count count = 0;
  bool present = false;
  [[nodiscard]] Value value() const { return present ? Value::of_count(count) : Value::absent(); }
};

// Which of a group's two clocks.
enum class Clock { enabled, running };

inline Count time_of(const GroupTimes& times, Clock clock) {
  return clock == Clock::enabled ? times.enabled : times.running;
}

// The CPUs that are summed up into one series: all of them, or those of one package.
struct SummedCpus {
  const Snapshot& now;
  const std::string* package;  // null: the whole node

  [[nodiscard]] bool holds(const std::string& of) const {
    return package == nullptr || *package == of;
  }
  template <class Add>
  void each_cpu(Add add) const {
    for (const SnapshotRow& row : now.rows()) {
      if (holds(row.info().package)) {
        add(row);
      }
    }
  }
  template <class Add>
  void each_retired(Add add) const {
    for (const auto& [of, retired] : now.retired()) {
      if (holds(of)) {
        add(retired);
      }
    }
  }

  // What `event` has counted on these CPUs, those gone since among them.
  [[nodiscard]] Value total(std::size_t event) const {
    Sum sum;
    each_cpu([&](const SnapshotRow& counters) {
      sum.count += counters.counted(event);
      sum.present = sum.present || counters.total(event).has_value();
    });
    each_retired([&](const RetiredCounts& retired) { sum.count += retired.counts[event]; });
    return sum.value();
  }
  // The same for a clock of the groups that `leader` has led.
  [[nodiscard]] Value group_time(std::size_t leader, Clock clock) const {
    Sum sum;
    each_cpu([&](const SnapshotRow& counters) {
      sum.count += time_of(counters.times_ever_led_by(leader), clock);
      sum.present = sum.present || counters.times_led_by(leader).has_value();
    });
    each_retired(
        [&](const RetiredCounts& retired) { sum.count += time_of(retired.times[leader], clock); });
    return sum.value();
  }
};

// Calls `part(labels, cpu counters or null, cpus)` for each part of the scope that has series of
// its own: every CPU, every package, or the node.
template <class Part>
void each_part(Aggregate aggregate, const Snapshot& now, const CounterSummary& summary, Part part) {
  if (aggregate == Aggregate::cpu) {
    for (const SnapshotRow& row : now.rows()) {
      part(
          [&] {
            return Labels{{"cpu", std::to_string(to_int(row.cpu()))}};
          },
          &row, SummedCpus{now, nullptr});
    }
  } else if (aggregate == Aggregate::package) {
    for (const std::string& package : summary.packages()) {
      part([&] { return Labels{{"package", package}}; }, nullptr, SummedCpus{now, &package});
    }
  } else {
    part([] { return Labels{}; }, nullptr, SummedCpus{now, nullptr});
  }
}

// What the names of the scope's families start with.
inline std::string prefix_of(Aggregate aggregate) {
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

// What a sum stands on is said with it.
inline std::string help_of(const Event& row, Aggregate aggregate) {
  const char* summed = " Summed over the CPUs on which it counts: see perf_exporter_event_cpus.";
  return row.help + (aggregate == Aggregate::cpu ? "" : summed);
}

// A family for each metric of the catalogue's rows.
template <class Sink>
void walk_events(Aggregate aggregate, const Snapshot& now, const CounterSummary& summary,
                 Sink& sink) {
  std::string_view metric;
  for (std::size_t event = 0; event < now.events().size(); ++event) {
    const Event& row = now.events()[event];
    if (row.metric != metric) {
      metric = row.metric;
      sink.family([&] {
        return Family{prefix_of(aggregate) + std::string(metric) + "_total",
                      help_of(row, aggregate),
                      MetricType::counter,
                      ValueKind::integer,
                      std::string(row.collector),
                      {}};
      });
    }
    each_part(aggregate, now, summary,
              [&](auto labels, const SnapshotRow* cpu, const SummedCpus& cpus) {
                sink.series([&] { return with_labels_of(row, labels()); },
                            [&] { return cpu ? value_of(cpu->total(event)) : cpus.total(event); });
              });
  }
}

// How long the groups were enabled, or running.
template <class Sink>
void walk_group_times(Aggregate aggregate, const Snapshot& now, const CounterSummary& summary,
                      Clock clock, Sink& sink) {
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
  for (const std::size_t leader : now.shape().leaders) {
    each_part(aggregate, now, summary,
              [&](auto labels, const SnapshotRow* cpu, const SummedCpus& cpus) {
                sink.series(
                    [&] {
                      Labels all = labels();
                      all.emplace_back("group", now.events()[leader].name);
                      return all;
                    },
                    [&] {
                      if (cpu == nullptr) {
                        return cpus.group_time(leader, clock);
                      }
                      const auto times = cpu->times_led_by(leader);
                      return times ? Value::of_count(time_of(*times, clock)) : Value::absent();
                    });
              });
  }
}

}  // namespace perf_exporter
