#include "perf/event_group.h"

#include <cstring>
#include <string>
#include <utility>

namespace perf_exporter {
namespace {

RawCount word_at(std::span<const std::byte> bytes, std::size_t index) {
  RawCount word = 0;
  std::memcpy(&word, bytes.data() + index * sizeof word, sizeof word);
  return word;
}

}  // namespace

Result<void> parse_group_reading(std::span<const std::byte> bytes, std::size_t members,
                                 GroupReading& reading) {
  if (bytes.size() >= group_reading_bytes(0)) {
    reading.enabled = word_at(bytes, 1);
    reading.running = word_at(bytes, 2);
  }
  if (bytes.size() != group_reading_bytes(members) || word_at(bytes, 0) != members) {
    return fault("a group of " + std::to_string(members) + " events gave a reading of " +
                 std::to_string(bytes.size()) + " bytes instead of " +
                 std::to_string(group_reading_bytes(members)));
  }
  reading.members.resize(members);
  for (std::size_t i = 0; i < members; ++i) {
    reading.members[i] = {word_at(bytes, 3 + 2 * i), word_at(bytes, 4 + 2 * i)};
  }
  return {};
}

tl::expected<EventGroup, GroupFault> EventGroup::open(PerfKernel& kernel,
                                                      const std::vector<Encoding>& events,
                                                      const Target& target, Scheduling scheduling) {
  EventGroup group;
  group.fds_.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const OpenArguments arguments(events[i], i == 0 ? GroupRole::leader : GroupRole::member, target,
                                  scheduling);
    auto fd = kernel.open(arguments.call(i == 0 ? -1 : group.fds_.front().get()));
    if (!fd) {
      return tl::unexpected(GroupFault{i, std::move(fd.error())});
    }
    group.fds_.push_back(std::move(*fd));
  }
  group.buffer_.resize(group_reading_bytes(events.size()));
  return group;
}

Result<void> EventGroup::enable(PerfKernel& kernel) {
  return kernel.control(fds_.front().get(), GroupControl::enable);
}

tl::expected<void, ReadFault> EventGroup::read(PerfKernel& kernel, GroupReading& reading) {
  fetch(kernel);
  return take(reading);
}

void EventGroup::fetch(PerfKernel& kernel) {
  fetched_ = kernel.read(fds_.front().get(), buffer_);
}

tl::expected<void, ReadFault> EventGroup::take(GroupReading& reading) {
  if (!fetched_) {
    return tl::unexpected(ReadFault{ReadFault::Lies::in_call, fetched_.error()});
  }
  const std::span<const std::byte> bytes(buffer_.data(), *fetched_);
  if (auto parsed = parse_group_reading(bytes, fds_.size(), reading); !parsed) {
    const bool has_times = bytes.size() >= group_reading_bytes(0);
    return tl::unexpected(ReadFault{
        has_times ? ReadFault::Lies::in_members : ReadFault::Lies::in_counters, parsed.error()});
  }
  if (ids_.empty()) {
    for (const MemberReading& member : reading.members) {
      ids_.push_back(member.id);
    }
  }
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (reading.members[i].id != ids_[i]) {
      return tl::unexpected(ReadFault{ReadFault::Lies::in_members,
                                      {0, "a group's members changed between two readings"}});
    }
  }
  return {};
}

Result<void> try_event(PerfKernel& kernel, const Encoding& event, const Target& target) {
  const OpenArguments arguments(event, GroupRole::leader, target);
  const auto fd = kernel.open(arguments.call());
  if (!fd) {
    return tl::unexpected(fd.error());
  }
  return {};
}

}  // namespace perf_exporter
