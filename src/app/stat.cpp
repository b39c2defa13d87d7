#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "app/commands.h"
#include "app/exit_codes.h"
#include "app/session.h"
#include "app/signals.h"
#include "app/stat_table.h"
#include "base/clock.h"
#include "caps/process_caps.h"

namespace perf_exporter {
namespace {

StatSnapshot take_snapshot(CounterSet& counters) {
  StatSnapshot snapshot;
  counters.with_reading([&](const CountersView& view, const std::vector<Fault>& /*faults*/) {
    snapshot = stat_snapshot(view, monotonic_ns());
  });
  return snapshot;
}

bool is_untried(const EventTrial& event) {
  return event.status == to_string(EventStatus::untried);
}

// Prints what keeps wanted events from being counted; whether anything does.
bool print_obstacles(const ProbeReport& report) {
  const bool untried = std::any_of(report.events.begin(), report.events.end(), is_untried);
  for (const Finding& finding : report.findings) {
    const bool explains = untried && finding.severity == Severity::unknown;
    if (finding.severity == Severity::fail || explains) {
      std::fprintf(stderr, "perf-exporter: %s\n", log_line(finding).c_str());
    }
  }
  return untried || refuses_anything(report.findings);
}

}  // namespace

int stat(const Options& options, PerfKernel& kernel, const Log& log) {
  auto signals = StopSignals::create(HangUp::left_alone);
  if (!signals) {
    return complain(signals.error());
  }
  auto session = Session::create(options, kernel, log,
                                 [&](const ProbeReport& /*report*/) { signals->wake(); });
  if (!session) {
    return complain(session.error());
  }
  if (const auto cleared = clear_effective((*session)->side_calls().use(SideCall::capset));
      !cleared) {
    log.logger()->warn("the effective capabilities stay as they are: {}", cleared.error().what);
  }
  if (const auto opening = (*session)->start(); !opening) {
    return complain(opening.error());
  }
  (*session)->begin();
  if (signals->wait(std::nullopt) == StopSignals::Woken::by_signal) {
    return 0;
  }
  const StatSnapshot before = take_snapshot((*session)->counters());
  auto left = options.stat_for;
  while (left.count() > 0) {
    const std::uint64_t begun = monotonic_ns();
    if (signals->wait(left) != StopSignals::Woken::by_thread) {
      break;
    }
    constexpr std::uint64_t kMillisecond = 1'000'000;
    left -= std::chrono::milliseconds((monotonic_ns() - begun) / kMillisecond);
  }
  const StatSnapshot after = take_snapshot((*session)->counters());
  signals->release();
  std::fputs(stat_table(before, after).c_str(), stdout);
  const auto report = (*session)->board().report();
  return report && print_obstacles(*report) ? kExitRefused : 0;
}

}  // namespace perf_exporter
