#pragma once

#include <signal.h>

#include <chrono>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"

namespace perf_exporter {

// Whether a signal of this number is ignored now.
bool is_ignored(int signal);

// What a SIGHUP does: what it does by default; or it ends a wait, as by_hangup, or as by_signal
// where the terminal has gone that this process had when it was asked to wait.
enum class HangUp { left_alone, told };

// SIGTERM and SIGINT as something to wait for, beside a wake-up from another thread. A SIGINT or
// SIGHUP that is ignored stays so. Made before any other thread starts, since threads inherit the
// blocked signals. Move-only.
class StopSignals {
 public:
  static Result<StopSignals> create(HangUp hangup);

  enum class Woken { by_signal, by_hangup, by_thread, by_timeout };
  // Waits for a signal, for wake(), or until the time is over; without a time it waits for ever.
  Woken wait(std::optional<std::chrono::milliseconds> timeout);

  // Ends a wait from any thread; stays in force until a wait has returned.
  void wake() const;

  // Nobody waits any more: from here on the signals have their own actions, also where one has come
  // already. To be called before what may block, as writing to a pipe that nobody reads, on the
  // thread that called create().
  void release();

 private:
  sigset_t set_{};
  bool had_terminal_ = false;
  UniqueFd signals_;
  UniqueFd wake_up_;
};

}  // namespace perf_exporter
