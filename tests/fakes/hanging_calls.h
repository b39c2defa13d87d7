#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace perf_exporter {

// Calls that don't return before they are let go: to be called from a scripted kernel's hooks.
// Lets all go when it goes away.
class HangingCalls {
 public:
  HangingCalls() = default;
  HangingCalls(const HangingCalls&) = delete;
  HangingCalls& operator=(const HangingCalls&) = delete;
  ~HangingCalls() { let_go(); }

  // Hangs the calling thread; from let_go() on it returns at once.
  void hang() {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return let_go_; });
  }
  // Waits until so many calls hang, or did.
  void wait_for(std::size_t calls) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= calls; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t begun() const {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t begun_ = 0;
  bool let_go_ = false;
};

}  // namespace perf_exporter
