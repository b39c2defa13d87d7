#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "app/commands/commands.h"
#include "app/commands/probe_trace.h"
#include "app/session.h"
#include "app/silence.h"
#include "base/json.h"
#include "base/text.h"
#include "caps/advice/finding_text.h"
#include "caps/probe/main_program.h"
#include "caps/probe/need.h"
#include "collectors/findings/counting_findings.h"
#include "collectors/findings/event_trials.h"

namespace perf_exporter {
namespace {

// For this long events run before the probe looks at them: many turns of the kernel's 4 ms.
constexpr auto kMoment = std::chrono::milliseconds(100);

bool has_hardware(const CounterSet& counters) {
  const auto now = counters.state();
  const std::vector<std::size_t>& leaders = now->shape().leaders;
  return std::any_of(leaders.begin(), leaders.end(),
                     [&](std::size_t event) { return is_core(now->events()[event]); });
}

// Opens what is wanted as the server does, lets hardware events run for a moment to see whether
// they find counters, and closes all of it.
CountingState count_for_a_moment(const Options& options, PerfKernel& kernel,
                                 const OnlineCpus& online, const ProbeReport& report) {
  const auto events = events_of(options.collectors);
  CounterSet counters(kernel, events, online);
  OpenReport opened;
  Opener opener(kernel, counters, online, opener_config(options, events, *report.facts.side_calls),
                {[&](CpuId /*cpu*/) { return permit_by(report.trials); },
                 [&](const OpenReport& newest) { opened = newest; }});
  opener.open_once(descriptor_allowance(options.paths));
  if (has_hardware(counters)) {
    std::this_thread::sleep_for(kMoment);
    counters.read();
  }
  CountingState state = counting_state(*counters.state(), opened, options.aggregate);
  state.facts = report.facts;
  state.pmus = find_core_pmus(options.paths);
  return state;
}

bool is_wanted_scope(const Options& options, const char* scope) {
  return std::find(options.scopes.begin(), options.scopes.end(), scope) != options.scopes.end();
}

Wanted wanted_by(const Options& options) {
  Wanted wanted = wanted_of(events_of(options.collectors));
  wanted.per_cpu = is_wanted_scope(options, "cpu") ? Want::yes : Want::no;
  wanted.cgroups = is_wanted_scope(options, "cgroup") ? Want::yes : Want::no;
  return wanted;
}

// Where this executable is a preflight by its name: what it has to say of the program beside it.
void add_main_program(ProbeReport& report) {
  if (const auto path = main_program_of(report.facts.executable.value_or(""))) {
    for (Finding& finding : judge_main_program(look_at_main_program(*path), report.facts)) {
      report.findings.push_back(std::move(finding));
    }
  }
}

void add_opens(const Options& options, PerfKernel& kernel, const OnlineCpus& online,
               ProbeReport& report) {
  const CountingState state = count_for_a_moment(options, kernel, online, report);
  for (Finding& finding : counting_findings(state, report.findings)) {
    report.findings.push_back(std::move(finding));
  }
  report.events = event_trials(state);
}

int print_need(const Options& options, const ProbeReport& report, const CpuList& online) {
  NeedQuestion question;
  question.collectors = options.collectors;
  question.scopes = options.scopes;
  question.descriptors = events_of(options.collectors).size() *
                         choose_cpus(options.cpus, online, options.paths).size();
  const Need need = need_of(report.facts, report.trials, wanted_by(options));
  const std::string text = options.report_format == ReportFormat::json
                               ? need_json(need, question)
                               : need_text(need, question, report.facts);
  std::fputs(text.c_str(), stdout);
  return 0;
}

Paint paint_of(const Options& options) {
  return ::isatty(STDOUT_FILENO) == 1 ? options.paint : Paint::plain;
}

std::string plain_report(const ProbeReport& report, const Options& options) {
  return options.report_format == ReportFormat::json ? report_json(report) + "\n"
                                                     : report_text(report, paint_of(options));
}

// The report with what the kernel bears witness to behind it.
std::string traced_report(const ProbeReport& report, const Options& options, PerfKernel& kernel) {
  const auto trace = trace_trials(report, options, kernel);
  if (options.report_format == ReportFormat::text) {
    return report_text(report, paint_of(options)) + "\n" +
           (trace ? trace_text(*trace)
                  : "trace\n  impossible: " + printable(trace.error().what) + "\n");
  }
  std::string members =
      R"("trace":)" + (trace ? trace_json(*trace) : "null") + R"(,"trace_error":)";
  if (trace) {
    members += "null";
  } else {
    append_json_string(trace.error().what, members);
  }
  return report_json(report, members) + "\n";
}

// Prints what is known when a call does not return, and ends the process.
[[noreturn]] void end_unanswered(const Options& options, ProbeReport report, const CpuList& online,
                                 const std::string& evidence) {
  if (options.need) {
    print_need(options, report, online);
    say("the kernel does not answer: " + evidence, options.log_style);
  } else {
    report.findings = diagnose(report.facts, report.trials, wanted_by(options));
    const bool is_said =
        std::any_of(report.findings.begin(), report.findings.end(),
                    [](const Finding& finding) { return finding.id == "kernel_does_not_answer"; });
    if (!is_said) {
      report.findings.push_back(
          make_finding("kernel_does_not_answer", Severity::fail, evidence, report.facts));
    }
    arrange(report.findings);
    std::fputs(plain_report(report, options).c_str(), stdout);
  }
  ::_exit(close_output(options.exit_zero ? 0 : kExitRefused, options.log_style));
}

}  // namespace

int probe(const Options& options, PerfKernel& kernel, const Inherited& inherited) {
  if (options.trace_pid != 0 || !options.trace_command.empty()) {
    return probe_other(options, kernel, inherited);
  }
  const SideCalls side_calls = try_side_calls();
  raise_descriptor_limit(side_calls.use(SideCall::prlimit64));
  auto online = OnlineCpus::open(options.paths);
  if (!online) {
    return complain(online.error(), options.log_style);
  }
  WatchedKernel watched(kernel);
  RaisingKernel raising(watched, side_calls.use(SideCall::capset));
  const CpuList cpus = online->refresh();
  ProbeReport report;
  report.facts = gather_facts(options.paths, side_calls);
  report.trials = run_first_trial(raising, cpus.front());
  SilenceWatch watch(watched, [&](const std::string& evidence) {
    end_unanswered(options, report, cpus, evidence);
  });
  run_other_trials(report.trials, raising, report.facts.cgroups.trial_directory);
  if (options.need) {
    return print_need(options, report, cpus);
  }
  report.findings = diagnose(report.facts, report.trials, wanted_by(options));
  add_main_program(report);
  add_opens(options, raising, *online, report);
  watch.stop();  // --trace forks
  arrange(report.findings);
  const std::string text =
      options.trace ? traced_report(report, options, kernel) : plain_report(report, options);
  std::fputs(text.c_str(), stdout);
  return refuses_anything(report.findings) && !options.exit_zero ? kExitRefused : 0;
}

}  // namespace perf_exporter
