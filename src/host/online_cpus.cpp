#include "host/online_cpus.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/nearest.h"

namespace perf_exporter {
namespace {

std::filesystem::path cpu_file(const HostPaths& paths, const char* name) {
  return paths.sysfs / "devices/system/cpu" / name;
}

// What a page of sysfs holds at the least, and more than a list of every CPU number takes.
constexpr std::size_t kFirstBytes = 4096;
constexpr std::size_t kMaxListBytes = 1 << 20;

std::shared_ptr<const UniqueFd> open_list(const std::filesystem::path& path) {
  return std::make_shared<UniqueFd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// A file that is absent is an empty list.
CpuList listed(const std::filesystem::path& path) {
  return read_cpu_list(path).value_or(CpuList{});
}

}  // namespace

Result<bool> OnlineCpus::File::read() {
  buffer.resize(std::max(buffer.size(), kFirstBytes));
  while (true) {
    const ssize_t got = ::pread(fd->get(), buffer.data(), buffer.size(), 0);
    if (got < 0) {
      return fault(std::strerror(errno), errno);
    }
    const std::string_view now(buffer.data(), static_cast<std::size_t>(got));
    if (now.size() < buffer.size()) {
      const bool changed = now != text;
      text = now;
      return changed;
    }
    if (buffer.size() >= kMaxListBytes) {
      return fault("it holds more than 1 MiB", EFBIG);
    }
    buffer.resize(2 * buffer.size());
  }
}

OnlineCpus::OnlineCpus(std::filesystem::path folder, File online, File offline)
    : folder_(std::move(folder)), online_(std::move(online)), offline_(std::move(offline)) {
  struct statfs system {};
  is_kernels_own_ = ::fstatfs(online_.fd->get(), &system) == 0 && system.f_type == SYSFS_MAGIC;
}

Result<OnlineCpus> OnlineCpus::open(const HostPaths& paths) {
  const auto path = cpu_file(paths, "online");
  auto online = open_list(path);
  if (!online->valid()) {
    return fault("cannot read " + path.string() + ": " + std::strerror(errno), errno);
  }
  OnlineCpus opened(path.parent_path(), {std::move(online)},
                    {open_list(cpu_file(paths, "offline"))});
  if (const auto read = opened.online_.read(); !read) {
    return fault("cannot read " + path.string() + ": " + read.error().what, read.error().code);
  }
  auto cpus = opened.judge();
  if (!cpus) {
    return fault(path.string() + ": " + cpus.error().what);
  }
  opened.cpus_ = std::move(*cpus);
  return opened;
}

// The two lists are read one after the other: a CPU that comes online in between is in neither.
Result<CpuList> OnlineCpus::judge() {
  constexpr int kTries = 3;
  auto told = parse_sysfs_cpu_list(online_.text);
  for (int i = 0; i < kTries && told; ++i) {
    mask_ = find_mask(*told);
    if (!mask_.is_there() || !online_.read().value_or(false)) {
      break;
    }
    told = parse_sysfs_cpu_list(online_.text);
  }
  if (told && told->empty()) {
    return fault("lists no CPU");
  }
  return told && mask_.is_there() ? subtract(mask_.known, mask_.offline) : told;
}

OnlineMask OnlineCpus::find_mask(const CpuList& told) {
  const auto offline =
      offline_.fd->valid() && offline_.read() ? parse_sysfs_cpu_list(offline_.text) : fault("");
  const CpuList known = merge(read_cpu_list(folder_ / "present").value_or(CpuList{}),
                              read_cpu_list(folder_ / "possible").value_or(CpuList{}));
  if (!offline || subtract(known, *offline).empty()) {
    return {};
  }
  OnlineMask mask{told, known, *offline};
  return told == subtract(known, *offline) ? OnlineMask{} : mask;
}

const CpuList& OnlineCpus::refresh() {
  const bool changed = online_.read().value_or(false);
  const bool is_in_doubt = !is_kernels_own_ && offline_.fd->valid();
  if (changed || (is_in_doubt && offline_.read().value_or(false))) {
    if (auto cpus = judge()) {
      cpus_ = std::move(*cpus);
    }
  }
  return cpus_;
}

DeviceEvents::DeviceEvents(const HostPaths& paths)
    : path_(paths.sysfs / "kernel/uevent_seqnum"), number_(read_text(path_).value_or("")) {}

bool DeviceEvents::any() {
  const auto number = read_text(path_);
  return !number || std::exchange(number_, *number) != *number;
}

Result<CpuChoice> parse_cpu_choice(std::string_view text) {
  if (text == "online") {
    return CpuChoice{CpuChoice::Kind::online, {}};
  }
  if (text == "housekeeping") {
    return CpuChoice{CpuChoice::Kind::housekeeping, {}};
  }
  auto list = parse_cpu_list(text);
  if (!list) {
    return fault(list.error().what + did_you_mean(text, {"online", "housekeeping"}));
  }
  if (list->empty()) {
    return fault("the CPU list is empty; a list reads like 0-3,8 or 0-63:2");
  }
  return CpuChoice{CpuChoice::Kind::list, std::move(*list)};
}

CpuList choose_cpus(const CpuChoice& choice, const CpuList& online, const HostPaths& paths) {
  switch (choice.kind) {
    case CpuChoice::Kind::online:
      return online;
    case CpuChoice::Kind::list:
      return intersect(online, choice.list);
    case CpuChoice::Kind::housekeeping:
      break;
  }
  const CpuList rest = subtract(online, listed(cpu_file(paths, "isolated")));
  return subtract(rest, listed(cpu_file(paths, "nohz_full")));
}

}  // namespace perf_exporter
