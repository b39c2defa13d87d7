#pragma once

#include <string>
#include <string_view>

#include "base/cpu_list.h"
#include "base/host_paths.h"
#include "base/unique_fd.h"

namespace perf_exporter {

// Which CPUs are online now, cheap enough to ask at every scrape: the file
// devices/system/cpu/online is kept open and parsed only when its text has changed. Move-only.
class OnlineCpus {
 public:
  // A fault where the file can't be opened, read whole or understood.
  static Result<OnlineCpus> open(const HostPaths& paths);

  // Reads the file again; the list as it is now. Where that fails the last known list stands.
  const CpuList& refresh();

 private:
  explicit OnlineCpus(UniqueFd file);
  Result<std::string_view> read_again();

  UniqueFd file_;
  std::string buffer_;  // longer than any text so far, so that one call reads it
  std::string text_;
  CpuList cpus_;
};

// Which CPUs the user wants counted: --cpus.
struct CpuChoice {
  enum class Kind { online, housekeeping, list };
  Kind kind = Kind::online;
  CpuList list;  // of Kind::list
};

// Reads a --cpus value: "online", "housekeeping" or a CPU list.
Result<CpuChoice> parse_cpu_choice(std::string_view text);

// The CPUs to count on, of those online. Housekeeping CPUs are those that are neither isolated nor
// nohz_full (devices/system/cpu/isolated, nohz_full).
CpuList choose_cpus(const CpuChoice& choice, const CpuList& online, const HostPaths& paths);

}  // namespace perf_exporter
