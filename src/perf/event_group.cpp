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

// Of the members' ids in their order; never 0. FNV-1a, folded.
std::uint32_t checksum(const std::vector<MemberReading>& members) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const MemberReading& member : members) {
    sum = (sum ^ member.id) * 0x100000001b3;
  }
  const auto folded = static_cast<std::uint32_t>(sum ^ (sum >> 32U));
  return folded != 0 ? folded : 1;
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
  group.fds_ = std::make_unique<UniqueFd[]>(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const OpenArguments arguments(events[i], i == 0 ? GroupRole::leader : GroupRole::member, target,
                                  scheduling);
    auto fd = kernel.open(arguments.call(i == 0 ? -1 : group.fds_[0].get()));
    if (!fd) {
      return tl::unexpected(GroupFault{i, std::move(fd.error())});
    }
    group.fds_[i] = std::move(*fd);
  }
  group.size_ = static_cast<std::uint32_t>(events.size());
  return group;
}

Result<void> EventGroup::enable(PerfKernel& kernel) {
  return kernel.control(fds_[0].get(), GroupControl::enable);
}

tl::expected<void, ReadFault> EventGroup::read(PerfKernel& kernel, GroupReading& reading) {
  std::vector<std::byte> bytes(group_reading_bytes(size_));
  return take(fetch(kernel, bytes), bytes, reading);
}

Result<std::size_t> EventGroup::fetch(PerfKernel& kernel, std::span<std::byte> bytes) const {
  return kernel.read(fds_[0].get(), bytes.first(group_reading_bytes(size_)));
}

tl::expected<void, ReadFault> EventGroup::take(const Result<std::size_t>& fetched,
                                               std::span<const std::byte> bytes,
                                               GroupReading& reading) {
  if (!fetched) {
    return tl::unexpected(ReadFault{ReadFault::Lies::in_call, fetched.error()});
  }
  const std::span<const std::byte> read = bytes.first(*fetched);
  if (auto parsed = parse_group_reading(read, size_, reading); !parsed) {
    const bool has_times = read.size() >= group_reading_bytes(0);
    return tl::unexpected(ReadFault{
        has_times ? ReadFault::Lies::in_members : ReadFault::Lies::in_counters, parsed.error()});
  }
  const std::uint32_t ids = checksum(reading.members);
  ids_ = ids_ != 0 ? ids_ : ids;
  if (ids != ids_) {
    return tl::unexpected(ReadFault{ReadFault::Lies::in_members,
                                    {0, "a group's members changed between two readings"}});
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
