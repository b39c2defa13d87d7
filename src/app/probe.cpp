#include <cstdio>

#include "app/commands.h"
#include "app/exit_codes.h"
#include "app/session.h"
#include "collectors/counting_findings.h"
#include "collectors/truth_watch.h"

namespace perf_exporter {
namespace {

// Checks whether the PMUs count right, then opens what is wanted on every chosen CPU, never enables
// it, and closes it again.
CountingState open_and_close(const Options& options, PerfKernel& kernel, const CpuList& online) {
  const auto events = events_of(options.collectors);
  const Guests guests = resolve_guests(options.guests, options.paths);
  const CpuList cpus = choose_cpus(options.cpus, online, options.paths);
  const auto pmus = find_core_pmus(options.paths);
  TruthWatch truth(kernel, events, options.paths);
  truth.check(pmus, cpus);
  GroupOpener opener(kernel, events, pmus, guests);
  CountingState state{events, {}, {}, {}, {}};
  state.report.truths = truth.standing();
  state.report.allowance = descriptor_allowance(options.paths);
  for (const CpuId cpu : cpus) {
    const OpenedCpu opened =
        opener.open(cpu, Arrangement::merged, state.report.allowance - state.report.descriptors);
    for (const OpenedGroup& group : opened.groups) {
      state.report.descriptors += group.events.size();
    }
    if (!opened.refusals.empty()) {
      state.refusals[cpu] = opened.refusals;
    }
  }
  state.report.missing = subtract(options.cpus.list, cpus);
  state.report.guests_fell_back = opener.guests() != guests;
  return state;
}

}  // namespace

int probe(const Options& options, PerfKernel& kernel) {
  auto online = OnlineCpus::open(options.paths);
  if (!online) {
    return complain(online.error());
  }
  RaisingKernel raising(kernel);
  const CpuList cpus = online->refresh();
  ProbeReport report;
  report.facts = gather_facts(options.paths);
  report.trials = run_trials(raising, cpus.front());
  report.findings = diagnose(report.facts, report.trials, wanted_of(events_of(options.collectors)));
  if (opening_is_safe(report.trials)) {
    for (Finding& finding :
         counting_findings(open_and_close(options, raising, cpus), report.findings)) {
      report.findings.push_back(std::move(finding));
    }
  }
  const std::string text =
      options.report_format == ReportFormat::json ? report_json(report) : report_text(report);
  std::fputs(text.c_str(), stdout);
  return refuses_anything(report.findings) && !options.exit_zero ? kExitRefused : 0;
}

}  // namespace perf_exporter
