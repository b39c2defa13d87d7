#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/exit_codes.h"
#include "app/probe_trace.h"
#include "app/session.h"
#include "app/silence.h"
#include "base/utf8.h"
#include "caps/finding_text.h"
#include "caps/main_program.h"
#include "caps/need.h"
#include "collectors/counting_findings.h"
#include "collectors/event_trials.h"
#include "collectors/truth_watch.h"

namespace perf_exporter {
namespace {

// Checks whether the PMUs count right, then opens what is wanted on every chosen CPU, never enables
// it, and closes it again.
CountingState open_and_close(const Options& options, PerfKernel& kernel,
                             const SideCalls& side_calls, const CpuList& online) {
  CountingState state;
  state.events = events_of(options.collectors);
  state.cpus = choose_cpus(options.cpus, online, options.paths);
  state.pmus = find_core_pmus(options.paths);
  const Guests guests = resolve_guests(options.guests, options.paths);
  TruthWatch truth(kernel, state.events, options.paths,
                   side_calls.use(SideCall::sched_setaffinity));
  truth.check(state.pmus, state.cpus);
  state.report.truths = truth.standing();
  GroupOpener opener(kernel, state.events, state.pmus, guests);
  state.report.allowance = descriptor_allowance(options.paths);
  for (const CpuId cpu : state.cpus) {
    const OpenedCpu opened =
        opener.open(cpu, Arrangement::merged, state.report.allowance - state.report.descriptors);
    for (const OpenedGroup& group : opened.groups) {
      state.report.descriptors += group.events.size();
    }
    if (!opened.refusals.empty()) {
      state.refusals[cpu] = opened.refusals;
    }
  }
  state.report.missing = subtract(options.cpus.list, state.cpus);
  state.report.guests_fell_back = opener.guests() != guests;
  return state;
}

// The same where no event may be opened: none was tried.
CountingState open_nothing(const Options& options, const Trials& trials, const CpuList& online) {
  CountingState state;
  state.events = events_of(options.collectors);
  state.cpus = choose_cpus(options.cpus, online, options.paths);
  state.pmus = find_core_pmus(options.paths);
  for (const CpuId cpu : state.cpus) {
    state.refusals[cpu] =
        nothing_tried(state.events.size(), why_opening_is_unsafe(trials)).refusals;
  }
  state.report.missing = subtract(options.cpus.list, state.cpus);
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

void add_opens(const Options& options, PerfKernel& kernel, OnlineCpus& online,
               ProbeReport& report) {
  const CpuList& cpus = online.refresh();
  CountingState state = opening_is_safe(report.trials)
                            ? open_and_close(options, kernel, *report.facts.side_calls, cpus)
                            : open_nothing(options, report.trials, cpus);
  state.facts = report.facts;
  state.report.mask = online.mask();
  state.aggregate = options.aggregate;
  state.without_package = without_package(options.paths, state.cpus);
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
  SilenceWatch watch(watched, [&](const std::string& evidence) {
    end_unanswered(options, report, cpus, evidence);
  });
  run_trials_into(report.trials, raising, cpus.front(), report.facts.cgroups.trial_directory);
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
