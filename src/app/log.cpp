#include "app/log.h"

#include <pthread.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>

#include "app/patient_write.h"
#include "host/task_limit.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kWaitingMessages = 128;
constexpr std::chrono::milliseconds kNoPatience{0};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

// spdlog's own way to say that a message failed is standard error, which may block.
void count_failures(spdlog::logger& logger, std::atomic<std::uint64_t>& unwritten) {
  logger.set_error_handler([&unwritten](const std::string& /*what*/) { ++unwritten; });
}

}  // namespace

// Writes lines, each within the patience, and counts those that it can't.
class Log::Writer : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Writer(LogStyle style, std::optional<std::chrono::milliseconds> patience,
         std::atomic<std::uint64_t>& unwritten)
      : base_sink(make_log_formatter(style)), patience_(patience), unwritten_(unwritten) {}

  // Whether it was flushed so often, waiting for it as long as told.
  bool wait_for_flushes(int count, std::chrono::milliseconds patience) {
    std::unique_lock lock(flush_mutex_);
    return flushed_.wait_for(lock, patience, [&] { return flushes_ >= count; });
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (!write_within(STDERR_FILENO, {line.data(), line.size()}, patience_)) {
      ++unwritten_;
    }
  }
  void flush_() override {
    const std::lock_guard lock(flush_mutex_);
    ++flushes_;
    flushed_.notify_all();
  }

  std::optional<std::chrono::milliseconds> patience_;
  std::atomic<std::uint64_t>& unwritten_;
  std::mutex flush_mutex_;
  std::condition_variable flushed_;
  int flushes_ = 0;
};

// What the logger that is handed down writes to: a writer, and later the logger with a thread.
class Log::Front : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Front(std::shared_ptr<Writer> writer) : writer_(std::move(writer)) {}

  void hand_over_to(std::shared_ptr<spdlog::logger> behind) {
    const std::lock_guard lock(mutex_);
    behind_ = std::move(behind);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (behind_) {
      behind_->log(message.time, message.source, message.level, message.payload);
    } else {
      writer_->log(message);
    }
  }
  void flush_() override {}

  std::shared_ptr<Writer> writer_;
  std::shared_ptr<spdlog::logger> behind_;
};

Log::Log(LogLevel level, LogStyle style)
    : style_(style),
      front_(std::make_shared<Front>(std::make_shared<Writer>(style, kNoPatience, unwritten_))),
      logger_(std::make_shared<spdlog::logger>("perf-exporter", front_)) {
  logger_->set_level(spdlog_level(level));
  count_failures(*logger_, unwritten_);
}

Result<void> Log::start_thread() {
  try {
    pool_ = std::make_shared<spdlog::details::thread_pool>(
        kWaitingMessages, 1, [] { ::pthread_setname_np(::pthread_self(), "log"); });
  } catch (const std::system_error& error) {
    const int code = error.code().value();
    return fault("no thread for the log: " + why_no_task(code, {}), code);
  }
  writer_ = std::make_shared<Writer>(style_, std::nullopt, unwritten_);
  behind_ = std::make_shared<spdlog::async_logger>("perf-exporter", writer_, pool_,
                                                   spdlog::async_overflow_policy::overrun_oldest);
  behind_->set_level(spdlog::level::trace);
  count_failures(*behind_, unwritten_);
  front_->hand_over_to(behind_);
  return {};
}

std::uint64_t Log::dropped() const {
  return unwritten_ + (pool_ ? pool_->overrun_counter() : 0);
}

bool Log::finish(std::chrono::milliseconds patience) {
  if (!behind_) {
    return true;
  }
  behind_->flush();
  return writer_->wait_for_flushes(++finishes_, patience);
}

}  // namespace perf_exporter
