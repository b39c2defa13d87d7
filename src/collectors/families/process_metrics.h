#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "base/unique_fd.h"
#include "host/host_paths.h"

namespace perf_exporter {

// The exporter's own process, as Prometheus' client libraries show it (process_*). A member without
// a value could not be read and is absent.
struct ProcessUsage {
  std::uint64_t dropped_messages = 0;  // of the log; for the caller to fill in
  double cpu_seconds = 0;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;
  std::optional<double> start_time_seconds;  // since the epoch, to the hundredth
};

// The moment at which the machine booted by the wall clock as it is set now, in ns since the epoch:
// CLOCK_REALTIME less CLOCK_BOOTTIME, without a system call. It moves only when the clock is set.
// Nothing where the two could not be read within a few ms of each other.
std::optional<std::int64_t> boot_time_ns();

// Reads the usage with four cheap system calls: what does not change is read once, statm stays
// open, and the open descriptors are counted by the size of the fd directory where the kernel gives
// it (Linux 6.2 on), else by listing it. Thread-safe.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(const HostPaths& paths);

  // The start goes by the clock as it is set now: a machine without a clock of its own starts in
  // 1970. It keeps its value, to the last digit, until the clock is set by more than a tenth of a
  // second, since a change means a restart to those who read it.
  [[nodiscard]] ProcessUsage read(std::optional<std::int64_t> boot_time);

 private:
  std::optional<std::int64_t> follow_clock(std::optional<std::int64_t> boot_time);
  void read_memory(ProcessUsage& usage) const;
  [[nodiscard]] std::optional<std::uint64_t> count_descriptors() const;

  std::filesystem::path fd_directory_path_;
  UniqueFd statm_;
  UniqueFd fd_directory_;
  std::optional<std::int64_t> started_after_boot_;  // ns
  std::mutex mutex_;
  std::optional<std::int64_t> boot_time_;  // ns since the epoch; guarded by mutex_
  std::uint64_t page_bytes_ = 0;
};

}  // namespace perf_exporter
