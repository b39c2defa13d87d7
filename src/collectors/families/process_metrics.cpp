#include "collectors/families/process_metrics.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <sstream>
#include <string>
#include <system_error>

namespace perf_exporter {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

double seconds(const timespec& time) {
  constexpr double kNano = 1e-9;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * kNano;
}

std::int64_t nanoseconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * kSecond + time.tv_nsec;
}

// Field 22 of /proc/self/stat, in clock ticks since the boot (proc(5)). The command name in field 2
// may hold blanks: fields are counted behind its closing parenthesis.
std::optional<std::int64_t> read_start(const HostPaths& paths) {
  constexpr int kFieldsToStartTime = 20;
  constexpr std::int64_t kMostSeconds = std::int64_t{1} << 32;  // a century
  const auto own = read_text(paths.procfs / "self/stat");
  const auto ticks_a_second = ::sysconf(_SC_CLK_TCK);
  const auto name_end = own ? own->rfind(')') : std::string::npos;
  if (name_end == std::string::npos || ticks_a_second <= 0) {
    return std::nullopt;
  }
  std::istringstream fields(own->substr(name_end + 1));
  std::string field;
  for (int i = 0; i < kFieldsToStartTime; ++i) {
    fields >> field;
  }
  std::int64_t ticks = 0;
  const auto [stop, error] = std::from_chars(field.data(), field.data() + field.size(), ticks);
  if (error != std::errc() || stop != field.data() + field.size() || ticks < 0 ||
      ticks / ticks_a_second > kMostSeconds) {
    return std::nullopt;
  }
  return ticks / ticks_a_second * kSecond + ticks % ticks_a_second * kSecond / ticks_a_second;
}

UniqueFd open_for_reading(const std::filesystem::path& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

std::optional<std::int64_t> boot_time_ns() {
  constexpr int kTries = 3;
  constexpr std::int64_t kMostBetween = kSecond / 100;
  for (int i = 0; i < kTries; ++i) {
    const std::int64_t before = nanoseconds(CLOCK_BOOTTIME);
    const std::int64_t now = nanoseconds(CLOCK_REALTIME);
    if (nanoseconds(CLOCK_BOOTTIME) - before < kMostBetween) {
      return now - before;
    }
  }
  return std::nullopt;
}

ProcessMetrics::ProcessMetrics(const HostPaths& paths)
    : fd_directory_path_(paths.procfs / "self/fd"),
      statm_(open_for_reading(paths.procfs / "self/statm")),
      fd_directory_(open_for_reading(fd_directory_path_)),
      started_after_boot_(read_start(paths)),
      page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {}

ProcessUsage ProcessMetrics::read(std::optional<std::int64_t> boot_time) {
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
  const auto followed = follow_clock(boot_time);
  if (followed && started_after_boot_) {
    constexpr std::int64_t kHundredth = kSecond / 100;
    const std::int64_t hundredths = (*followed + *started_after_boot_) / kHundredth;
    usage.start_time_seconds = static_cast<double>(hundredths) / 100;
  }
  return usage;
}

std::optional<std::int64_t> ProcessMetrics::follow_clock(std::optional<std::int64_t> boot_time) {
  constexpr std::int64_t kSet = kSecond / 10;
  const std::lock_guard lock(mutex_);
  if (boot_time && (!boot_time_ || std::abs(*boot_time - *boot_time_) > kSet)) {
    boot_time_ = boot_time;
  }
  return boot_time_;
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
