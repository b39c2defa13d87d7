#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "app/commands/commands.h"
#include "app/commands/stat_table.h"
#include "app/session.h"
#include "app/signals.h"
#include "base/clock.h"
#include "caps/process_caps.h"

namespace perf_exporter {
namespace {

constexpr int kReadings = 2;  // at the begin and at the end

bool is_untried(const EventTrial& event) {
  return event.status == to_string(EventStatus::untried);
}

// Prints what keeps wanted events from being counted; whether anything does.
bool print_obstacles(const ProbeReport& report, LogStyle style) {
  const bool untried = std::any_of(report.events.begin(), report.events.end(), is_untried);
  for (const Finding& finding : report.findings) {
    const bool explains = untried && finding.severity == Severity::unknown;
    if (finding.severity == Severity::fail || explains) {
      say(log_line(finding), style);
    }
  }
  return untried || refuses_anything(report.findings);
}

bool is_silent(const ProbeReport& report) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [](const Finding& finding) { return finding.id == "kernel_does_not_answer"; });
}

// Waits for the first opens. Ends the process where the kernel does not answer: the opening thread
// is left in its call.
StopSignals::Woken wait_for_opens(StopSignals& signals, Session& session, const Options& options) {
  constexpr std::chrono::seconds kLook{1};
  while (true) {
    const auto woken = signals.wait(kLook);
    if (woken == StopSignals::Woken::by_timeout) {
      session.look_for_silence();
      continue;
    }
    const auto report = session.newest_report().get();
    if (report && is_silent(*report)) {
      print_obstacles(*report, options.log_style);
      ::_exit(close_output(kExitRefused, options.log_style));
    }
    return woken;
  }
}

// Until the time is over or a signal comes.
void wait_for_end(StopSignals& signals, std::chrono::milliseconds left) {
  constexpr std::uint64_t kMillisecond = 1'000'000;
  while (left.count() > 0) {
    const std::uint64_t begun = monotonic_ns();
    if (signals.wait(left) != StopSignals::Woken::by_thread) {
      return;
    }
    left -= std::chrono::milliseconds((monotonic_ns() - begun) / kMillisecond);
  }
}

// As of a new reading; of the counters as they are where a call on them hangs.
StatSnapshot take_snapshot(Session& session) {
  const bool has_read = session.reader().read();
  const auto now = session.counters().state();
  const bool is_timed = has_read && now->read_at() != 0;  // else changed since, or nobody reads
  return stat_snapshot(*now, is_timed ? now->read_at() : monotonic_ns());
}

// The exit code; ends the process where a thread is in a call that has not returned.
int leave(Session& session, int code, LogStyle style) {
  if (!session.stop()) {
    ::_exit(close_output(code, style));
  }
  return code;
}

}  // namespace

int stat(const Options& options, PerfKernel& kernel, const Log& log) {
  const SideCalls side_calls = try_side_calls();
  raise_descriptor_limit(side_calls.use(SideCall::prlimit64));
  auto signals = StopSignals::create(HangUp::left_alone);
  if (!signals) {
    return complain(signals.error(), options.log_style);
  }
  auto session = Session::create(options, kernel, side_calls, log, [&] { signals->wake(); });
  if (!session) {
    return complain(session.error(), options.log_style);
  }
  if (const auto cleared = clear_effective(side_calls.use(SideCall::capset)); !cleared) {
    log.logger()->warn("the effective capabilities stay as they are: {}", cleared.error().what);
  }
  if (const auto opening = (*session)->start(); !opening) {
    return complain(opening.error(), options.log_style);
  }
  for (int reading = 0; reading < kReadings; ++reading) {
    if (const auto prepared = (*session)->reader().prepare(); !prepared) {
      return complain(prepared.error(), options.log_style);
    }
  }
  (*session)->begin();
  if (wait_for_opens(*signals, **session, options) == StopSignals::Woken::by_signal) {
    return leave(**session, 0, options.log_style);
  }
  const StatSnapshot before = take_snapshot(**session);
  wait_for_end(*signals, options.stat_for);
  const StatSnapshot after = take_snapshot(**session);
  signals->release();
  std::fputs(stat_table(before, after).c_str(), stdout);
  (*session)->look_for_silence();
  const auto report = (*session)->newest_report().get();
  const int code = report && print_obstacles(*report, options.log_style) ? kExitRefused : 0;
  return leave(**session, code, options.log_style);
}

}  // namespace perf_exporter
