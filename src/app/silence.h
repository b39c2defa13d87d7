// What to say of a kernel that does not answer, and who notices it beside a command.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "perf/watched_kernel.h"

namespace perf_exporter {

// So long may a call to the kernel take before it is told of.
inline constexpr std::chrono::seconds kKernelPatience{5};

// The evidence where a call has lasted for longer: "perf_event_open for cycles on CPU 3 has not
// returned for 5 s (thread 1234)". It does not change while the call lasts.
std::optional<std::string> evidence_of_silence(const WatchedKernel& kernel);

// Looks on while a command works on the thread that made it. `on_silence` is called once where a
// call of the kernel lasts too long, on a thread of its own, and does not return: it prints what is
// known and ends the process. What the working thread has written before the call is its to read:
// the call won't return any more. Without room for a thread nobody looks on. To be made behind the
// children: they can't do without the task that it takes.
class SilenceWatch {
 public:
  using OnSilence = std::function<void(const std::string& evidence)>;
  SilenceWatch(WatchedKernel& kernel, OnSilence on_silence);
  SilenceWatch(const SilenceWatch&) = delete;
  SilenceWatch& operator=(const SilenceWatch&) = delete;
  ~SilenceWatch() { stop(); }

  // Nobody looks on any more. May be called again.
  void stop();

 private:
  void watch();

  WatchedKernel& kernel_;
  OnSilence on_silence_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace perf_exporter
