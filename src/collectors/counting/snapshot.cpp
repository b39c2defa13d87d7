#include "collectors/counting/snapshot.h"

#include <algorithm>
#include <utility>

namespace perf_exporter {

SnapshotShape::SnapshotShape(std::uint64_t of_generation, EventSet of_events,
                             std::vector<SnapshotTarget> of_targets, Retired of_retired)
    : generation(of_generation),
      events(std::move(of_events)),
      targets(std::move(of_targets)),
      retired(std::move(of_retired)),
      leader_columns(events.size()) {
  std::vector<bool> leads(events.size());
  for (const SnapshotTarget& target : targets) {
    for (const std::size_t leader : target.open->leaders) {
      if (leader != OpenState::kNotOpen) {
        leads[leader] = true;
      }
    }
  }
  for (std::size_t event = 0; event < events.size(); ++event) {
    leader_columns[event] = leaders.size();
    if (leads[event]) {
      leaders.push_back(event);
    }
  }
  for (std::size_t event = 0; event < events.size(); ++event) {
    if (!leads[event]) {
      leader_columns[event] = leaders.size();
    }
  }
}

const SnapshotRow* Snapshot::find(CpuId cpu) const {
  const auto found = std::lower_bound(
      rows_.begin(), rows_.end(), cpu,
      [](const SnapshotRow& row, CpuId wanted) { return to_int(row.cpu()) < to_int(wanted); });
  return found != rows_.end() && found->cpu() == cpu ? &*found : nullptr;
}

void Snapshot::begin(std::shared_ptr<const SnapshotShape> shape, const Filling& filling) {
  filling_ = filling;
  if (shape_ == shape) {
    return;
  }
  shape_ = std::move(shape);
  const std::size_t rows = shape_->targets.size();
  cells_.resize(rows * events().size());
  groups_.resize(rows * shape_->leaders.size());
  rows_.clear();
  rows_.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    rows_.emplace_back(*shape_, row, cells_of(row), groups_of(row));
  }
}

}  // namespace perf_exporter
