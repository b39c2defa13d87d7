#include "caps/capability_sets.h"

#include <gmock/gmock.h>

namespace perf_exporter {
namespace {

using testing::Optional;

constexpr std::string_view kStatus =
    "Name:\tperf-exporter\n"
    "Uid:\t65534\t65534\t65534\t65534\n"
    "CapInh:\t0000000000000001\n"
    "CapPrm:\t0000004000200000\n"
    "CapEff:\t0000004000000000\n"
    "CapBnd:\t000001ffffffffff\n"
    "CapAmb:\t0000000000000002\n"
    "Seccomp:\t2\n";

TEST(CapabilitySets, ReadsTheFiveSets) {
  EXPECT_THAT(parse_capability_sets(kStatus),
              Optional(CapabilitySets{0x4000000000, 0x4000200000, 1, 0x1ffffffffff, 2}));
}

TEST(CapabilitySets, KnowsTheBitsThatConcernPerf) {
  const auto sets = parse_capability_sets(kStatus);
  ASSERT_TRUE(sets);
  EXPECT_NE(sets->permitted & bit(Capability::sys_admin), 0U);
  EXPECT_NE(sets->effective & bit(Capability::perfmon), 0U);
  EXPECT_EQ(sets->effective & bit(Capability::sys_admin), 0U);
  EXPECT_EQ(bit(Capability::bpf), 0x8000000000U);
  EXPECT_EQ(capability_name(Capability::perfmon), "CAP_PERFMON");
}

TEST(CapabilitySets, TakesOldKernelsWithoutAmbientSet) {
  EXPECT_THAT(parse_capability_sets("CapInh:\t0\nCapPrm:\t1\nCapEff:\t2\nCapBnd:\t3\n"),
              Optional(CapabilitySets{2, 1, 0, 3, 0}));
}

TEST(CapabilitySets, IsUnknownWhereASetIsMissingOrNoNumber) {
  EXPECT_EQ(parse_capability_sets(""), std::nullopt);
  EXPECT_EQ(parse_capability_sets("CapInh:\t0\nCapPrm:\t1\nCapEff:\t2\n"), std::nullopt);
  EXPECT_EQ(parse_capability_sets("CapInh:\t0\nCapPrm:\tx\nCapEff:\t2\nCapBnd:\t3\n"),
            std::nullopt);
}

TEST(StatusField, FindsWholeNamesOnly) {
  EXPECT_THAT(status_field(kStatus, "Seccomp"), Optional(std::string_view("2")));
  EXPECT_EQ(status_field("Seccomp_filters:\t1\n", "Seccomp"), std::nullopt);
  EXPECT_EQ(status_field("XSeccomp:\t1\n", "Seccomp"), std::nullopt);
  EXPECT_THAT(status_field("Groups:\t \nUid:\t1", "Groups"), Optional(std::string_view()));
  EXPECT_THAT(status_field("Groups:\t \nUid:\t1", "Uid"), Optional(std::string_view("1")));
}

TEST(FormatMask, WritesSixteenDigits) {
  EXPECT_EQ(format_mask(0), "0000000000000000");
  EXPECT_EQ(format_mask(bit(Capability::perfmon)), "0000004000000000");
  EXPECT_EQ(format_mask(~std::uint64_t{0}), "ffffffffffffffff");
}

}  // namespace
}  // namespace perf_exporter
