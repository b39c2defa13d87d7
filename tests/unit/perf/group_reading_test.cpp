#include "perf/event_group.h"

#include <gtest/gtest.h>

#include <cstring>

namespace perf_exporter {
namespace {

std::span<const std::byte> bytes_of(const std::vector<RawCount>& words) {
  return std::as_bytes(std::span(words));
}

TEST(GroupReading, ParsesTimesAndMembersInOrder) {
  const std::vector<RawCount> words = {2, 1000, 900, 42, 7, 43, 8};
  GroupReading reading;
  ASSERT_TRUE(parse_group_reading(bytes_of(words), 2, reading));
  EXPECT_EQ(reading.enabled, 1000U);
  EXPECT_EQ(reading.running, 900U);
  ASSERT_EQ(reading.members.size(), 2U);
  EXPECT_EQ(reading.members[0].value, 42U);
  EXPECT_EQ(reading.members[0].id, 7U);
  EXPECT_EQ(reading.members[1].value, 43U);
  EXPECT_EQ(reading.members[1].id, 8U);
}

TEST(GroupReading, TheSizeIsThatOfTheManualPage) {
  EXPECT_EQ(group_reading_bytes(1), 40U);
  EXPECT_EQ(group_reading_bytes(7), 136U);
}

TEST(GroupReading, RefusesWhatIsNotThatManyMembersLong) {
  const std::vector<RawCount> words = {2, 1000, 900, 42, 7, 43, 8};
  GroupReading reading;
  reading.enabled = 5;
  for (const std::size_t length : {0U, 8U, 24U, 40U, 55U}) {
    EXPECT_EQ(reading.enabled, length <= 24 ? 5U : 1000U) << "the times are taken over";
    const auto parsed = parse_group_reading(bytes_of(words).first(length), 2, reading);
    ASSERT_FALSE(parsed) << length;
    EXPECT_EQ(parsed.error().code, 0);
    EXPECT_NE(parsed.error().what.find(std::to_string(length) + " bytes"), std::string::npos);
  }
  EXPECT_FALSE(parse_group_reading(bytes_of(words), 1, reading)) << "longer than one member";
  EXPECT_FALSE(parse_group_reading(bytes_of(words), 3, reading));
  EXPECT_TRUE(reading.members.empty());
}

TEST(GroupReading, RefusesANumberOfMembersThatIsAnother) {
  const std::vector<RawCount> words = {1, 1000, 900, 42, 7, 43, 8};
  GroupReading reading;
  EXPECT_FALSE(parse_group_reading(bytes_of(words), 2, reading));
}

}  // namespace
}  // namespace perf_exporter
