#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/count.h"
#include "collectors/counting/call_claim.h"
#include "collectors/counting/event_conditions.h"
#include "collectors/counting/open_state.h"
#include "collectors/counting/snapshot.h"
#include "collectors/counting/target_reading.h"
#include "collectors/counting/withheld_events.h"
#include "host/topology.h"
#include "perf/group_scaler.h"
#include "perf/group_watch.h"

namespace perf_exporter {

// What one target has counted: its open groups and a total for each wanted event. Totals live as
// long as the target is kept and outlast the reopening of a group. Whether a clock that stands
// still means anything is told by the groups (GroupClock).
//
// There may be tens of thousands of targets, so what most of them never need (a share of counters,
// faults, groups closed before) is kept apart, and what many have in common is shared.
//
// System calls can hang, so they are made apart from everything else: collect() is called without
// a lock by the one thread that holds the target's claim, and touches nothing that others look at.
// All other functions are called with the lock of CounterSet held.
class TargetCounters {
 public:
  // Room for the wanted events that `traits` tells of, none of them open yet, counted on `info`'s
  // CPU. `traits` must outlive this.
  TargetCounters(std::shared_ptr<const CpuInfo> info, const EventTraits& traits);
  TargetCounters(const TargetCounters&) = delete;
  TargetCounters& operator=(const TargetCounters&) = delete;
  ~TargetCounters();

  // Who makes system calls on the groups. While another holds it, groups are neither put in place
  // nor handed out.
  [[nodiscard]] CallClaim& claim() { return claim_; }
  [[nodiscard]] const CallClaim& claim() const { return claim_; }

  // Reads every group once into `reading`, for apply(). When it was done: CLOCK_MONOTONIC in ns.
  RawCount collect(PerfKernel& kernel, TargetReading& reading);
  // Takes in what collect() has read. `now` is CLOCK_MONOTONIC in ns. The faults of this reading
  // are in `reading`.
  void apply(RawCount now, TargetReading& reading);
  // When apply() was called last since the groups were installed; 0: not yet.
  [[nodiscard]] RawCount applied_at() const { return applied_at_; }

  // Puts freshly enabled groups in the place of those held so far, which are to have been read a
  // last time. Returns the old ones for the caller to close, which takes long, without the lock.
  std::vector<EventGroup> install(OpenedTarget opened);
  // Settles what is held back: the groups are read no more.
  void settle();
  // Hands out the open groups to be closed; until the next install() there is no data. For where
  // descriptors don't suffice for the old groups and new ones at once.
  std::vector<EventGroup> release();

  // As CounterSet's.
  void excuse_sharing(RawCount until);

  // No reading has come, since a call hangs: there is no data until one comes.
  void mark_unanswered() { flags_.is_unanswered = true; }

  // The CPU went away: there is no data until this is removed or counts again.
  void mark_offline() { flags_.is_offline = true; }
  [[nodiscard]] bool is_offline() const { return flags_.is_offline; }

  // An event's total, or nothing where it has no data at this reading.
  [[nodiscard]] std::optional<Count> total(std::size_t event) const;
  // What the event has counted up to now whether it has data at this reading or not: for sums.
  [[nodiscard]] Count counted(std::size_t event) const { return tallies_[event].total; }
  // Nothing before an open event's first reading, while one that shares its counter has not run for
  // long enough to tell, and while it can't be told yet whether one that is at 0 counts at all.
  [[nodiscard]] std::optional<EventStatus> status(std::size_t event) const;
  // As WithheldEvents'. What an event counts while it is held is left out of its total for good.
  void set_untrusted(const std::vector<bool>& untrusted) {
    withheld_.set_untrusted(*traits_, untrusted);
  }
  // What an event lacks by its readings; nothing where it is not open.
  [[nodiscard]] EventCondition condition(std::size_t event) const;
  // Whether an event became silent or came to lack something, or ceased to, at the newest reading.
  [[nodiscard]] bool conditions_changed() const { return flags_.conditions_changed; }
  // Times of the groups that `event` has led; nothing where it leads none now.
  [[nodiscard]] std::optional<GroupTimes> times_led_by(std::size_t event) const;
  // The same, whether it leads one now or not: for sums.
  [[nodiscard]] GroupTimes times_ever_led_by(std::size_t event) const;

  [[nodiscard]] const std::shared_ptr<const CpuInfo>& info() const { return info_; }
  void set_info(std::shared_ptr<const CpuInfo> info) { info_ = std::move(info); }
  // What stays as it is until the next install() or release().
  [[nodiscard]] const std::shared_ptr<const OpenState>& open_state() const { return open_; }
  // What a snapshot shows: a cell for each event, and one for each of `leaders`.
  void show(Cell* cells, const std::vector<std::size_t>& leaders, GroupCell* groups) const;
  // Whether any hardware events include guests.
  [[nodiscard]] bool includes_guests() const;
  [[nodiscard]] std::size_t descriptors() const;
  // How the groups are to be opened anew, where that is needed: apart where a merged group does not
  // run all the time; as before where a group is dead, has lost a member, or, every 30 s, where its
  // readings go on failing.
  [[nodiscard]] std::optional<Arrangement> wants_reopening() const;
  // Whether a reading has shown that the CPU was offline since the groups were opened, and is back:
  // they are dead.
  [[nodiscard]] bool came_back() const { return flags_.has_come_back; }

 private:
  struct WatchedGroup {
    EventGroup group;
    GroupScaler scaler;
    GroupWatch watch;
    std::uint32_t read_time = 0;  // ns, of the newest reading; 4 s at the most
    std::uint8_t failures = 0;    // of readings in a row, up to those that are told of
    bool is_unread = false;       // the newest reading failed
  };
  // What few need.
  struct Rare;
  struct Flags {
    bool is_installed : 1 = false;
    bool is_offline : 1 = false;
    bool is_unanswered : 1 = false;
    bool has_come_back : 1 = false;
    bool conditions_changed : 1 = false;
    bool wants_reopening : 1 = false;
    bool wants_parting : 1 = false;  // of its merged group
  };

  [[nodiscard]] std::span<WatchedGroup> groups() { return {groups_.get(), group_count_}; }
  [[nodiscard]] std::span<const WatchedGroup> groups() const {
    return {groups_.get(), group_count_};
  }
  [[nodiscard]] std::span<Tally> tallies() { return {tallies_.get(), traits_->events.size()}; }
  // That the group of number `index` lists.
  [[nodiscard]] const std::vector<std::size_t>& events_of(std::size_t index) const {
    return open_->groups[index].events;
  }
  [[nodiscard]] GroupState state_before(const OpenState::Group& group) const;
  Rare& rare();
  // Settled; what they were stays in the open state, which the caller replaces.
  std::vector<EventGroup> take_groups();
  void take_in(std::size_t index, TargetReading& reading);
  void note_fault(std::size_t index, TargetReading& reading, const ReadFault& why);
  void note_absence(TargetReading& reading);
  void note_running(TargetReading& reading) const;
  void watch(std::size_t index, TargetReading& reading);
  void note_share(std::size_t index, const GroupClocks& before);
  void note_uses(TargetReading& reading) const;
  void scale(std::size_t index, const TargetReading& reading);
  [[nodiscard]] std::optional<std::size_t> group_of(std::size_t event) const;
  [[nodiscard]] std::optional<std::size_t> group_led_by(std::size_t event) const;
  [[nodiscard]] bool has_times(const WatchedGroup& watched) const;

  CallClaim claim_;
  std::shared_ptr<const CpuInfo> info_;
  std::shared_ptr<const OpenState> open_;
  const EventTraits* traits_;
  WithheldEvents withheld_;
  std::unique_ptr<Tally[]> tallies_;  // by event
  std::unique_ptr<WatchedGroup[]> groups_;
  std::unique_ptr<Rare> rare_;
  RawCount applied_at_ = 0;
  std::uint32_t group_count_ = 0;
  Flags flags_;
};

// Enables the groups; those that can't be are taken out, returned to be closed, and their events
// refused.
std::vector<EventGroup> enable_groups(PerfKernel& kernel, OpenedCpu& opened);

}  // namespace perf_exporter
