#include "kernel/user_only_kernel.h"

#include <utility>

namespace perf_exporter {

Result<UniqueFd> UserOnlyKernel::open(const OpenCall& call) {
  perf_event_attr attr = *call.attr;
  attr.exclude_kernel = 1;
  attr.exclude_hv = 1;
  OpenCall user_only = call;
  user_only.attr = &attr;
  return inner_.open(user_only);
}

Result<std::size_t> UserOnlyKernel::read(int fd, std::span<std::byte> bytes) {
  auto got = inner_.read(fd, bytes);
  if (got) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*got));
    lengths_.push_back(*got);
  }
  return got;
}

Result<void> UserOnlyKernel::control(int fd, GroupControl what) {
  return inner_.control(fd, what);
}

std::vector<GroupReading> UserOnlyKernel::take_readings() {
  std::vector<GroupReading> readings;
  std::span<const std::byte> rest(bytes_);
  for (const std::size_t length : lengths_) {
    const std::size_t members = (length / sizeof(RawCount) - 3) / 2;
    GroupReading reading;
    if (parse_group_reading(rest.first(length), members, reading)) {
      readings.push_back(std::move(reading));
    }
    rest = rest.subspan(length);
  }
  bytes_.clear();
  lengths_.clear();
  return readings;
}

}  // namespace perf_exporter
