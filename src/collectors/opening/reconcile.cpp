#include "collectors/opening/reconcile.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

namespace perf_exporter {
namespace {

std::vector<Target> sorted(std::vector<Target> targets) {
  std::sort(targets.begin(), targets.end());
  return targets;
}

bool is_among(const std::vector<Target>& sorted_targets, const Target& target) {
  return std::binary_search(sorted_targets.begin(), sorted_targets.end(), target);
}

std::set<Target> targets_of(const std::vector<Reopening>& reopenings) {
  std::set<Target> targets;
  for (const Reopening& reopening : reopenings) {
    targets.insert(reopening.target);
  }
  return targets;
}

class Queue {
 public:
  void add(Step step) {
    if (done_.insert(step.target).second) {
      steps_.push_back(std::move(step));
    }
  }
  // But for those in `others`, which have steps of their own to come.
  void add_all(const std::vector<Reopening>& reopenings, Step::Why why,
               const std::set<Target>& others) {
    for (const Reopening& reopening : reopenings) {
      if (!others.contains(reopening.target)) {
        add({Step::What::reopen, why, reopening.target, reopening.arrangement, reopening.events});
      }
    }
  }
  [[nodiscard]] std::vector<Step> take() { return std::move(steps_); }

 private:
  std::set<Target> done_;  // those that have a step
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Target> wanted_targets(const CpuList& online, const CpuList& chosen) {
  std::vector<Target> wanted;
  for (const CpuId cpu : intersect(chosen, online)) {
    wanted.push_back(Target::of_cpu(cpu));
  }
  return wanted;
}

std::vector<Step> reconcile(const Standing& standing) {
  const std::vector<Target> wanted = sorted(standing.wanted);
  const std::vector<Target> open = sorted(standing.open);
  const std::set<Target> asking = targets_of(standing.asking);
  std::set<Target> surely = targets_of(standing.unlike);
  surely.insert(asking.begin(), asking.end());
  Queue queue;
  for (const Target& target : standing.open) {
    if (!is_among(wanted, target)) {
      queue.add({Step::What::close, Step::Why::unwanted, target});
    }
  }
  for (const Target& target : standing.wanted) {
    if (!is_among(open, target)) {
      queue.add({Step::What::open, Step::Why::missing, target});
    }
  }
  queue.add_all(standing.waiting, Step::Why::waiting, surely);
  queue.add_all(standing.unlike, Step::Why::unlike, asking);
  queue.add_all(standing.asking, Step::Why::asking, {});
  return queue.take();
}

bool may_open_now(const EventRefusal& refusal, Pmus pmus, std::size_t left, std::size_t needed) {
  if (refusal.obstacle == Obstacle::no_room || refusal.fault.code == EMFILE) {
    return needed <= left;
  }
  return pmus == Pmus::changed || refusal.status != EventStatus::unsupported;
}

}  // namespace perf_exporter
