#pragma once

#include <chrono>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"

namespace perf_exporter {

// SIGTERM and SIGINT as something to wait for, beside a wake-up from another thread. Made before
// any other thread starts, since threads inherit the blocked signals. Move-only.
class StopSignals {
 public:
  static Result<StopSignals> create();

  enum class Woken { by_signal, by_thread, by_timeout };
  // Waits for a signal, for wake(), or until the time is over; without a time it waits for ever.
  Woken wait(std::optional<std::chrono::milliseconds> timeout);

  // Ends a wait from any thread; stays in force until a wait has returned.
  void wake() const;

 private:
  UniqueFd signals_;
  UniqueFd wake_up_;
};

}  // namespace perf_exporter
