#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/count.h"
#include "collectors/counting/call_claim.h"
#include "collectors/counting/event_conditions.h"
#include "collectors/counting/opened_groups.h"
#include "collectors/counting/snapshot.h"
#include "collectors/counting/withheld_events.h"
#include "host/topology.h"
#include "perf/count_scaler.h"
#include "perf/group_watch.h"

namespace perf_exporter {

// What one CPU has counted: its open groups and a total for each wanted event. Totals live as long
// as the CPU is online and outlast the reopening of a group.
//
// System calls can hang, so they are made apart from everything else: collect() is called without
// a lock by the one thread that holds the CPU's claim, and touches nothing that others look at. All
// other functions are called with the lock of CounterSet held.
class CpuCounters {
 public:
  // Room for the wanted events that `traits` tells of, none of them open yet. `traits` must outlive
  // this.
  CpuCounters(CpuInfo info, const EventTraits& traits);

  // Who makes system calls on the groups. While another holds it, groups are neither put in place
  // nor handed out.
  [[nodiscard]] CallClaim& claim() { return claim_; }
  [[nodiscard]] const CallClaim& claim() const { return claim_; }

  // Reads every group once, for apply(). When it was done: CLOCK_MONOTONIC in ns.
  RawCount collect(PerfKernel& kernel);
  // Takes in what collect() has read. `now` is CLOCK_MONOTONIC in ns. Faults of this reading are in
  // faults().
  void apply(RawCount now);
  // When apply() was called last since the groups were installed; 0: not yet.
  [[nodiscard]] RawCount applied_at() const { return applied_at_; }

  // Puts freshly enabled groups in the place of those held so far, which are to have been read a
  // last time. Returns the old ones for the caller to close, which takes long, without the lock.
  std::vector<OpenedGroup> install(OpenedCpu opened);
  // Settles what is held back: the groups are read no more.
  void settle();
  // Hands out the open groups to be closed; until the next install() there is no data. For where
  // descriptors don't suffice for the old groups and new ones at once.
  std::vector<OpenedGroup> release();

  // As CounterSet's.
  void excuse_sharing(RawCount until);

  // No reading has come from this CPU, since a call hangs: it has no data until one comes.
  void mark_unanswered() { unanswered_ = true; }

  // The CPU went away: it has no data until it is removed or counts again.
  void mark_offline();
  [[nodiscard]] bool is_offline() const { return offline_; }

  // An event's total, or nothing where it has no data at this reading.
  [[nodiscard]] std::optional<Count> total(std::size_t event) const;
  // What the event has counted up to now whether it has data at this reading or not: for sums.
  [[nodiscard]] Count counted(std::size_t event) const { return scalers_[event].total(); }
  // Nothing before an open event's first reading, while one that shares its counter has not run for
  // long enough to tell, and while it can't be told yet whether one that is at 0 counts at all.
  [[nodiscard]] std::optional<EventStatus> status(std::size_t event) const;
  // Why an event that is read has no data all the same.
  [[nodiscard]] const WithheldEvents& withheld() const { return withheld_; }
  // As WithheldEvents'. What an event counts while it is held is left out of its total for good.
  void set_untrusted(const std::vector<bool>& untrusted) { withheld_.set_untrusted(untrusted); }
  // What an event lacks by its readings; nothing where it is not open.
  [[nodiscard]] const EventCondition& condition(std::size_t event) const {
    return conditions_.of(event);
  }
  // Whether an event became silent or came to lack something, or ceased to, at the newest reading.
  [[nodiscard]] bool conditions_changed() const { return conditions_changed_; }
  // Why an event is not open; null where it is.
  [[nodiscard]] const EventRefusal* refusal(std::size_t event) const;
  // The index of the event that leads the group of `event`; nothing where it is not open.
  [[nodiscard]] std::optional<std::size_t> leader_of(std::size_t event) const;
  // Times of the groups that `event` has led; nothing where it leads none now.
  [[nodiscard]] std::optional<GroupTimes> times_led_by(std::size_t event) const;
  // The same, whether it leads one now or not: for sums.
  [[nodiscard]] GroupTimes times_ever_led_by(std::size_t event) const;

  [[nodiscard]] const CpuInfo& info() const { return open_->info; }
  void set_info(CpuInfo info);
  // What stays as it is until the next install(), release() or set_info().
  [[nodiscard]] const std::shared_ptr<const OpenState>& open_state() const { return open_; }
  // What a snapshot shows: a cell for each event, and one for each of `leaders`.
  void show(Cell* cells, const std::vector<std::size_t>& leaders, GroupCell* groups) const;
  // How its hardware events were opened.
  [[nodiscard]] Arrangement arrangement() const { return arrangement_; }
  // Whether any of them includes guests.
  [[nodiscard]] bool includes_guests() const;
  [[nodiscard]] std::size_t descriptors() const;
  // How the groups are to be opened anew, where that is needed: apart where a merged group does not
  // run all the time; as before where a group is dead, has lost a member, or, every 30 s, where its
  // readings go on failing.
  [[nodiscard]] std::optional<Arrangement> wants_reopening() const { return wants_reopening_; }
  // Whether a reading has shown that the CPU was offline since the groups were opened, and is back:
  // they are dead.
  [[nodiscard]] bool came_back() const { return came_back_; }
  // Read faults of the newest reading.
  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }

 private:
  struct WatchedGroup {
    OpenedGroup opened;
    GroupWatch watch;
    std::optional<GroupState> state;  // nothing before the first reading
    std::optional<Fault> fault;       // of the newest reading
    int failures = 0;                 // in a row
    ShareWindow window;               // see EventConditions
    GroupReading reading;             // the newest that succeeded
    RawCount read_time = 0;
    ReadSpan fetched;  // collect()'s: of the call that apply() takes in next
  };

  [[nodiscard]] GroupState state_before(const OpenedGroup& group) const;
  void apply_group(WatchedGroup& watched);
  void note_fault(WatchedGroup& watched, const ReadFault& why);
  void note_absence();
  void ask_to_be_reopened();
  void watch(WatchedGroup& watched);
  void scale(const WatchedGroup& watched);
  [[nodiscard]] const WatchedGroup* group_of(std::size_t event) const;
  [[nodiscard]] bool has_times(const WatchedGroup& watched) const;

  CallClaim claim_;
  std::shared_ptr<const OpenState> open_;
  bool installed_ = false;
  bool offline_ = false;
  bool unanswered_ = false;
  bool came_back_ = false;
  RawCount applied_at_ = 0;
  RawCount asked_for_fault_at_ = 0;  // to be reopened; 0: never
  Arrangement arrangement_ = Arrangement::merged;
  std::optional<Arrangement> wants_reopening_;
  std::vector<WatchedGroup> groups_;
  std::vector<std::size_t> group_index_;  // by event; groups_.size() or more: not open
  std::vector<CountScaler> scalers_;      // by event
  std::vector<GroupTimes> past_times_;    // by leader: of groups closed since
  WithheldEvents withheld_;
  EventConditions conditions_;
  bool conditions_changed_ = false;
  std::vector<Fault> faults_;
};

// Enables the groups; those that can't be are taken out, returned to be closed, and their events
// refused.
std::vector<OpenedGroup> enable_groups(PerfKernel& kernel, OpenedCpu& opened);

}  // namespace perf_exporter
