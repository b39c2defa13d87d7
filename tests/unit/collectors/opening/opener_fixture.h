// The opening thread on a scripted machine, for tests that wait for what it reports.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "collectors/opening/opener.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {

// For what takes milliseconds on a machine that is not overloaded.
constexpr auto kPatience = std::chrono::seconds(20);

// The opening thread on a scripted machine; its hooks are recorded.
class OpenerTest : public testing::Test {
 protected:
  explicit OpenerTest(EventSet events = testing_machine::default_events())
      : machine_(std::move(events), "0-1") {}

  void start(Opener::Config config = {}) {
    config.events = machine_.events;
    config.paths = machine_.host.paths();
    opener_.emplace(machine_.kernel, machine_.counters,
                    OnlineCpus::open(machine_.host.paths()).value(), std::move(config),
                    Opener::Hooks{[this](CpuId) {
                                    ++preparations_;
                                    const std::lock_guard lock(mutex_);
                                    return permit_;
                                  },
                                  [this](const OpenReport& report) {
                                    const std::lock_guard lock(mutex_);
                                    report_ = report;
                                    ++passes_;
                                    passed_.notify_all();
                                  }});
    ASSERT_TRUE(opener_->start());
  }
  // Waits until `passes` passes have changed something.
  [[nodiscard]] bool wait_for_passes(int passes) {
    return wait_for_passes_within(passes, kPatience);
  }
  [[nodiscard]] bool wait_for_passes_within(int passes, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return passed_.wait_for(lock, patience, [&] { return passes_ >= passes; });
  }
  [[nodiscard]] int passes() {
    const std::lock_guard lock(mutex_);
    return passes_;
  }
  [[nodiscard]] OpenReport report() {
    const std::lock_guard lock(mutex_);
    return report_;
  }
  [[nodiscard]] bool running(std::size_t allowance = testing_machine::kPlenty) {
    opener_->begin(allowance);
    return wait_for_passes(1);
  }

  // Given by each preparation, under the lock.
  void set_permit(Result<void> permit) {
    const std::lock_guard lock(mutex_);
    permit_ = std::move(permit);
  }

  testing_machine::Machine machine_;
  Result<void> permit_;
  std::atomic<int> preparations_ = 0;
  std::mutex mutex_;
  std::condition_variable passed_;
  int passes_ = 0;
  OpenReport report_;
  std::optional<Opener> opener_;
};

}  // namespace perf_exporter
