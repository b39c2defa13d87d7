#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "app/address_watch.h"
#include "app/commands/commands.h"
#include "app/commands/content.h"
#include "app/commands/strict.h"
#include "app/descriptors.h"
#include "app/finding_log.h"
#include "app/service_manager.h"
#include "app/session.h"
#include "app/signals.h"
#include "base/clock.h"
#include "caps/process_caps.h"
#include "http/server.h"

namespace perf_exporter {
namespace {

// With what else a stop waits for, two seconds in all.
constexpr std::chrono::milliseconds kLastLogPatience{200};

// What --strict takes for fatal, for the log; empty where it lets the exporter go on.
std::string strict_objections(const Options& options, const ProbeReport& report, Session& session) {
  const std::vector<std::string> withheld = withheld_events(*session.counters().state());
  std::string text;
  for (const std::string& unmet : unmet_wants(options, report, withheld)) {
    text += (text.empty() ? "" : ", ") + unmet;
  }
  return text;
}

std::vector<std::string> disabled_collectors(const Options& options) {
  std::vector<std::string> disabled;
  for (const CollectorInfo& collector : collector_table()) {
    const std::string name(collector.name);
    if (std::find(options.collectors.begin(), options.collectors.end(), name) ==
        options.collectors.end()) {
      disabled.push_back(name);
    }
  }
  return disabled;
}

// The opening thread keeps what this thread may raise; all threads started later get nothing.
Result<void> start_threads(Session& session, CallUse capset, Log& log) {
  // One arena for all of them: each further one takes memory, and a scrape allocates next to
  // nothing that they could wait for.
  ::mallopt(M_ARENA_MAX, 1);
  if (const auto cleared = clear_effective(capset); !cleared) {
    log.logger()->warn("the effective capabilities stay as they are: {}", cleared.error().what);
  }
  if (auto started = session.start(); !started) {
    return started;
  }
  if (const auto dropped = drop_permitted(capset); !dropped) {
    log.logger()->warn("the permitted capabilities stay as they are: {}", dropped.error().what);
  }
  if (const auto started = log.start_thread(); !started) {
    log.logger()->warn(started.error().what);
  }
  return {};
}

CallUse use_of_epoll(const SideCalls& calls) {
  for (const SideCall call :
       {SideCall::epoll_create1, SideCall::epoll_ctl, SideCall::epoll_pwait}) {
    if (calls.use(call) == CallUse::leave_out) {
      return CallUse::leave_out;
    }
  }
  return CallUse::make;
}

ServerOptions server_options(const Options& options, const SideCalls& side_calls,
                             const std::shared_ptr<spdlog::logger>& logger) {
  ServerOptions server;
  server.telemetry_path = options.telemetry_path;
  server.max_requests = options.max_requests;
  server.paths = options.paths;
  server.collectors = options.collectors;
  server.logger = logger;
  server.epoll = use_of_epoll(side_calls);
  server.disabled_collectors = disabled_collectors(options);
  return server;
}

// What goes on beside counting and serving, and is looked at every second.
struct Sights {
  Session& session;
  const Server& server;
  AddressWatch& addresses;
  FindingLog& findings;

  void look() const {
    session.look_for_silence();
    session.note("threads_limited", server.thread_shortage());
    addresses.look();
    findings.look();
  }
  void look_again() const {
    session.look_again();
    addresses.look_again();
  }
  // Whether there is a report yet.
  [[nodiscard]] bool show_report() const {
    const auto report = session.newest_report().get();
    if (report) {
      findings.show(report->findings);
    }
    return report.has_value();
  }
};

enum class Until { first_report, stop };
enum class Next { goes_on, stops };

// Looks on until then, or until it is to stop. A SIGHUP means to look again, as a service manager's
// reload asks for.
Next look_on(StopSignals& signals, const Sights& sights, Until until, spdlog::logger& logger) {
  constexpr std::chrono::seconds kLook{1};
  while (true) {
    switch (signals.wait(kLook)) {
      case StopSignals::Woken::by_timeout:
        sights.look();
        break;
      case StopSignals::Woken::by_hangup:
        logger.info(with_fields("looking again", {{"signal", "SIGHUP"}}));
        sights.look_again();
        break;
      case StopSignals::Woken::by_thread:
        if (sights.show_report() && until == Until::first_report) {
          return Next::goes_on;
        }
        break;
      case StopSignals::Woken::by_signal:
        return Next::stops;
    }
  }
}

// What --strict says of the start, which alone it judges, for a CPU may go offline later: whether
// all that is wanted is counted. The exit code where it is not.
std::optional<int> judge_start(const Options& options, Session& session, spdlog::logger& logger) {
  const auto report = session.newest_report().get();
  const std::string objections = report ? strict_objections(options, *report, session) : "";
  if (objections.empty()) {
    return std::nullopt;
  }
  logger.error(with_fields("--strict, and something that is wanted can't be counted",
                           {{"what", objections}}));
  return kExitRefused;
}

// Serves until it is to stop. The exit code.
int run_until_stopped(const Options& options, StopSignals& signals, const Sights& sights,
                      const ServiceManager& manager, spdlog::logger& logger) {
  if (options.strict) {  // its verdict comes before anything is ready
    if (look_on(signals, sights, Until::first_report, logger) == Next::stops) {
      return 0;
    }
    if (const auto refused = judge_start(options, sights.session, logger)) {
      return *refused;
    }
  }
  manager.ready();
  look_on(signals, sights, Until::stop, logger);
  return 0;
}

// The exit code; ends the process where a thread is in a call that has not returned.
int stop(Server& server, Session& session, int code, Log& log) {
  log.logger()->info("stopping");
  const bool all_answered = server.stop();
  if (!session.stop() || !all_answered) {
    log.logger()->warn("a call to the kernel has not returned; leaving it behind");
    (void)log.finish(kLastLogPatience);
    ::_exit(code);
  }
  return code;
}

}  // namespace

int serve(const Options& options, PerfKernel& kernel, Log& log) {
  const auto& logger = log.logger();
  ignore_stray_signals();
  const SideCalls side_calls = try_side_calls();
  raise_descriptor_limit(side_calls.use(SideCall::prlimit64));
  if (const auto room = require_descriptors_to_serve(options); !room) {
    return complain(room.error(), options.log_style);
  }
  auto signals = StopSignals::create(HangUp::told);
  if (!signals) {
    return complain(signals.error(), options.log_style);
  }
  auto session = Session::create(options, kernel, side_calls, log, [&signals] { signals->wake(); });
  if (!session) {
    return complain(session.error(), options.log_style);
  }
  // With what this process may do at its start: ports below 1024, folders of others.
  auto listeners = Listeners::open(options.listen_addresses);
  if (!listeners) {
    return complain(listeners.error(), options.log_style);
  }
  if (const auto threads = start_threads(**session, side_calls.use(SideCall::capset), log);
      !threads) {
    return complain(threads.error(), options.log_style);
  }
  auto server = Server::start(std::move(*listeners), server_options(options, side_calls, logger),
                              content_of(options, **session));
  if (!server) {
    return complain(server.error(), options.log_style);
  }
  AddressWatch addresses(**server, **session, logger);
  FindingLog findings(logger, monotonic_ns);
  const ServiceManager manager(notify_socket(), logger);
  (*session)->begin();
  const int code = run_until_stopped(options, *signals, {**session, **server, addresses, findings},
                                     manager, *logger);
  manager.stopping();
  return stop(**server, **session, code, log);
}

}  // namespace perf_exporter
