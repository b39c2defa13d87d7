#include "collectors/online_cpus.h"

#include <fcntl.h>
#include <unistd.h>

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

// A file that is absent is an empty list.
CpuList listed(const std::filesystem::path& path) {
  return read_cpu_list(path).value_or(CpuList{});
}

}  // namespace

Result<OnlineCpus> OnlineCpus::open(const HostPaths& paths) {
  const auto path = cpu_file(paths, "online");
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    return fault("cannot read " + path.string() + ": " + std::strerror(errno), errno);
  }
  OnlineCpus online(std::move(file));
  const auto text = online.read_again();
  if (!text) {
    return fault("cannot read " + path.string() + ": " + text.error().what, text.error().code);
  }
  auto cpus = parse_sysfs_cpu_list(*text);
  if (!cpus) {
    return fault(path.string() + ": " + cpus.error().what);
  }
  if (cpus->empty()) {
    return fault(path.string() + " lists no CPU");
  }
  online.text_ = *text;
  online.cpus_ = std::move(*cpus);
  return online;
}

OnlineCpus::OnlineCpus(UniqueFd file) : file_(std::move(file)), buffer_(kFirstBytes, '\0') {}

Result<std::string_view> OnlineCpus::read_again() {
  while (true) {
    const ssize_t got = ::pread(file_.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0) {
      return fault(std::strerror(errno), errno);
    }
    const std::string_view text(buffer_.data(), static_cast<std::size_t>(got));
    if (text.size() < buffer_.size()) {
      return text;
    }
    if (buffer_.size() >= kMaxListBytes) {
      return fault("it holds more than 1 MiB", EFBIG);
    }
    buffer_.resize(2 * buffer_.size());
  }
}

const CpuList& OnlineCpus::refresh() {
  const auto text = read_again();
  if (text && *text != text_) {
    if (auto cpus = parse_sysfs_cpu_list(*text); cpus && !cpus->empty()) {
      text_ = *text;
      cpus_ = std::move(*cpus);
    }
  }
  return cpus_;
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
