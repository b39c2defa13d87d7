#include "collectors/opening/group_opener.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <cerrno>

namespace perf_exporter {
namespace {

// What the kernel answers to a group that is larger than the PMU, and to an event that it lacks.
bool may_be_too_large(const EventRefusal& refusal) {
  const bool is_such =
      refusal.status == EventStatus::unsupported || refusal.status == EventStatus::busy;
  return is_such && refusal.fault.code != ENODEV;
}

GroupClock clock_of(const Target& target, Guests guests) {
  if (!target.always_runs()) {
    return GroupClock::may_rest;
  }
  return guests == Guests::exclude ? GroupClock::stops_in_guests : GroupClock::always_runs;
}

}  // namespace

// One target's opening under way.
struct GroupOpener::Attempt {
  Attempt(const Target& on, const CorePmu* core_pmu, std::size_t descriptors)
      : target(on), pmu(core_pmu), allowance(descriptors) {}

  Target target;
  const CorePmu* pmu;
  std::size_t allowance;
  OpenedCpu result;
  std::map<std::size_t, Encoding> encodings;  // where they differ from the catalogue's
  EventRefusal refusal;                       // why the newest group did not open
  Indices crowd;                              // the largest hardware group that did not
  Fault crowd_answer;                         // to it

  void refuse(const Indices& events) {
    for (const std::size_t event : events) {
      result.refusals[event] = refusal;
    }
  }

  // The newest group of hardware events may have been larger than the PMU.
  void note_crowd(const Indices& events) {
    if (events.size() > crowd.size() && may_be_too_large(refusal)) {
      crowd = events;
      crowd_answer = refusal.fault;
    }
  }

  // Where an event of it is refused for itself, that explains it.
  void judge_crowd() {
    const bool is_explained = std::any_of(crowd.begin(), crowd.end(), [this](std::size_t event) {
      const auto refused = result.refusals.find(event);
      return refused != result.refusals.end() && refused->second.obstacle != Obstacle::no_counters;
    });
    const bool is_counted = std::any_of(result.groups.begin(), result.groups.end(),
                                        [](const OpenedGroup& group) { return group.is_hardware; });
    if (!crowd.empty() && !is_explained && is_counted) {
      result.crowded = crowd_answer;
    }
  }
};

GroupOpener::GroupOpener(PerfKernel& kernel, EventSet wanted, std::vector<CorePmu> pmus,
                         Guests guests)
    : kernel_(kernel), wanted_(std::move(wanted)), pmus_(std::move(pmus)), guests_(guests) {}

OpenedCpu GroupOpener::open(const Target& target, Arrangement arrangement, std::size_t allowance) {
  const auto opens = kernel_.begin_opens();
  const Guests asked = guests_;
  OpenedCpu opened = open_groups(target, arrangement, allowance);
  if (guests_ != asked) {  // found out midway
    opened = {};
    opened = open_groups(target, arrangement, allowance);
  }
  return opened;
}

OpenedCpu GroupOpener::open_groups(const Target& target, Arrangement arrangement,
                                   std::size_t allowance) {
  Attempt attempt(target, pmu_of(target), allowance);
  attempt.result.arrangement = arrangement;
  open_kind(attempt, PmuKind::software);
  open_kind(attempt, PmuKind::tracepoint);
  open_hardware(attempt, arrangement);
  return std::move(attempt.result);
}

bool GroupOpener::open_group(Attempt& attempt, const Indices& events) {
  if (events.size() > attempt.allowance) {
    attempt.refusal = {EventStatus::untried,
                       {0, "the limit of open descriptors leaves no room for a group of " +
                               std::to_string(events.size()) + " events"},
                       Obstacle::no_room};
    return false;
  }
  const bool hardware = is_core(wanted_[events.front()]);
  const Guests guests = hardware ? guests_ : Guests::include;
  std::vector<Encoding> encodings;
  for (const std::size_t event : events) {
    const auto special = attempt.encodings.find(event);
    encodings.push_back(with_guests(
        special != attempt.encodings.end() ? special->second : wanted_[event].encoding, guests));
  }
  auto group = EventGroup::open(kernel_, encodings, attempt.target);
  if (!group) {
    attempt.refusal = refusal_of(group.error().fault);
    return false;
  }
  attempt.allowance -= events.size();
  const bool includes_guests = hardware && guests == Guests::include;
  attempt.result.groups.push_back({std::move(*group), events, hardware, false, includes_guests,
                                   clock_of(attempt.target, guests)});
  return true;
}

// Leaves in `events` those that the kernel takes alone on this target; the others are refused.
void GroupOpener::keep_what_opens_alone(Attempt& attempt, Indices& events) {
  std::erase_if(events, [&](std::size_t event) {
    TriedForm trial = try_alone(event, attempt.target, attempt.pmu);
    if (trial.refusal) {
      attempt.result.refusals[event] = *trial.refusal;
    }
    return trial.refusal.has_value();
  });
}

void GroupOpener::open_kind(Attempt& attempt, PmuKind kind) {
  Indices events;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (pmu_kind(wanted_[i].encoding) == kind) {
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
    refuse_together(attempt, events);
  }
}

// Each of them opens alone.
void GroupOpener::refuse_together(Attempt& attempt, const Indices& events) {
  if (events.size() > 1 && may_be_too_large(attempt.refusal)) {
    const Fault& answer = attempt.refusal.fault;
    std::string names;
    for (const std::size_t event : events) {
      names += (names.empty() ? "" : ", ") + std::string(wanted_[event].name);
    }
    attempt.refusal = {EventStatus::busy,
                       {answer.code, answer.what + " to " + names +
                                         " as one group; each opens "
                                         "alone"},
                       Obstacle::no_counters};
  }
  attempt.refuse(events);
}

void GroupOpener::open_hardware(Attempt& attempt, Arrangement arrangement) {
  std::vector<std::pair<std::string_view, Indices>> groups;  // semantic groups, in catalogue order
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (!is_core(wanted_[i])) {
      continue;
    }
    const TriedForm trial = known_or_tried(i, attempt.target, attempt.pmu);
    if (trial.refusal) {
      attempt.result.refusals[i] = *trial.refusal;
      continue;
    }
    attempt.encodings[i] = trial.encoding;
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& known) {
      return known.first == wanted_[i].group;
    });
    if (group == groups.end()) {
      groups.push_back({wanted_[i].group, {i}});
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
    attempt.note_crowd(all);
  }
  for (const auto& [name, events] : groups) {
    open_semantic_group(attempt, events);
  }
  attempt.judge_crowd();
}

void GroupOpener::open_semantic_group(Attempt& attempt, const Indices& events) {
  if (open_group(attempt, events)) {
    return;
  }
  attempt.note_crowd(events);
  Indices required;
  Indices optional;
  for (const std::size_t event : events) {
    const bool fits_only = wanted_[event].membership == Membership::where_it_fits;
    (fits_only ? optional : required).push_back(event);
  }
  // On this target the answer may differ from that of the PMU's first one.
  if (!required.empty() && (optional.empty() || !open_group(attempt, required))) {
    if (!is_limit(attempt.refusal)) {
      keep_what_opens_alone(attempt, required);
    }
    if (!required.empty() && !open_group(attempt, required)) {
      refuse_together(attempt, required);
    }
  }
  for (const std::size_t event : optional) {
    if (!open_group(attempt, {event})) {
      attempt.refuse({event});
    }
  }
}

}  // namespace perf_exporter
