#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/count.h"
#include "perf/encoding.h"
#include "perf/perf_kernel.h"
#include "perf/target.h"

namespace perf_exporter {

// What one event of a group has counted since it was enabled, and the id the kernel gave it.
struct MemberReading {
  RawCount value = 0;
  RawCount id = 0;
};

// How long a group was enabled and had its counters, in ns since it was enabled.
struct GroupClocks {
  RawCount enabled = 0;
  RawCount running = 0;

  [[nodiscard]] bool run_backwards_from(const GroupClocks& before) const {
    return enabled < before.enabled || running < before.running;
  }
  friend GroupClocks operator-(const GroupClocks& to, const GroupClocks& from) {
    return {to.enabled - from.enabled, to.running - from.running};
  }
};

// One read of a whole group, members in the order of opening.
struct GroupReading : GroupClocks {
  std::vector<MemberReading> members;
};

// Bytes that a read of a group of `members` events yields: { nr, enabled, running, { value, id
// }[nr] } of 64 bits each (perf_event_open(2), "Reading results").
constexpr std::size_t group_reading_bytes(std::size_t members) {
  return (3 + 2 * members) * sizeof(RawCount);
}

// Parses what read(2) gave into `reading`, whose storage is reused. A fault where the length is not
// that of `members` events: an empty read (a pinned event lost its counter) or a lost member. The
// times are taken over then, too, where there are any.
Result<void> parse_group_reading(std::span<const std::byte> bytes, std::size_t members,
                                 GroupReading& reading);

// Why a group could not be opened: which member the kernel refused, and the kernel's answer.
struct GroupFault {
  std::size_t member = 0;
  Fault fault;
};

// Why a group gave no reading.
struct ReadFault {
  enum class Lies { in_call, in_counters, in_members };
  // In the call, which the kernel refused; in the counters, of which a pinned group found too few,
  // and nothing was read; or in the members, of which one was lost or exchanged: the times are
  // those of the reading then.
  Lies lies = Lies::in_call;
  Fault fault;
};

// A group of events opened on one target; owns the descriptors. Move-only.
class EventGroup {
 public:
  // Opens the whole group or nothing. The group is left disabled. `events` is not empty; the first
  // is the leader.
  static tl::expected<EventGroup, GroupFault> open(PerfKernel& kernel,
                                                   const std::vector<Encoding>& events,
                                                   const Target& target,
                                                   Scheduling scheduling = Scheduling::flexible);

  // Starts counting; the times and values of all members begin here.
  Result<void> enable(PerfKernel& kernel);

  // Reads all members by one system call into `reading`. A fault where the kernel refuses, where
  // the reading is short (a member was lost), or where the members are not those of the first
  // reading.
  tl::expected<void, ReadFault> read(PerfKernel& kernel, GroupReading& reading);

  // The two halves of read(), for callers that hold a lock while they take the reading in and must
  // not hold it in the system call: fetch() makes the call, of group_reading_bytes(size()) at the
  // most, and take() tells what it gave.
  [[nodiscard]] Result<std::size_t> fetch(PerfKernel& kernel, std::span<std::byte> bytes) const;
  tl::expected<void, ReadFault> take(const Result<std::size_t>& fetched,
                                     std::span<const std::byte> bytes, GroupReading& reading);

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::unique_ptr<UniqueFd[]> fds_;  // the leader first
  std::uint32_t size_ = 0;
  std::uint32_t ids_ = 0;  // a checksum of what the first reading gave; 0: none yet
};

// Opens an event alone, disabled, and closes it again: whether the kernel would count it there. It
// is never enabled: on some hypervisors enabling alone has crashed the guest.
Result<void> try_event(PerfKernel& kernel, const Encoding& event, const Target& target);

}  // namespace perf_exporter
