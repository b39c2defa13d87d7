#include "collectors/counting/target_counters.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "collectors/counting/opening_rules.h"
#include "collectors/counting/target_rare.h"

namespace perf_exporter {
namespace {

constexpr RawCount kFaultPause = opening_rules::kReopenFailing.count();  // ns

std::uint32_t as_read_time(const ReadSpan& span) {
  constexpr RawCount kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(span.ended - span.begun, kMost));
}

}  // namespace

TargetCounters::TargetCounters(std::shared_ptr<const CpuInfo> info, const EventTraits& traits)
    : info_(std::move(info)),
      open_(OpenState::nothing_open(traits.events.size())),
      traits_(&traits),
      withheld_(traits.events.size()),
      tallies_(std::make_unique<Tally[]>(traits.events.size())) {}

TargetCounters::~TargetCounters() = default;

TargetCounters::Rare& TargetCounters::rare() {
  if (!rare_) {
    rare_ = std::make_unique<Rare>(traits_->events.size());
    for (const WatchedGroup& watched : groups()) {
      rare_->windows.push_back(watched.watch.clocks());
    }
  }
  return *rare_;
}

RawCount TargetCounters::collect(PerfKernel& kernel, TargetReading& reading) {
  if (reading.groups_.size() < group_count_) {
    reading.groups_.resize(group_count_);
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < group_count_; ++i) {
    reading.groups_[i].begin = begin;
    begin += group_reading_bytes(groups_[i].group.size());
  }
  reading.bytes_.resize(std::max(begin, reading.bytes_.size()));
  RawCount before = monotonic_ns();
  for (std::size_t i = 0; i < group_count_; ++i) {
    claim_.call_begins(before);
    TargetReading::Group& group = reading.groups_[i];
    group.fetched = groups_[i].group.fetch(kernel, std::span(reading.bytes_).subspan(group.begin));
    const RawCount after = monotonic_ns();
    group.span = {before, after};
    before = after;
  }
  return before;
}

void TargetCounters::apply(RawCount now, TargetReading& reading) {
  reading.faults_.clear();
  flags_.is_unanswered = false;
  applied_at_ = now;
  for (std::size_t i = 0; i < group_count_; ++i) {
    take_in(i, reading);
  }
  note_absence(reading);
  // Groups that belong together may be read apart, so all are judged before any is counted.
  note_running(reading);
  const bool is_silence_new = withheld_.judge(*traits_, reading.running_);
  flags_.conditions_changed = (rare_ && rare_->conditions.take_change()) || is_silence_new;
  note_uses(reading);
  for (std::size_t i = 0; i < group_count_; ++i) {
    scale(i, reading);
  }
  withheld_.end_reading(*traits_);
}

// The CPU was offline where the clocks of all its groups stood still. That explains all that its
// readings lack.
void TargetCounters::note_absence(TargetReading& reading) {
  const bool was_away = std::ranges::all_of(groups(), [](const WatchedGroup& watched) {
    return watched.watch.state() == GroupState::dead;
  });
  if (group_count_ > 0 && was_away) {
    flags_.has_come_back = true;
    reading.faults_.clear();
  }
}

void TargetCounters::take_in(std::size_t index, TargetReading& reading) {
  WatchedGroup& watched = groups_[index];
  TargetReading::Group& read = reading.groups_[index];
  watched.read_time = as_read_time(read.span);
  read.before = watched.watch.clocks();
  const auto got =
      watched.group.take(read.fetched, std::span(reading.bytes_).subspan(read.begin), read.reading);
  read.is_good = got.has_value();
  watched.is_unread = !read.is_good;
  if (!got) {
    note_fault(index, reading, got.error());
    return;
  }
  watched.failures = 0;
  watch(index, reading);
}

// Where a member was lost, the times tell whether the CPU was away.
void TargetCounters::note_fault(std::size_t index, TargetReading& reading, const ReadFault& why) {
  WatchedGroup& watched = groups_[index];
  reading.faults_.push_back(why.fault);
  const bool has_times = why.lies == ReadFault::Lies::in_members;
  const TargetReading::Group& read = reading.groups_[index];
  if (has_times && watched.watch.is_dead_at(read.reading, read.span)) {
    watched.watch.set_dead();
  }
  if (watched.failures < opening_rules::kFailuresInARow) {
    ++watched.failures;
  }
  if (watched.failures == opening_rules::kFailuresInARow) {
    rare().conditions.note_failure(events_of(index), why);
  } else if (!has_times) {
    return;
  }
  RawCount& asked_at = rare().asked_for_fault_at;
  if (asked_at == 0 || applied_at_ >= asked_at + kFaultPause) {
    asked_at = applied_at_;
    flags_.wants_reopening = true;
  }
}

void TargetCounters::settle() {
  for (std::size_t i = 0; i < group_count_; ++i) {
    groups_[i].scaler.close(groups_[i].watch.clocks(), events_of(i), tallies());
  }
}

std::vector<EventGroup> TargetCounters::release() {
  std::vector<EventGroup> old = take_groups();
  open_ = OpenState::closed(*open_);
  flags_.is_installed = false;
  return old;
}

std::vector<EventGroup> TargetCounters::take_groups() {
  settle();
  std::vector<EventGroup> old;
  for (std::size_t i = 0; i < group_count_; ++i) {
    const GroupClocks& clocks = groups_[i].watch.clocks();
    if (clocks.enabled > 0) {
      rare().add_past(events_of(i).front(), clocks);
    }
    old.push_back(std::move(groups_[i].group));
  }
  if (rare_) {
    rare_->windows.clear();
  }
  groups_.reset();
  group_count_ = 0;
  return old;
}

// A total that was there is not taken away because its group is new and has not run yet.
GroupState TargetCounters::state_before(const OpenState::Group& group) const {
  const bool had_data = std::ranges::any_of(
      group.events, [this](std::size_t event) { return total(event).has_value(); });
  return had_data ? GroupState::multiplexed : GroupState::starved;
}

std::vector<EventGroup> TargetCounters::install(OpenedTarget opened) {
  const std::vector<OpenState::Group>& kinds = opened.state->groups;
  auto fresh = std::make_unique<WatchedGroup[]>(kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    fresh[i].watch = GroupWatch(state_before(kinds[i]), kinds[i].clock);
    fresh[i].group = std::move(opened.groups[i]);
  }
  std::vector<EventGroup> old = take_groups();
  groups_ = std::move(fresh);
  group_count_ = static_cast<std::uint32_t>(kinds.size());
  open_ = std::move(opened.state);
  if (rare_) {
    rare_->windows.resize(group_count_);
    for (const auto& [event, refusal] : open_->refusals) {
      rare_->conditions.forget(event);
    }
  }
  applied_at_ = 0;
  flags_ = {.is_installed = true, .conditions_changed = flags_.conditions_changed};
  return old;
}

std::vector<EventGroup> enable_groups(PerfKernel& kernel, OpenedCpu& opened) {
  std::vector<EventGroup> unused;
  std::vector<OpenedGroup> enabled;
  for (OpenedGroup& group : opened.groups) {
    if (const auto done = group.group.enable(kernel); !done) {
      for (const std::size_t event : group.events) {
        const bool is_refused = status_of_refusal(done.error().code) == EventStatus::refused;
        opened.refusals[event] = {is_refused ? EventStatus::refused : EventStatus::busy,
                                  done.error()};
      }
      unused.push_back(std::move(group.group));
    } else {
      enabled.push_back(std::move(group));
    }
  }
  opened.groups = std::move(enabled);
  return unused;
}

void TargetCounters::watch(std::size_t index, TargetReading& reading) {
  WatchedGroup& watched = groups_[index];
  const TargetReading::Group& read = reading.groups_[index];
  const GroupClocks before = watched.watch.clocks();
  const GroupState state =
      watched.watch.observe(read.reading, read.span, rare_ ? rare_->excused_until : 0);
  note_share(index, before);
  const std::vector<std::size_t>& events = events_of(index);
  const bool loses_time = state == GroupState::multiplexed || state == GroupState::starved;
  if (open_->groups[index].is_merged_hardware && loses_time) {
    rare().conditions.note_parting(events);
    flags_.wants_parting = true;
  }
  if (state == GroupState::dead) {
    flags_.wants_reopening = true;
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    withheld_.note(*traits_, events[i], read.reading.members[i].value);
  }
}

// A group that has had its counters all the time so far shares none; what is kept of the others
// begins with the first reading that is short.
void TargetCounters::note_share(std::size_t index, const GroupClocks& before) {
  const GroupWatch& group = groups_[index].watch;
  const GroupClocks& now = group.clocks();
  if (!rare_ && now.running == now.enabled) {
    return;
  }
  const bool is_first = !rare_;
  GroupClocks& window = rare().windows[index];
  if (is_first) {
    window = before;
  }
  if (group.is_excused()) {
    window = now;
  }
  rare_->conditions.note_times(events_of(index), now, group.state(), window);
}

void TargetCounters::scale(std::size_t index, const TargetReading& reading) {
  const TargetReading::Group& read = reading.groups_[index];
  if (!read.is_good) {
    return;
  }
  WatchedGroup& watched = groups_[index];
  const GroupScaler::Members members{events_of(index), tallies(), reading.uses_};
  const bool starves =
      watched.watch.state() == GroupState::starved && watched.watch.window_begins();
  if (starves) {
    watched.scaler.starve(read.before, read.reading, members);
  } else {
    watched.scaler.update(read.before, read.reading, members);
  }
}

void TargetCounters::excuse_sharing(RawCount until) {
  rare().excused_until = until;
}

}  // namespace perf_exporter
