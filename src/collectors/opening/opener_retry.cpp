// The part of Opener that tries again what was refused.
#include <algorithm>
#include <cerrno>
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

// A limit that is reached may have room again; what a PMU lacks can come with another PMU alone.
bool Opener::may_retry(const EventRefusal& refusal, Pmus pmus) const {
  if (refusal.obstacle == Obstacle::no_room || refusal.fault.code == EMFILE) {
    return counters_.descriptors() + config_.events.size() <= allowance_;
  }
  return pmus == Pmus::changed || refusal.status != EventStatus::unsupported;
}

bool Opener::take_request() {
  const std::lock_guard lock(mutex_);
  return std::exchange(asked_to_look_, false);
}

// What is wanted, not open, and to be tried again now: facts and PMUs were looked at anew. Nothing
// where it is too early for that, or all is open.
std::optional<Opener::Waiting> Opener::look_for_waiting() {
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
  Waiting waiting;
  for (const auto& [cpu, refusals] : counters_.refusals()) {
    for (const auto& [event, refusal] : refusals) {
      if (may_retry(refusal, change)) {
        waiting[cpu].push_back(event);
      }
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

// An event that counts is left alone: its CPU is opened anew only where something opens that did
// not.
void Opener::retry(const Waiting& waiting) {
  for (const auto& [cpu, events] : waiting) {
    const bool opens =
        permit_ && std::any_of(events.begin(), events.end(), [&, on = cpu](std::size_t event) {
          return groups_.opens_now(event, Target::of_cpu(on));
        });
    if (opens && !stopping()) {
      open_cpu(cpu, Arrangement::merged);
    }
  }
}

}  // namespace perf_exporter
