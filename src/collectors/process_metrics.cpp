#include "collectors/process_metrics.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <sstream>
#include <string>
#include <system_error>

namespace perf_exporter {
namespace {

double seconds(const timespec& time) {
  constexpr double kNano = 1e-9;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * kNano;
}

// btime of /proc/stat plus field 22 of /proc/self/stat in clock ticks (proc(5)). The command name
// in field 2 may hold blanks: fields are counted behind its closing parenthesis.
std::optional<double> read_start_time(const HostPaths& paths) {
  constexpr int kFieldsToStartTime = 20;
  const auto own = read_text(paths.procfs / "self/stat");
  const auto machine = read_text(paths.procfs / "stat");
  const auto ticks_a_second = ::sysconf(_SC_CLK_TCK);
  if (!own || !machine || ticks_a_second <= 0) {
    return std::nullopt;
  }
  const auto boot = machine->find("\nbtime ");
  const auto name_end = own->rfind(')');
  if (boot == std::string::npos || name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream fields(own->substr(name_end + 1));
  std::string field;
  for (int i = 0; i < kFieldsToStartTime; ++i) {
    fields >> field;
  }
  std::istringstream boot_field(machine->substr(boot + std::string("\nbtime ").size()));
  double boot_seconds = 0;
  double ticks = 0;
  std::istringstream tick_field(field);
  if (!(boot_field >> boot_seconds) || !(tick_field >> ticks)) {
    return std::nullopt;
  }
  return boot_seconds + ticks / static_cast<double>(ticks_a_second);
}

UniqueFd open_for_reading(const std::filesystem::path& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

ProcessMetrics::ProcessMetrics(const HostPaths& paths)
    : fd_directory_path_(paths.procfs / "self/fd"),
      statm_(open_for_reading(paths.procfs / "self/statm")),
      fd_directory_(open_for_reading(fd_directory_path_)),
      start_time_seconds_(read_start_time(paths)),
      page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {}

ProcessUsage ProcessMetrics::read() const {
  ProcessUsage usage;
  // Exact, and half the cost of getrusage, which walks over all threads twice.
  timespec spent{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) == 0) {
    usage.cpu_seconds = seconds(spent);
  }
  read_memory(usage);
  usage.open_fds = count_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    usage.max_fds = limit.rlim_cur;
  }
  usage.start_time_seconds = start_time_seconds_;
  return usage;
}

// "size resident shared text lib data dt", in pages (proc(5)).
void ProcessMetrics::read_memory(ProcessUsage& usage) const {
  std::array<char, 128> text{};
  const ssize_t got = ::pread(statm_.get(), text.data(), text.size(), 0);
  if (got <= 0) {
    return;
  }
  const char* const end = text.data() + got;
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  const auto [behind_total, no_total] = std::from_chars(text.data(), end, total);
  if (no_total != std::errc() || behind_total == end ||
      std::from_chars(behind_total + 1, end, resident).ec != std::errc()) {
    return;
  }
  usage.virtual_bytes = total * page_bytes_;
  usage.resident_bytes = resident * page_bytes_;
}

std::optional<std::uint64_t> ProcessMetrics::count_descriptors() const {
  struct stat directory {};
  if (::fstat(fd_directory_.get(), &directory) == 0 && directory.st_size > 0) {
    return static_cast<std::uint64_t>(directory.st_size);
  }
  const auto names = list_directory(fd_directory_path_);
  if (!names) {
    return std::nullopt;
  }
  return names->size() - 1;  // the one that lists them is closed again
}

}  // namespace perf_exporter
