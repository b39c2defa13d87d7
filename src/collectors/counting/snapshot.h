#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/count.h"
#include "collectors/counting/event_conditions.h"
#include "collectors/counting/event_status.h"
#include "collectors/counting/open_state.h"
#include "collectors/counting/withheld_events.h"
#include "collectors/events/event.h"
#include "host/topology.h"

namespace perf_exporter {

// How long a group was enabled and had its counters, in ns, over all its reopenings.
struct GroupTimes {
  Count enabled = 0;
  Count running = 0;
};

// What CPUs that went offline had counted, by event: kept so that sums never fall.
struct RetiredCounts {
  std::vector<Count> counts;
  std::vector<GroupTimes> times;
};

using Retired = std::map<std::string, RetiredCounts>;  // by package

// A row of a snapshot beside its numbers: where it is counted and what opening it came to.
struct SnapshotTarget {
  std::shared_ptr<const CpuInfo> info;
  std::shared_ptr<const OpenState> open;
};

// One event on one CPU, as of a reading.
struct Cell {
  // What it has counted up to now, whether it has data at this reading or not.
  Count counted = 0;
  EventCondition condition;
  // Nothing before an open event's first reading, while one that shares its counter has not run for
  // long enough to tell, and while it can't be told yet whether one that is at 0 counts at all.
  std::optional<EventStatus> status;
  Withheld withheld = Withheld::no;
  bool is_silent_itself = false;  // not only a partner of it
};

// The groups that one event has led on one CPU, as of a reading.
struct GroupCell {
  GroupTimes times;
  bool is_current = false;  // it leads one now, and that has times
  RawCount read_time = 0;   // ns that the reading spent on that
};

// Which rows and columns there are: the same for all snapshots between two changes of what is open.
// Immutable.
struct SnapshotShape {
  SnapshotShape(std::uint64_t generation, EventSet events, std::vector<SnapshotTarget> targets,
                Retired retired);

  std::uint64_t generation;  // another whenever CPUs or groups come or go
  EventSet events;
  std::vector<SnapshotTarget> targets;  // by row
  Retired retired;
  std::vector<std::size_t> leaders;         // the events that lead a group on any CPU, sorted
  std::vector<std::size_t> leader_columns;  // by event: its index in `leaders`, or their number
};

// A CPU in a snapshot. Valid as long as that.
class SnapshotRow {
 public:
  // Row `row` of `shape` with that row's cells, one for each event and one for each leader.
  SnapshotRow(const SnapshotShape& shape, std::size_t row, const Cell* cells,
              const GroupCell* groups)
      : shape_(&shape), target_(&shape.targets[row]), cells_(cells), groups_(groups) {}

  [[nodiscard]] CpuId cpu() const { return target_->info->cpu; }
  [[nodiscard]] const CpuInfo& info() const { return *target_->info; }
  // The CPU went away: it has no data until it is removed or counts again.
  [[nodiscard]] bool is_offline() const { return is_offline_; }

  [[nodiscard]] const Cell& cell(std::size_t event) const { return cells_[event]; }
  [[nodiscard]] std::optional<EventStatus> status(std::size_t event) const {
    return cells_[event].status;
  }
  // What the event has counted, whether it has data at this reading or not: for sums.
  [[nodiscard]] Count counted(std::size_t event) const { return cells_[event].counted; }
  // The event's total, or nothing where it has no data at this reading.
  [[nodiscard]] std::optional<Count> total(std::size_t event) const {
    const Cell& cell = cells_[event];
    return has_data(cell.status) ? std::optional(cell.counted) : std::nullopt;
  }

  // Why an event is not open; null where it is.
  [[nodiscard]] const EventRefusal* refusal(std::size_t event) const {
    return target_->open->refusal(event);
  }
  // The event that leads the group of `event`; nothing where it is not open.
  [[nodiscard]] std::optional<std::size_t> leader_of(std::size_t event) const {
    return target_->open->leader_of(event);
  }
  [[nodiscard]] const std::optional<Fault>& crowded() const { return target_->open->crowded; }

  // Times of the groups that `event` has led; nothing where it leads none now.
  [[nodiscard]] std::optional<GroupTimes> times_led_by(std::size_t event) const {
    const GroupCell* group = group_led_by(event);
    return group != nullptr && group->is_current ? std::optional(group->times) : std::nullopt;
  }
  // The same, whether it leads one now or not: for sums. Of an event that leads one on no CPU,
  // none.
  [[nodiscard]] GroupTimes times_ever_led_by(std::size_t event) const {
    const GroupCell* group = group_led_by(event);
    return group != nullptr ? group->times : GroupTimes{};
  }
  // ns that the reading spent on the group that `event` leads; 0 where it leads none.
  [[nodiscard]] RawCount read_time_led_by(std::size_t event) const {
    const GroupCell* group = group_led_by(event);
    return group != nullptr ? group->read_time : 0;
  }

  // By whoever fills the snapshot.
  void set_offline(bool is_offline) { is_offline_ = is_offline; }

 private:
  [[nodiscard]] const GroupCell* group_led_by(std::size_t event) const {
    const std::size_t column = shape_->leader_columns[event];
    return column < shape_->leaders.size() ? &groups_[column] : nullptr;
  }

  const SnapshotShape* shape_;
  const SnapshotTarget* target_;
  const Cell* cells_;
  const GroupCell* groups_;
  bool is_offline_ = false;
};

// All that is counted on CPUs, as of one moment. Immutable once it was handed out: whoever holds it
// reads it without a lock.
class Snapshot {
 public:
  Snapshot() = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  [[nodiscard]] const EventSet& events() const { return shape_->events; }
  [[nodiscard]] const SnapshotShape& shape() const { return *shape_; }
  [[nodiscard]] const std::shared_ptr<const SnapshotShape>& shared_shape() const { return shape_; }
  [[nodiscard]] std::uint64_t generation() const { return shape_->generation; }
  // In the order of the CPUs' numbers.
  [[nodiscard]] const std::vector<SnapshotRow>& rows() const { return rows_; }
  // Null where the CPU is not among them.
  [[nodiscard]] const SnapshotRow* find(CpuId cpu) const;
  [[nodiscard]] const Retired& retired() const { return shape_->retired; }

  // What it shows beside the rows.
  struct Filling {
    std::uint64_t number = 0;         // another for each snapshot of a set of counters
    std::uint64_t read_failures = 0;  // group reads that failed, ever
    std::uint64_t reopenings = 0;     // CPUs whose groups were opened anew, ever
    // When the reading ended that it shows: CLOCK_MONOTONIC in ns; 0 where what is open has changed
    // since, or a call hangs.
    RawCount read_at = 0;
  };
  [[nodiscard]] std::uint64_t number() const { return filling_.number; }
  [[nodiscard]] std::uint64_t read_failures() const { return filling_.read_failures; }
  [[nodiscard]] std::uint64_t reopenings() const { return filling_.reopenings; }
  [[nodiscard]] RawCount read_at() const { return filling_.read_at; }

  // For whoever fills it, all of it, before handing it out. Storage is used again: where the shape
  // is that of the last time nothing is allocated.
  void begin(std::shared_ptr<const SnapshotShape> shape, const Filling& filling);
  // By event, and by leader of the shape.
  [[nodiscard]] Cell* cells_of(std::size_t row) { return cells_.data() + row * events().size(); }
  [[nodiscard]] GroupCell* groups_of(std::size_t row) {
    return groups_.data() + row * shape_->leaders.size();
  }
  [[nodiscard]] SnapshotRow& row(std::size_t row) { return rows_[row]; }

 private:
  std::shared_ptr<const SnapshotShape> shape_;
  std::vector<Cell> cells_;        // by row and event
  std::vector<GroupCell> groups_;  // by row and leader
  std::vector<SnapshotRow> rows_;
  Filling filling_;
};

}  // namespace perf_exporter
