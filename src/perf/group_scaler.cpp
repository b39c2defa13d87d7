#include "perf/group_scaler.h"

#include <algorithm>
#include <vector>

namespace perf_exporter {
namespace {

constexpr RawCount kHoldNanoseconds = 25'000'000;
constexpr RawCount kHoldShare = 100;  // running must reach 1/100 of the enabled time
constexpr RawCount kNoticeableShare = 1000;

bool ran_throughout(const GroupClocks& passed) {
  return passed.running >= passed.enabled;
}

bool is_telling(const GroupClocks& passed) {
  const bool is_nearly_whole =
      passed.running > 0 && passed.running + passed.enabled / kNoticeableShare >= passed.enabled;
  return ran_throughout(passed) || is_nearly_whole ||
         (passed.running >= kHoldNanoseconds && passed.running >= passed.enabled / kHoldShare);
}

// 64-bit factors: the product of value and enabled time fits 128 bits whatever they are.
Count scaled(RawCount value, const GroupClocks& passed) {
  const bool is_sliver = passed.running == 0 || passed.running < passed.enabled / kHoldShare;
  return ran_throughout(passed) || is_sliver
             ? Count{value}
             : (Count{value} * passed.enabled + passed.running / 2) / passed.running;
}

}  // namespace

void Tally::add(Count count) {
  const RawCount room = kMost - total;
  total = count < room ? (total + static_cast<RawCount>(count)) & kMost : kMost;
}

// What is kept while a baseline is older than the newest reading, and of the baseline itself.
struct GroupScaler::Held {
  struct Member {
    RawCount baseline = 0;
    RawCount last_run = 0;  // at the newest reading at which it had run since the one before
    // What it counts up to the next baseline is left out.
    bool is_out_of_step = false;
  };

  bool is_holding = false;
  GroupClocks baseline;
  GroupClocks last_run;
  std::vector<Member> members;

  // A member that is settled at `until`.
  void settle(Tally& tally, const Member& member, RawCount value, const GroupClocks& until) const {
    if (!member.is_out_of_step) {
      tally.add(scaled(value - member.baseline, until - baseline));
    }
  }
};

GroupScaler::GroupScaler() = default;
GroupScaler::GroupScaler(GroupScaler&&) noexcept = default;
GroupScaler& GroupScaler::operator=(GroupScaler&&) noexcept = default;
GroupScaler::~GroupScaler() = default;

void GroupScaler::update(const GroupClocks& before, const GroupReading& reading,
                         const Members& members) {
  const GroupClocks& now = reading;
  if (now.run_backwards_from(before)) {
    rebase(reading, members);
    return;
  }
  const bool holds = held_ && held_->is_holding;
  const GroupClocks passed = now - (holds ? held_->baseline : before);
  if (!is_telling(passed)) {
    hold(before, reading, members);
    return;
  }
  for (std::size_t i = 0; i < members.events.size(); ++i) {
    const std::size_t event = members.events[i];
    Tally& tally = members.tallies[event];
    const RawCount value = reading.members[i].value;
    if (value >= tally.value && members.uses[event] == Use::counted) {
      const Held::Member since = holds ? held_->members[i] : Held::Member{tally.value, 0, false};
      if (!since.is_out_of_step) {
        tally.add(scaled(value - since.baseline, passed));
        tally.has_total = 1;
      }
    }
  }
  rebase(reading, members);
  if (ran_throughout(passed)) {
    held_.reset();
  }
}

// Each member's baseline is the reading.
void GroupScaler::rebase(const GroupReading& reading, const Members& members) {
  for (std::size_t i = 0; i < members.events.size(); ++i) {
    members.tallies[members.events[i]].value = reading.members[i].value;
  }
  if (held_) {
    held_->is_holding = false;
  }
}

void GroupScaler::hold(const GroupClocks& before, const GroupReading& reading,
                       const Members& members) {
  if (!held_) {
    held_ = std::make_unique<Held>();
    held_->members.resize(members.events.size());
  }
  const bool begins = !held_->is_holding;
  if (begins) {
    held_->is_holding = true;
    held_->baseline = held_->last_run = before;
  }
  const bool has_run = reading.running > before.running;
  if (has_run) {
    held_->last_run = reading;
  }
  for (std::size_t i = 0; i < members.events.size(); ++i) {
    const std::size_t event = members.events[i];
    Tally& tally = members.tallies[event];
    Held::Member& member = held_->members[i];
    if (begins) {
      member = {tally.value, tally.value, false};
    }
    const RawCount value = reading.members[i].value;
    member.last_run = has_run ? value : member.last_run;
    member.is_out_of_step =
        member.is_out_of_step || value < tally.value || members.uses[event] == Use::left_out;
    tally.value = value;
  }
}

void GroupScaler::starve(const GroupClocks& before, const GroupReading& reading,
                         const Members& members) {
  const bool holds = held_ && held_->is_holding;
  if (!reading.run_backwards_from(before)) {
    for (std::size_t i = 0; i < members.events.size(); ++i) {
      const std::size_t event = members.events[i];
      Tally& tally = members.tallies[event];
      const Held::Member since =
          holds ? held_->members[i] : Held::Member{tally.value, tally.value, false};
      const RawCount value = reading.members[i].value;
      if (since.is_out_of_step || value < tally.value || members.uses[event] == Use::left_out) {
        continue;
      }
      if (holds) {
        held_->settle(tally, since, since.last_run, held_->last_run);
      }
      tally.add(value - since.last_run);
    }
  }
  rebase(reading, members);
}

void GroupScaler::close(const GroupClocks& last, std::span<const std::size_t> events,
                        std::span<Tally> tallies) {
  const bool holds = held_ && held_->is_holding;
  for (std::size_t i = 0; i < events.size(); ++i) {
    Tally& tally = tallies[events[i]];
    if (holds) {
      held_->settle(tally, held_->members[i], tally.value, last);
    }
    tally.value = 0;
  }
  held_.reset();
}

}  // namespace perf_exporter
