#include "perf/event_group.h"

#include <utility>

#include "perf/event_attr.h"

namespace perf_exporter {
namespace {

Result<UniqueFd> open_on_cpu(PerfKernel& kernel, const perf_event_attr& attr, CpuId cpu,
                             int group_fd) {
  OpenCall call;
  call.attr = &attr;
  call.cpu = to_int(cpu);
  call.group_fd = group_fd;
  return kernel.open(call);
}

}  // namespace

tl::expected<EventGroup, GroupFault> EventGroup::open(PerfKernel& kernel,
                                                      const std::vector<EventSpec>& specs,
                                                      CpuId cpu, Guests guests) {
  EventGroup group;
  group.fds_.reserve(specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const GroupRole role = i == 0 ? GroupRole::leader : GroupRole::member;
    const int leader = i == 0 ? -1 : group.fds_.front().get();
    auto fd = open_on_cpu(kernel, counting_attr(specs[i], role, guests), cpu, leader);
    if (!fd) {
      return tl::unexpected(GroupFault{i, std::move(fd.error())});
    }
    group.fds_.push_back(std::move(*fd));
  }
  group.buffer_.resize(group_reading_bytes(specs.size()));
  return group;
}

Result<void> EventGroup::enable(PerfKernel& kernel) {
  return kernel.control(fds_.front().get(), GroupControl::enable);
}

Result<void> EventGroup::read(PerfKernel& kernel, GroupReading& reading) {
  const auto got = kernel.read(fds_.front().get(), buffer_);
  if (!got) {
    return tl::unexpected(got.error());
  }
  const std::span<const std::byte> bytes(buffer_.data(), *got);
  if (auto parsed = parse_group_reading(bytes, fds_.size(), reading); !parsed) {
    return parsed;
  }
  if (ids_.empty()) {
    for (const MemberReading& member : reading.members) {
      ids_.push_back(member.id);
    }
  }
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (reading.members[i].id != ids_[i]) {
      return fault("a group's members changed between two readings");
    }
  }
  return {};
}

Result<void> try_event(PerfKernel& kernel, const EventSpec& spec, CpuId cpu, Guests guests) {
  const auto fd = open_on_cpu(kernel, counting_attr(spec, GroupRole::leader, guests), cpu, -1);
  if (!fd) {
    return tl::unexpected(fd.error());
  }
  return {};
}

}  // namespace perf_exporter
