#pragma once

#include <spdlog/logger.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "app/logging.h"
#include "base/result.h"

namespace spdlog::details {
class thread_pool;
}

namespace perf_exporter {

// How long the end of the process waits for its last lines.
inline constexpr std::chrono::milliseconds kLogPatience{500};

// The program's log on standard error, which holds up nobody: where it can't be written to,
// messages are dropped and counted. A line is written by whoever logs it, as far as that needs no
// waiting; from start_thread() on by a thread of its own, for which up to 128 messages wait, and
// the oldest give way to newer ones. Going away it waits for that thread, see finish(); nobody may
// log then.
class Log {
 public:
  Log(LogLevel level, LogStyle style);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Not spdlog's default one: whoever made the log hands it down. Safe to use from several threads.
  [[nodiscard]] const std::shared_ptr<spdlog::logger>& logger() const { return logger_; }

  // To be called once, while no other thread logs. The thread gets the capabilities and the blocked
  // signals of the calling one. A fault where none can be made: then all stays as it was.
  Result<void> start_thread();

  // Messages that were not written, or not wholly. Thread-safe.
  [[nodiscard]] std::uint64_t dropped() const;

  // Waits until what was logged so far is written or dropped, as long as told. False where that was
  // not enough: the process should then end without unwinding, since the thread hangs in its write.
  [[nodiscard]] bool finish(std::chrono::milliseconds patience);

 private:
  class Writer;
  class Front;

  LogStyle style_;
  std::atomic<std::uint64_t> unwritten_ = 0;
  std::shared_ptr<Front> front_;
  std::shared_ptr<spdlog::logger> logger_;
  std::shared_ptr<Writer> writer_;  // the thread's
  std::shared_ptr<spdlog::logger> behind_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  int finishes_ = 0;
};

}  // namespace perf_exporter
