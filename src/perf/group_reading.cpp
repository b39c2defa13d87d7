#include "perf/group_reading.h"

#include <cstring>
#include <string>

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

}  // namespace perf_exporter
