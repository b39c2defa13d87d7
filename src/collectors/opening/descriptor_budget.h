#pragma once

#include <cstddef>

namespace perf_exporter {

// How many descriptors of events may still be opened, counted from step to step.
class DescriptorBudget {
 public:
  // Of `allowance` in all, `open` are open; more than are allowed may be.
  DescriptorBudget(std::size_t allowance, std::size_t open) : allowance_(allowance), open_(open) {}

  // What may be opened beside all that is open.
  [[nodiscard]] std::size_t left() const { return allowance_ > open_ ? allowance_ - open_ : 0; }

  // Whether a target that holds `held` of those that are open may keep them while as many are
  // opened in their place. Else it is to be closed first.
  [[nodiscard]] bool has_room_beside(std::size_t held) const { return open_ + held <= allowance_; }

  // A target held `before`, and holds `after`.
  void note(std::size_t before, std::size_t after) { open_ = open_ - before + after; }

 private:
  std::size_t allowance_;
  std::size_t open_;
};

}  // namespace perf_exporter
