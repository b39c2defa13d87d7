// The walk over what the exporter tells of itself: event status, collectors, its own process.
#pragma once

#include <cstddef>
#include <string>

#include "collectors/counting/counter_summary.h"
#include "collectors/counting/snapshot.h"
#include "collectors/families/process_metrics.h"
#include "collectors/families/table_sinks.h"

namespace perf_exporter {

// Every status has its series in the layout; one that holds on no CPU is not written, but for
// `counting`, whose 0 says that an event counts nowhere.
template <class Sink>
void walk_event_statuses(const Snapshot& now, const CounterSummary& summary, Sink& sink) {
  sink.family([] {
    return Family{"perf_exporter_event_cpus",
                  "On how many CPUs an event has a status.",
                  MetricType::gauge,
                  ValueKind::integer,
                  "",
                  {}};
  });
  for (std::size_t event = 0; event < now.events().size(); ++event) {
    for (const EventStatus status : kEventStatuses) {
      sink.series(
          [&] {
            return Labels{{"event", std::string(now.events()[event].name)},
                          {"scope", "cpu"},
                          {"status", std::string(to_string(status))}};
          },
          [&] {
            const std::size_t cpus = summary.cpus(event, status);
            return cpus > 0 || status == EventStatus::counting
                       ? Value::of_count(static_cast<Count>(cpus))
                       : Value::absent();
          });
    }
  }
}

// Success and duration of each collector.
template <class Sink>
void walk_collectors(const CounterSummary& summary, Sink& sink) {
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
  for (std::size_t collector = 0; collector < summary.collectors().size(); ++collector) {
    sink.series(
        [&] {
          return Labels{{"collector", summary.collectors()[collector]}};
        },
        [&] { return Value::of_count(summary.result(collector).success ? 1 : 0); });
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
  for (std::size_t collector = 0; collector < summary.collectors().size(); ++collector) {
    sink.series(
        [&] {
          return Labels{{"collector", summary.collectors()[collector]}};
        },
        [&] {
          return Value::of_real(static_cast<double>(summary.result(collector).read_time) * kNano);
        });
  }
}

// A family of one series without labels.
template <class Sink>
void walk_single(Sink& sink, const char* name, const char* help, MetricType type, ValueKind kind,
                 const Value& value) {
  sink.family([&] { return Family{name, help, type, kind, "", {}}; });
  sink.series([] { return Labels{}; }, [&] { return value; });
}

// The exporter's own troubles, and the process_* families of Prometheus' client libraries.
template <class Sink>
void walk_process(const Snapshot& now, const ProcessUsage& usage, Sink& sink) {
  const auto counter = MetricType::counter;
  const auto gauge = MetricType::gauge;
  const auto integer = ValueKind::integer;
  walk_single(sink, "perf_exporter_read_failures_total", "Reads of a group of events that failed.",
              counter, integer, Value::of_count(now.read_failures()));
  walk_single(sink, "perf_exporter_log_messages_dropped_total",
              "Messages that could not be written to the log.", counter, integer,
              Value::of_count(usage.dropped_messages));
  walk_single(sink, "perf_exporter_reopenings_total",
              "CPUs whose groups of events had to be opened anew.", counter, integer,
              Value::of_count(now.reopenings()));
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

}  // namespace perf_exporter
