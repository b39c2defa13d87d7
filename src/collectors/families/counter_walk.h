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

// The rows of the CPU scope: every CPU, every package, or the node.
struct ScopeRows {
  const Snapshot& now;
  const CounterSummary& summary;
  Aggregate aggregate;

  [[nodiscard]] std::size_t size() const {
    switch (aggregate) {
      case Aggregate::cpu:
        return now.rows().size();
      case Aggregate::package:
        return summary.packages().size();
      case Aggregate::node:
        break;
    }
    return 1;
  }
  [[nodiscard]] Labels labels(std::size_t row) const {
    switch (aggregate) {
      case Aggregate::cpu:
        return {{"cpu", std::to_string(to_int(now.rows()[row].cpu()))}};
      case Aggregate::package:
        return {{"package", summary.packages()[row]}};
      case Aggregate::node:
        break;
    }
    return {};
  }

  // What `event` has counted there.
  [[nodiscard]] Value total(std::size_t row, std::size_t event) const {
    if (aggregate == Aggregate::cpu) {
      return value_of(now.rows()[row].total(event));
    }
    Sum sum;
    each_cpu_of(row, [&](const SnapshotRow& cpu) {
      sum.count += cpu.counted(event);
      sum.present = sum.present || cpu.total(event).has_value();
    });
    each_retired_of(row, [&](const RetiredCounts& retired) { sum.count += retired.counts[event]; });
    return sum.value();
  }
  // The same for a clock of the groups that `leader` has led.
  [[nodiscard]] Value group_time(std::size_t row, std::size_t leader, Clock clock) const {
    if (aggregate == Aggregate::cpu) {
      const auto times = now.rows()[row].times_led_by(leader);
      return times ? Value::of_count(time_of(*times, clock)) : Value::absent();
    }
    Sum sum;
    each_cpu_of(row, [&](const SnapshotRow& cpu) {
      sum.count += time_of(cpu.times_ever_led_by(leader), clock);
      sum.present = sum.present || cpu.times_led_by(leader).has_value();
    });
    each_retired_of(row, [&](const RetiredCounts& retired) {
      sum.count += time_of(retired.times[leader], clock);
    });
    return sum.value();
  }

 private:
  [[nodiscard]] bool holds(std::size_t row, const std::string& package) const {
    return aggregate != Aggregate::package || summary.packages()[row] == package;
  }
  template <class Add>
  void each_cpu_of(std::size_t row, Add add) const {
    for (const SnapshotRow& cpu : now.rows()) {
      if (holds(row, cpu.info().package)) {
        add(cpu);
      }
    }
  }
  // CPUs that are gone since: what they had counted stays in the sums.
  template <class Add>
  void each_retired_of(std::size_t row, Add add) const {
    for (const auto& [package, retired] : now.retired()) {
      if (holds(row, package)) {
        add(retired);
      }
    }
  }
};

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
void walk_events(const ScopeRows& rows, Sink& sink) {
  const EventSet& events = rows.now.events();
  std::string_view metric;
  for (std::size_t event = 0; event < events.size(); ++event) {
    const Event& row = events[event];
    if (row.metric != metric) {
      metric = row.metric;
      sink.family([&] {
        return Family{prefix_of(rows.aggregate) + std::string(metric) + "_total",
                      help_of(row, rows.aggregate),
                      MetricType::counter,
                      ValueKind::integer,
                      row.collector,
                      {}};
      });
    }
    sink.series_by_row([&] { return row.labels; },
                       [&](std::size_t of) { return rows.total(of, event); });
  }
}

// How long the groups were enabled, or running.
template <class Sink>
void walk_group_times(const ScopeRows& rows, Clock clock, Sink& sink) {
  const bool enabled = clock == Clock::enabled;
  sink.family([&] {
    return Family{
        prefix_of(rows.aggregate) +
            (enabled ? "group_enabled_seconds_total" : "group_running_seconds_total"),
        enabled ? "Time for which a group of events was meant to count."
                : "Time for which a group of events had its counters; less than the enabled time "
                  "where it shared them.",
        MetricType::counter,
        ValueKind::nanoseconds,
        "",
        {}};
  });
  for (const std::size_t leader : rows.now.shape().leaders) {
    sink.series_by_row(
        [&] {
          return Labels{{"group", rows.now.events()[leader].name}};
        },
        [&](std::size_t of) { return rows.group_time(of, leader, clock); });
  }
}

}  // namespace perf_exporter
