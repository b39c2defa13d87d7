#include "collectors/group_opener.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <cerrno>

namespace perf_exporter {
namespace {

bool is_software(const CatalogEvent& event) {
  return event.spec.type == PERF_TYPE_SOFTWARE;
}

// What holds for all CPUs of a PMU, unlike an offline CPU or a limit reached.
bool is_lasting(const EventRefusal& refusal) {
  const int error = refusal.fault.code;
  return refusal.status != EventStatus::busy && error != ENODEV && error != ENOMEM &&
         !is_limit(refusal);
}

EventRefusal refusal_of(const Fault& fault) {
  return {status_of_refusal(fault.code), fault};
}

}  // namespace

OpenedCpu nothing_tried(std::size_t events, const std::string& why) {
  OpenedCpu opened;
  for (std::size_t event = 0; event < events; ++event) {
    opened.refusals[event] = {EventStatus::untried, {0, why}, Obstacle::unsafe};
  }
  return opened;
}

// One CPU's opening under way.
struct GroupOpener::Attempt {
  CpuId cpu{};
  const CorePmu* pmu = nullptr;
  std::size_t allowance = 0;
  OpenedCpu result;
  std::map<std::size_t, EventSpec> specs;  // where they differ from the catalogue's
  EventRefusal refusal;                    // why the newest group did not open

  void refuse(const Indices& events) {
    for (const std::size_t event : events) {
      result.refusals[event] = refusal;
    }
  }
};

GroupOpener::GroupOpener(PerfKernel& kernel, std::vector<const CatalogEvent*> wanted,
                         std::vector<CorePmu> pmus, Guests guests)
    : kernel_(kernel), wanted_(std::move(wanted)), pmus_(std::move(pmus)), guests_(guests) {}

OpenedCpu GroupOpener::open(CpuId cpu, Arrangement arrangement, std::size_t allowance) {
  Attempt attempt;
  attempt.cpu = cpu;
  attempt.pmu = core_pmu_of(pmus_, cpu);
  attempt.allowance = allowance;
  attempt.result.arrangement = arrangement;
  open_software(attempt);
  open_hardware(attempt, arrangement);
  return std::move(attempt.result);
}

GroupOpener::Trial GroupOpener::try_alone(std::size_t event, CpuId cpu, const CorePmu* pmu) {
  const EventSpec plain = wanted_[event]->spec;
  const bool software = is_software(*wanted_[event]);
  std::vector<EventSpec> candidates = {plain};
  if (!software && pmu != nullptr && !pmu->cpus.empty()) {
    candidates.insert(candidates.begin(), on_pmu(plain, pmu->type));
  }
  Trial trial{plain, {}};
  if (const auto name = pmu != nullptr ? missing_event(*pmu, plain) : std::string_view{};
      !name.empty()) {
    trial.refusal = EventRefusal{EventStatus::unsupported,
                                 {0, pmu->name + " does not list " + std::string(name)}};
    return trial;
  }
  for (const EventSpec& spec : candidates) {
    auto tried = try_event(kernel_, spec, cpu, software ? Guests::include : guests_);
    if (!tried && tried.error().code == EOPNOTSUPP && !software && guests_ == Guests::include &&
        try_event(kernel_, spec, cpu, Guests::exclude)) {
      guests_ = Guests::exclude;
      tried = {};
    }
    if (tried) {
      return {spec, std::nullopt};
    }
    trial.refusal = refusal_of(tried.error());
  }
  return trial;
}

GroupOpener::Trial GroupOpener::known_or_tried(std::size_t event, CpuId cpu, const CorePmu* pmu) {
  const std::pair key(pmu != nullptr ? pmu->name : std::string(), event);
  if (const auto known = known_.find(key); known != known_.end()) {
    return known->second;
  }
  Trial trial = try_alone(event, cpu, pmu);
  if (!trial.refusal || is_lasting(*trial.refusal)) {
    known_.emplace(key, trial);
  }
  return trial;
}

bool GroupOpener::opens_now(std::size_t event, CpuId cpu) {
  return !try_alone(event, cpu, core_pmu_of(pmus_, cpu)).refusal;
}

void GroupOpener::forget_refusals() {
  std::erase_if(known_, [](const auto& known) { return known.second.refusal.has_value(); });
}

bool GroupOpener::open_group(Attempt& attempt, const Indices& events) {
  if (events.size() > attempt.allowance) {
    attempt.refusal = {EventStatus::untried,
                       {0, "the limit of open descriptors leaves no room for a group of " +
                               std::to_string(events.size()) + " events"},
                       Obstacle::no_room};
    return false;
  }
  std::vector<EventSpec> specs;
  for (const std::size_t event : events) {
    const auto special = attempt.specs.find(event);
    specs.push_back(special != attempt.specs.end() ? special->second : wanted_[event]->spec);
  }
  const bool hardware = !is_software(*wanted_[events.front()]);
  const Guests guests = hardware ? guests_ : Guests::include;
  auto group = EventGroup::open(kernel_, specs, attempt.cpu, guests);
  if (!group) {
    attempt.refusal = refusal_of(group.error().fault);
    return false;
  }
  attempt.allowance -= events.size();
  const GroupClock clock =
      guests == Guests::exclude ? GroupClock::stops_in_guests : GroupClock::always_runs;
  attempt.result.groups.push_back({std::move(*group), events, hardware, false, clock});
  return true;
}

// Leaves in `events` those that the kernel takes alone on this CPU; the others are refused.
void GroupOpener::keep_what_opens_alone(Attempt& attempt, Indices& events) {
  std::erase_if(events, [&](std::size_t event) {
    Trial trial = try_alone(event, attempt.cpu, attempt.pmu);
    if (trial.refusal) {
      attempt.result.refusals[event] = *trial.refusal;
    }
    return trial.refusal.has_value();
  });
}

void GroupOpener::open_software(Attempt& attempt) {
  Indices events;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (is_software(*wanted_[i])) {
      events.push_back(i);
    }
  }
  if (events.empty() || open_group(attempt, events)) {
    return;
  }
  if (!is_limit(attempt.refusal)) {
    keep_what_opens_alone(attempt, events);
  }
  if (!events.empty() && !open_group(attempt, events)) {
    attempt.refuse(events);
  }
}

void GroupOpener::open_hardware(Attempt& attempt, Arrangement arrangement) {
  std::vector<std::pair<std::string_view, Indices>> groups;  // semantic groups, in catalogue order
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (is_software(*wanted_[i])) {
      continue;
    }
    const Trial trial = known_or_tried(i, attempt.cpu, attempt.pmu);
    if (trial.refusal) {
      attempt.result.refusals[i] = *trial.refusal;
      continue;
    }
    attempt.specs[i] = trial.spec;
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& known) {
      return known.first == wanted_[i]->group;
    });
    if (group == groups.end()) {
      groups.push_back({wanted_[i]->group, {i}});
    } else {
      group->second.push_back(i);
    }
  }
  if (arrangement == Arrangement::merged && groups.size() > 1) {
    Indices all;
    for (const auto& [name, events] : groups) {
      all.insert(all.end(), events.begin(), events.end());
    }
    if (open_group(attempt, all)) {
      attempt.result.groups.back().is_merged_hardware = true;
      return;
    }
  }
  for (const auto& [name, events] : groups) {
    open_semantic_group(attempt, events);
  }
}

void GroupOpener::open_semantic_group(Attempt& attempt, const Indices& events) {
  if (open_group(attempt, events)) {
    return;
  }
  Indices required;
  Indices optional;
  for (const std::size_t event : events) {
    const bool fits_only = wanted_[event]->membership == Membership::where_it_fits;
    (fits_only ? optional : required).push_back(event);
  }
  // On this CPU the answer may differ from that of the PMU's first CPU.
  if (!required.empty() && (optional.empty() || !open_group(attempt, required))) {
    if (!is_limit(attempt.refusal)) {
      keep_what_opens_alone(attempt, required);
    }
    if (!required.empty() && !open_group(attempt, required)) {
      attempt.refuse(required);
    }
  }
  for (const std::size_t event : optional) {
    if (!open_group(attempt, {event})) {
      attempt.refuse({event});
    }
  }
}

}  // namespace perf_exporter
