// The part of Opener that carries out what reconcile() has found to be done. Counters are kept by
// CPU.
#include <algorithm>
#include <utility>

#include "collectors/opening/opener.h"

namespace perf_exporter {
namespace {

std::vector<Reopening> reopenings_of(const std::vector<std::pair<CpuId, Arrangement>>& cpus) {
  std::vector<Reopening> reopenings;
  reopenings.reserve(cpus.size());
  for (const auto& [cpu, arrangement] : cpus) {
    reopenings.push_back({Target::of_cpu(cpu), arrangement});
  }
  return reopenings;
}

}  // namespace

std::vector<Target> Opener::open_targets() const {
  const CpuList cpus = counters_.installed();
  return wanted_targets(cpus, cpus);
}

// Where one CPU refuses to include guests the others leave them out as well: a sum of both kinds
// would mean nothing.
std::vector<Reopening> Opener::unlike_targets() const {
  return groups_.guests_refused_on() ? reopenings_of(counters_.including_guests())
                                     : std::vector<Reopening>();
}

std::vector<Reopening> Opener::asking_targets() const {
  return reopenings_of(counters_.reopen_requests());
}

// Those that were seen offline since they were opened are closed as well: their events are frozen
// for good. Whether any was.
bool Opener::close(const std::vector<Step>& queue) {
  CpuList unwanted;
  for (const Step& step : queue) {
    if (const auto cpu = step.target.cpu(); cpu && step.what == Step::What::close) {
      unwanted.push_back(*cpu);
    }
  }
  return counters_.keep_only(subtract(counters_.installed(), unwanted));
}

// Opens as the queue has it, and then, where guests were refused meanwhile, those anew that include
// them. Whether there was anything to do.
bool Opener::follow(const std::vector<Step>& queue) {
  carry_out(queue);
  const std::vector<Step> unlike = reconcile({.unlike = unlike_targets()});
  carry_out(unlike);
  return !queue.empty() || !unlike.empty();
}

void Opener::carry_out(const std::vector<Step>& queue) {
  if (queue.empty()) {
    return;
  }
  DescriptorBudget budget(allowance_, counters_.descriptors());
  for (const Step& step : queue) {
    if (stopping()) {
      return;
    }
    const auto cpu = step.target.cpu();
    if (cpu && !counters_.hangs(*cpu) && is_worth_opening(step)) {
      open(step, *cpu, budget);
    }
  }
}

// An event that counts is left alone: what waits is opened anew only where something opens that did
// not.
bool Opener::is_worth_opening(const Step& step) {
  return step.why != Step::Why::waiting ||
         (permit_ && std::any_of(step.events.begin(), step.events.end(), [&](std::size_t event) {
            return groups_.opens_now(event, step.target);
          }));
}

void Opener::open(const Step& step, CpuId cpu, DescriptorBudget& budget) {
  std::size_t held = counters_.descriptors_of(cpu);
  if (!budget.has_room_beside(held)) {
    counters_.release(cpu);
    budget.note(held, counters_.descriptors_of(cpu));
    held = counters_.descriptors_of(cpu);
  }
  OpenedCpu opened = permit_ ? groups_.open(step.target, step.arrangement, budget.left())
                             : nothing_tried(config_.events.size(), permit_.error().what);
  // A CPU that went offline meanwhile answers ENODEV: it is opened when it is back.
  if (opened.groups.empty() && !contains(online_.refresh(), cpu)) {
    return;
  }
  has_new_merged_groups_ =
      has_new_merged_groups_ ||
      std::any_of(opened.groups.begin(), opened.groups.end(),
                  [](const OpenedGroup& group) { return group.is_merged_hardware; });
  counters_.install(read_cpu_info(config_.paths, cpu, core_pmu_name(pmus_, cpu)),
                    std::move(opened));
  budget.note(held, counters_.descriptors_of(cpu));
}

}  // namespace perf_exporter
