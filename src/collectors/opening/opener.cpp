#include "collectors/opening/opener.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "host/thread.h"

namespace perf_exporter {
namespace {

// Of a truth check that has precedence, in ns: one that takes longer hangs; and the time in which
// the kernel gives back what it took, many times over.
constexpr RawCount kLongestCheck = 5'000'000'000;
constexpr RawCount kRotation = 100'000'000;
constexpr auto kStopPatience = std::chrono::milliseconds(700);

std::uint64_t in_ns(std::chrono::nanoseconds interval) {
  return static_cast<std::uint64_t>(interval.count());
}

}  // namespace

Opener::Opener(PerfKernel& kernel, CounterSet& counters, OnlineCpus online, Config config,
               Hooks hooks)
    : counters_(counters),
      online_(std::move(online)),
      device_events_(config.paths),
      config_(std::move(config)),
      hooks_(std::move(hooks)),
      pmus_(find_core_pmus(config_.paths)),
      groups_(kernel, config_.events, pmus_, config_.guests),
      truth_(kernel, config_.events, config_.paths, config_.affinity),
      patience_(opening_rules::kLook) {
  truth_.set_precedence(
      {[this](CpuId cpu) { counters_.excuse_sharing(cpu, monotonic_ns() + kLongestCheck); },
       [this](CpuId cpu) { counters_.excuse_sharing(cpu, monotonic_ns() + kRotation); }});
}

Opener::~Opener() {
  if (thread_.joinable() && !stop()) {
    thread_.detach();
  }
}

Result<void> Opener::start() {
  counters_.set_on_change([this] {
    const std::lock_guard lock(mutex_);
    has_work_ = true;
    wake_.notify_all();
  });
  auto thread = start_thread(
      "opener", [this] { run(); }, config_.paths);
  if (!thread) {
    return tl::unexpected<Fault>(thread.error());
  }
  thread_ = std::move(*thread);
  return {};
}

void Opener::begin(std::size_t allowance) {
  const std::lock_guard lock(mutex_);
  allowance_ = allowance;
  begun_ = true;
  wake_.notify_all();
}

void Opener::look_again() {
  const std::lock_guard lock(mutex_);
  asked_to_look_ = true;
  has_work_ = true;
  wake_.notify_all();
}

bool Opener::stop() {
  counters_.set_on_change({});
  std::unique_lock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  if (!thread_.joinable()) {
    return true;
  }
  if (!wake_.wait_for(lock, kStopPatience, [this] { return ended_; })) {
    return false;
  }
  lock.unlock();
  thread_.join();
  return true;
}

bool Opener::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Opener::run() {
  {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return begun_ || stopping_; });
  }
  if (!stopping()) {
    open_first();
  }
  while (!stopping()) {
    wait_for_work();
    if (!stopping()) {
      synchronise();
    }
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  wake_.notify_all();
}

void Opener::open_once(std::size_t allowance) {
  allowance_ = allowance;
  open_first();
}

void Opener::open_first() {
  prepare();
  tried_at_ = monotonic_ns();
  synchronise();
}

// What this thread was let do once it may always do: a filter that is there stays as it is, and one
// that came later would be the process' own.
void Opener::prepare() {
  auto permit = hooks_.prepare(online_.refresh().front());
  if (!permit_) {
    permit_ = std::move(permit);
  }
}

void Opener::wait_for_work() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, patience_, [this] { return has_work_ || stopping_; });
  has_work_ = false;
  patience_ = opening_rules::kLook;
}

void Opener::synchronise() {
  const CpuList& online = online_.refresh();
  const CpuList cpus = choose_cpus(config_.cpus, online, config_.paths);
  const std::vector<Target> wanted = wanted_targets(online, cpus);
  const bool closed = close(reconcile({.wanted = wanted, .open = open_targets()}));
  look_for_pmus(reconcile({.wanted = wanted, .open = open_targets()}));
  const auto waiting = look_for_waiting();
  // Before the events are opened: what is not to be believed is never published.
  const bool judged = check_truth(cpus);
  bool opened = follow(reconcile({.wanted = wanted,
                                  .open = open_targets(),
                                  .waiting = waiting.value_or(std::vector<Reopening>())}));
  look_at_merged_groups();
  look_at_clocks();
  CpuList came_back = counters_.came_back();
  opened = follow(reconcile({.asking = asking_targets()})) || opened;
  const bool noted = note_conditions();
  if (!passed_ || closed || waiting || judged || opened || noted) {
    report(cpus, std::move(came_back));
  }
}

// A hybrid PMU of x86 lists only those of its CPUs that are online.
void Opener::look_for_pmus(const std::vector<Step>& queue) {
  if (std::any_of(queue.begin(), queue.end(),
                  [](const Step& step) { return step.what == Step::What::open; })) {
    set_pmus(find_core_pmus(config_.paths));
  }
}

bool Opener::check_truth(const CpuList& wanted) {
  if (!permit_) {
    return false;
  }
  const std::uint64_t now = monotonic_ns();
  const bool is_due =
      truth_checked_at_ == 0 || now - truth_checked_at_ >= in_ns(config_.truth_interval);
  if (is_due && passed_) {
    set_pmus(find_core_pmus(config_.paths));
  }
  if (!is_due && truth_.knows_all(pmus_, wanted)) {
    return false;
  }
  truth_checked_at_ = now;
  const bool changed = truth_.check(pmus_, wanted);
  if (changed) {
    counters_.set_untrusted(truth_.untrusted());
  }
  return changed;
}

// What was learned of a CPU when it was opened may be another now, too.
void Opener::set_pmus(std::vector<CorePmu> pmus) {
  pmus_ = std::move(pmus);
  groups_.set_pmus(pmus_);
  for (const CpuId cpu : counters_.installed()) {
    counters_.set_info(read_cpu_info(config_.paths, cpu, core_pmu_name(pmus_, cpu)));
  }
}

}  // namespace perf_exporter
