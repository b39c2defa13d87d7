// A host that a test builds in a temporary directory and may change while the code under test runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "host/host_paths.h"

namespace perf_exporter {

// Removes its directory when it goes away.
class TempHost {
 public:
  // `online` in the kernel's list format: sysfs' devices/system/cpu/online.
  explicit TempHost(std::string_view online = "0-1");
  TempHost(const TempHost&) = delete;
  TempHost& operator=(const TempHost&) = delete;
  ~TempHost();

  [[nodiscard]] HostPaths paths() const {
    return {root_ / "proc", root_ / "sys", root_ / "sys/fs/cgroup"};
  }

  // Writes a file below /sys or /proc, its folders too. The file keeps its inode, as sysfs' files
  // do, so that a descriptor that is open on it sees the new text.
  void write_sys(const std::filesystem::path& path, std::string_view text);
  void write_proc(const std::filesystem::path& path, std::string_view text);

  void set_online(std::string_view list);
  // A PMU of sysfs; `cpus` empty: without a `cpus` file.
  void add_pmu(const std::string& name, std::uint32_t type, std::string_view cpus = "");
  void add_topology(int cpu, int core, int package, int die, int numa_node);

 private:
  void write(const std::filesystem::path& path, std::string_view text);

  std::filesystem::path root_;
};

}  // namespace perf_exporter
