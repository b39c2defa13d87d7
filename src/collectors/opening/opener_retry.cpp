// The part of Opener that tries again what was refused.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "collectors/opening/opener.h"

namespace perf_exporter {
namespace {

bool are_same(const std::vector<CorePmu>& left, const std::vector<CorePmu>& right) {
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(),
      [](const CorePmu& a, const CorePmu& b) { return a.name == b.name && a.type == b.type; });
}

}  // namespace

bool Opener::take_request() {
  const std::lock_guard lock(mutex_);
  return std::exchange(asked_to_look_, false);
}

// What is wanted, not open, and to be tried again now: facts and PMUs were looked at anew. Nothing
// where it is too early for that, or all is open.
std::optional<std::vector<Reopening>> Opener::look_for_waiting() {
  const std::uint64_t now = monotonic_ns();
  const bool is_asked_for = take_request();
  if (!passed_ ||
      (!is_asked_for && std::chrono::nanoseconds(now - tried_at_) < config_.retry_interval)) {
    return std::nullopt;
  }
  tried_at_ = now;
  if (is_asked_for) {
    truth_checked_at_ = 0;
  }
  auto pmus = find_core_pmus(config_.paths);
  const Pmus change = are_same(pmus, pmus_) ? Pmus::as_before : Pmus::changed;
  const std::size_t left = DescriptorBudget(allowance_, counters_.descriptors()).left();
  std::vector<Reopening> waiting;
  for (const auto& [cpu, refusals] : counters_.refusals()) {
    Reopening reopening{Target::of_cpu(cpu)};
    for (const auto& [event, refusal] : refusals) {
      if (may_open_now(refusal, change, left, config_.events.size())) {
        reopening.events.push_back(event);
      }
    }
    if (!reopening.events.empty()) {
      waiting.push_back(std::move(reopening));
    }
  }
  if (waiting.empty() && !is_asked_for) {
    return std::nullopt;
  }
  set_pmus(std::move(pmus));
  groups_.forget_refusals();
  prepare();
  return waiting;
}

}  // namespace perf_exporter
