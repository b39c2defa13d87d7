#include "host/host_paths.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/unique_fd.h"

namespace perf_exporter {
namespace {

// Twice what /proc/cpuinfo takes on 8,192 CPUs (NR_CPUS is at most that); a bound, so that
// /dev/zero is answered instead of filling memory.
constexpr std::size_t kMaxFileMebibytes = 32;
constexpr std::size_t kMaxFileBytes = kMaxFileMebibytes << 20;

tl::unexpected<Fault> path_fault(const std::filesystem::path& path, int error) {
  return fault("cannot read " + path.string() + ": " + std::strerror(error), error);
}

Result<std::string> read_whole(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    return path_fault(path, errno);
  }
  std::string text;
  char block[4096];
  while (const ssize_t got = ::read(fd.get(), block, sizeof block)) {
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return path_fault(path, errno);
    }
    text.append(block, static_cast<std::size_t>(got));
    if (text.size() > kMaxFileBytes) {
      return fault("cannot read " + path.string() + ": it holds more than " +
                       std::to_string(kMaxFileMebibytes) + " MiB",
                   EFBIG);
    }
  }
  return text;
}

}  // namespace

Result<std::string> read_text(const std::filesystem::path& path) {
  auto text = read_whole(path);
  if (text) {
    text->erase(text->find_last_not_of('\n') + 1);
  }
  return text;
}

Result<std::int64_t> read_integer(const std::filesystem::path& path) {
  auto text = read_text(path);
  if (!text) {
    return tl::unexpected(text.error());
  }
  std::int64_t number = 0;
  const auto* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc{} || stop != end) {
    return fault(path.string() + " holds '" + *text + "', not an integer");
  }
  return number;
}

Result<CpuList> read_cpu_list(const std::filesystem::path& path) {
  const auto text = read_whole(path);
  if (!text) {
    return tl::unexpected(text.error());
  }
  auto cpus = parse_sysfs_cpu_list(*text);
  if (!cpus) {
    return fault(path.string() + ": " + cpus.error().what);
  }
  return cpus;
}

Result<std::vector<std::string>> list_directory(const std::filesystem::path& path) {
  const auto close_directory = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close_directory)> directory(::opendir(path.c_str()),
                                                                  close_directory);
  if (!directory) {
    return path_fault(path, errno);
  }
  std::vector<std::string> names;
  errno = 0;  // the end of the directory leaves it alone, a failure sets it
  while (const dirent* entry = ::readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe)
    const std::string name = entry->d_name;
    if (name != "." && name != "..") {
      names.push_back(name);
    }
    errno = 0;
  }
  if (errno != 0) {
    return path_fault(path, errno);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace perf_exporter
