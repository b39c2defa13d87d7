#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/cpu_list.h"

namespace perf_exporter {

// Where the host's file systems are mounted: the --path.* flags. A seam: tests point it at recorded
// trees, the chart at read-only host mounts. The process's own files (/proc/self) are its own
// business and are read from procfs/self too, so that a fixture can stand for them.
struct HostPaths {
  std::filesystem::path procfs = "/proc";
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path cgroupfs = "/sys/fs/cgroup";
};

// The whole of a file, without trailing newlines. A fault carries errno and names the path; a file
// of more than 32 MiB is one too (EFBIG), never a text that is cut.
Result<std::string> read_text(const std::filesystem::path& path);

// A file that holds one decimal integer, such as a sysctl.
Result<std::int64_t> read_integer(const std::filesystem::path& path);

// A file that holds a list of CPUs, such as sysfs' devices/system/cpu/isolated.
Result<CpuList> read_cpu_list(const std::filesystem::path& path);

// All names in a directory, sorted, without "." and "..".
Result<std::vector<std::string>> list_directory(const std::filesystem::path& path);

}  // namespace perf_exporter
