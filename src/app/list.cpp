#include <unistd.h>

#include <cstdio>
#include <string>

#include "app/commands.h"
#include "app/exit_codes.h"
#include "app/session.h"
#include "app/silence.h"
#include "base/search.h"
#include "perf/pfm_encoder.h"

namespace perf_exporter {
namespace {

// What the events are tried with.
struct Bench {
  PerfKernel& kernel;
  CpuId cpu;
  Guests guests;
  const Trials& trials;
};

// "opens", or why not, after a trial that is never enabled.
std::string trial_text(const Bench& bench, const EventSpec& spec) {
  if (!opening_is_safe(bench.trials)) {
    return std::string(to_string(EventStatus::untried));
  }
  const auto tried = try_event(bench.kernel, spec, bench.cpu, bench.guests);
  return tried ? "opens" : std::string(to_string(status_of_refusal(tried.error().code)));
}

void print_row(std::string_view name, std::string_view where, const std::string& status,
               std::string_view help) {
  std::printf("%-32.*s %-13.*s %-12s %.*s\n", static_cast<int>(name.size()), name.data(),
              static_cast<int>(where.size()), where.data(), status.c_str(),
              static_cast<int>(help.size()), help.data());
}

}  // namespace

int list_events(const Options& options, PerfKernel& kernel) {
  auto online = OnlineCpus::open(options.paths);
  if (!online) {
    return complain(online.error(), options.log_style);
  }
  WatchedKernel watched(kernel);
  RaisingKernel raising(watched, try_side_calls().use(SideCall::capset));
  const SilenceWatch watch(watched, [&options](const std::string& evidence) {
    const int code = close_output(kExitRefused, options.log_style);
    say("the kernel does not answer: " + evidence + "; see perf-exporter probe", options.log_style);
    ::_exit(code);
  });
  print_row("EVENT", "COLLECTOR", "STATUS", "MEANING");
  const CpuId cpu = online->refresh().front();
  const Trials trials = run_trials(raising, cpu);
  const Bench bench{raising, cpu, resolve_guests(options.guests, options.paths), trials};
  if (!opening_is_safe(trials)) {
    say("no event was tried: " + why_opening_is_unsafe(trials) + "; see perf-exporter probe",
        options.log_style);
  }
  for (const CatalogEvent& event : event_catalog()) {
    const std::string meaning = describe(event);
    if (holds_ignoring_case(event.name, options.list_pattern) ||
        holds_ignoring_case(meaning, options.list_pattern)) {
      print_row(event.name, event.collector, trial_text(bench, event.spec), meaning);
    }
  }
  const auto named = find_pfm_events(options.list_pattern);
  if (!named) {
    say(named.error().what, options.log_style);
    return 0;
  }
  for (const PfmEvent& event : *named) {
    print_row(event.name, "-", trial_text(bench, event.spec), event.description);
  }
  return 0;
}

}  // namespace perf_exporter
