#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/count.h"
#include "base/result.h"

namespace perf_exporter {

// What one event of a group has counted since it was enabled, and the id the kernel gave it.
struct MemberReading {
  RawCount value = 0;
  RawCount id = 0;
};

// One read of a whole group: times in ns since it was enabled, members in the order of opening.
struct GroupReading {
  RawCount enabled = 0;
  RawCount running = 0;
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

}  // namespace perf_exporter
