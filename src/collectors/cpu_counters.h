#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/count.h"
#include "collectors/event_holds.h"
#include "collectors/group_opener.h"
#include "collectors/topology.h"
#include "perf/count_scaler.h"
#include "perf/group_watch.h"

namespace perf_exporter {

// How long a group was enabled and had its counters, in ns, over all its reopenings.
struct GroupTimes {
  Count enabled = 0;
  Count running = 0;
};

// What one CPU has counted: its open groups and a total for each wanted event. Totals live as long
// as the CPU is online and outlast the reopening of a group. Not thread-safe: CounterSet locks.
class CpuCounters {
 public:
  // Room for the wanted events that `traits` tells of, none of them open yet. `traits` must outlive
  // this.
  CpuCounters(CpuInfo info, const EventTraits& traits);

  // Puts freshly opened groups in the place of those held so far: reads the old ones a last time,
  // then enables the new ones, so that nothing is counted twice. Returns the old ones for the
  // caller to close, which takes long, without the lock. `now` as in read().
  std::vector<OpenedGroup> install(PerfKernel& kernel, OpenedCpu opened, RawCount now);

  // Reads the open groups a last time and hands them out to be closed; until the next install()
  // there is no data. For where descriptors don't suffice for the old groups and new ones at once.
  std::vector<OpenedGroup> release(PerfKernel& kernel, RawCount now);

  // Reads every group once. `now` is CLOCK_MONOTONIC in ns. Faults of this reading are in faults().
  void read(PerfKernel& kernel, RawCount now);

  // Stops the groups of hardware events, and lets them go on. One that can't be enabled again asks
  // to be reopened.
  void pause_hardware(PerfKernel& kernel);
  void resume_hardware(PerfKernel& kernel);

  // The CPU went away: it has no data until it is removed or counts again.
  void mark_offline();
  [[nodiscard]] bool is_offline() const { return offline_; }

  // An event's total, or nothing where it has no data at this reading.
  [[nodiscard]] std::optional<Count> total(std::size_t event) const;
  // What the event has counted up to now whether it has data at this reading or not: for sums.
  [[nodiscard]] Count counted(std::size_t event) const { return scalers_[event].total(); }
  // Nothing before an open event's first reading, and while it can't be told yet whether one that
  // is at 0 counts at all.
  [[nodiscard]] std::optional<EventStatus> status(std::size_t event) const;
  // Why an event that is read has no data all the same.
  [[nodiscard]] const EventHolds& holds() const { return holds_; }
  // As EventHolds'. What an event counts while it is held is left out of its total for good.
  void set_untrusted(const std::vector<char>& untrusted) { holds_.set_untrusted(untrusted); }
  // Whether an event became silent or starved, or ceased to be, at the newest reading.
  [[nodiscard]] bool conditions_changed() const { return conditions_changed_; }
  // Why an event is not open; null where it is.
  [[nodiscard]] const EventRefusal* refusal(std::size_t event) const;
  // The index of the event that leads the group of `event`; nothing where it is not open.
  [[nodiscard]] std::optional<std::size_t> leader_of(std::size_t event) const;
  // Times of the groups that `event` has led; nothing where it leads none now.
  [[nodiscard]] std::optional<GroupTimes> times_led_by(std::size_t event) const;
  // The same, whether it leads one now or not: for sums.
  [[nodiscard]] GroupTimes times_ever_led_by(std::size_t event) const;

  [[nodiscard]] const CpuInfo& info() const { return info_; }
  // How its hardware events were opened.
  [[nodiscard]] Arrangement arrangement() const { return arrangement_; }
  [[nodiscard]] std::size_t descriptors() const;
  // How the groups are to be opened anew, where that is needed: apart where a merged group does not
  // run all the time; as before where a group is dead or has lost a member.
  [[nodiscard]] std::optional<Arrangement> wants_reopening() const { return wants_reopening_; }
  // Read faults of the newest reading.
  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }
  // ns that the newest reading spent on the group of `event`; 0 where it is not open.
  [[nodiscard]] RawCount read_time(std::size_t event) const;

 private:
  struct WatchedGroup {
    OpenedGroup opened;
    GroupWatch watch;
    std::optional<GroupState> state;  // nothing before the first reading
    std::optional<Fault> fault;       // of the newest reading
    GroupReading reading;             // the newest that succeeded
    RawCount read_time = 0;
  };

  void read_group(PerfKernel& kernel, WatchedGroup& watched, RawCount now);
  void watch(WatchedGroup& watched, RawCount now);
  void scale(const WatchedGroup& watched);
  [[nodiscard]] const WatchedGroup* group_of(std::size_t event) const;

  CpuInfo info_;
  bool installed_ = false;
  bool offline_ = false;
  Arrangement arrangement_ = Arrangement::merged;
  std::optional<Arrangement> wants_reopening_;
  std::vector<WatchedGroup> groups_;
  std::vector<std::size_t> group_index_;  // by event; groups_.size() or more: not open
  std::vector<CountScaler> scalers_;      // by event
  std::vector<GroupTimes> past_times_;    // by leader: of groups closed since
  EventHolds holds_;
  bool conditions_changed_ = false;
  std::map<std::size_t, EventRefusal> refusals_;
  std::vector<Fault> faults_;
};

}  // namespace perf_exporter
