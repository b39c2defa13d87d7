#pragma once

#include <cstdint>
#include <optional>

#include "base/host_paths.h"
#include "base/unique_fd.h"

namespace perf_exporter {

// The exporter's own process, as Prometheus' client libraries show it (process_*). A member without
// a value could not be read and is absent.
struct ProcessUsage {
  double cpu_seconds = 0;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;
  std::optional<double> start_time_seconds;  // since the epoch
};

// Reads the usage with four cheap system calls: what does not change is read once, statm stays
// open, and the open descriptors are counted by the size of the fd directory where the kernel gives
// it (Linux 6.2 on), else by listing it. Move-only.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(const HostPaths& paths);

  [[nodiscard]] ProcessUsage read() const;

 private:
  void read_memory(ProcessUsage& usage) const;
  [[nodiscard]] std::optional<std::uint64_t> count_descriptors() const;

  std::filesystem::path fd_directory_path_;
  UniqueFd statm_;
  UniqueFd fd_directory_;
  std::optional<double> start_time_seconds_;
  std::uint64_t page_bytes_ = 0;
};

}  // namespace perf_exporter
