#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>

#include "app/commands/commands.h"
#include "app/session.h"
#include "app/silence.h"
#include "base/nearest.h"
#include "base/search.h"
#include "perf/pfm_encoder.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kNoCollector = "-";

// How an event's opening went on all CPUs, and why it does not open on some.
struct Outcome {
  std::string status;
  std::string why = "-";
};

void print_row(std::string_view name, std::string_view collector, const Outcome& outcome,
               std::string_view meaning) {
  std::printf("%-32.*s %-13.*s %-12s %-30s  %.*s\n", static_cast<int>(name.size()), name.data(),
              static_cast<int>(collector.size()), collector.data(), outcome.status.c_str(),
              outcome.why.c_str(), static_cast<int>(meaning.size()), meaning.data());
}

Outcome not_tried(const std::string& why) {
  return {std::string(to_string(EventStatus::untried)), why};
}

// One CPU of each core PMU: events of libpfm4 are many, and asking every CPU for each takes long.
CpuList one_of_each_type(const CpuList& cpus, const std::vector<CorePmu>& pmus) {
  std::map<const CorePmu*, CpuId> first;
  for (const CpuId cpu : cpus) {
    first.try_emplace(core_pmu_of(pmus, cpu), cpu);
  }
  CpuList chosen;
  for (const auto& [pmu, cpu] : first) {
    chosen = merge(chosen, {cpu});
  }
  return chosen;
}

// Tried alone on each CPU, as serving does.
Outcome try_event_on(const CpuList& cpus, std::size_t event, GroupOpener& opener) {
  std::map<std::string, CpuList> refused;  // by why
  std::optional<EventStatus> status;       // of the first refusal
  CpuList opens;
  for (const CpuId cpu : cpus) {
    if (const auto refusal = opener.refusal_alone(event, Target::of_cpu(cpu))) {
      refused[in_words(*refusal)].push_back(cpu);
      status = status.value_or(refusal->status);
    } else {
      opens.push_back(cpu);
    }
  }
  if (refused.empty()) {
    return {"opens"};
  }
  if (opens.empty() && refused.size() == 1) {
    return {std::string(to_string(*status)), refused.begin()->first};
  }
  std::string why;
  for (const auto& [words, on] : refused) {
    why += (why.empty() ? "" : "; ") + std::string(opens.empty() ? "" : "not ") + "on CPU " +
           format_cpu_list(on) + ": " + words;
  }
  return {opens.empty() ? std::string(to_string(*status)) : "opens", why};
}

// The catalogue's events, and those of libpfm4, which are of no collector.
EventSet matching(const std::string& pattern, const std::vector<PfmEvent>& named) {
  std::vector<Event> listed;
  for (const CatalogEvent& row : event_catalog()) {
    Event event = event_of(row);
    if (holds_ignoring_case(event.name, pattern) || holds_ignoring_case(event.help, pattern)) {
      listed.push_back(std::move(event));
    }
  }
  for (const PfmEvent& of_pfm : named) {
    Event event;
    event.name = event.group = of_pfm.name;
    event.collector = kNoCollector;
    event.encoding = of_pfm.encoding;
    event.help = of_pfm.description;
    listed.push_back(std::move(event));
  }
  return EventSet(std::move(listed));
}

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return text;
}

// An event name that nothing here knows is wrong on every machine like this one.
int complain_of_no_match(const Options& options) {
  const std::string& pattern = options.list_pattern;
  std::vector<std::string> names;
  for (const CatalogEvent& event : event_catalog()) {
    names.emplace_back(event.name);
  }
  if (const auto all = find_pfm_events("")) {
    for (const PfmEvent& event : *all) {
      const auto prefix = event.name.find("::");  // the PMU's name
      names.push_back(
          in_lower_case(prefix == std::string::npos ? event.name : event.name.substr(prefix + 2)));
    }
  }
  const std::string hint = did_you_mean(in_lower_case(pattern), names);
  return complain({0, "no event is like '" + pattern + "'" + hint}, options.log_style);
}

void print_events(const Options& options, PerfKernel& kernel, const CpuList& online,
                  const Trials& trials, const EventSet& listed) {
  const CpuList cpus = choose_cpus(options.cpus, online, options.paths);
  const std::vector<CorePmu> pmus = find_core_pmus(options.paths);
  const CpuList one_of_each = one_of_each_type(cpus, pmus);
  const auto permit = permit_by(trials);
  if (!permit) {
    say("no event was tried: " + permit.error().what + "; see perf-exporter probe",
        options.log_style);
  }
  GroupOpener opener(kernel, listed, pmus, resolve_guests(options.guests, options.paths));
  for (std::size_t event = 0; event < listed.size(); ++event) {
    Outcome outcome;
    if (!permit) {
      outcome = not_tried(permit.error().what);
    } else if (cpus.empty()) {
      outcome = not_tried("no CPU of --cpus is online");
    } else {
      const bool is_ours = listed[event].collector != kNoCollector;
      outcome = try_event_on(is_ours ? cpus : one_of_each, event, opener);
    }
    print_row(listed[event].name, listed[event].collector, outcome, listed[event].help);
  }
}

}  // namespace

int list_events(const Options& options, PerfKernel& kernel) {
  auto online = OnlineCpus::open(options.paths);
  if (!online) {
    return complain(online.error(), options.log_style);
  }
  auto found = find_pfm_events(options.list_pattern);
  if (!found) {
    say(found.error().what, options.log_style);
    found = std::vector<PfmEvent>{};
  }
  const EventSet listed = matching(options.list_pattern, *found);
  if (listed.empty()) {
    return complain_of_no_match(options);
  }
  WatchedKernel watched(kernel);
  RaisingKernel raising(watched, try_side_calls().use(SideCall::capset));
  const CpuList cpus = online->refresh();
  Trials trials =
      run_first_trial(raising, cpus.front());  // forks: nothing is held to be printed yet
  print_row("EVENT", "COLLECTOR", {"STATUS", "WHY NOT"}, "MEANING");
  const SilenceWatch watch(watched, [&options](const std::string& evidence) {
    const int code = close_output(kExitRefused, options.log_style);
    say("the kernel does not answer: " + evidence + "; see perf-exporter probe", options.log_style);
    ::_exit(code);
  });
  run_other_trials(trials, raising);
  print_events(options, raising, cpus, trials, listed);
  return 0;
}

}  // namespace perf_exporter
