#include "app/options/option_values.h"

#include <gmock/gmock.h>

namespace perf_exporter {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(OptionValues, DurationsHaveOneNumberAndOneUnit) {
  EXPECT_EQ(parse_duration("500ms").value(), milliseconds(500));
  EXPECT_EQ(parse_duration("10s").value(), milliseconds(10'000));
  EXPECT_EQ(parse_duration("2m").value(), milliseconds(120'000));
  EXPECT_EQ(parse_duration("1h").value(), milliseconds(3'600'000));
  EXPECT_EQ(parse_duration("168h").value(), std::chrono::hours(168));
  for (const char* bad : {"", "s", "10", "1.5s", "10 s", "1h30m", "0s", "-1s", "169h",
                          "9223372036854775807h", "99999999999999999999s"}) {
    const auto duration = parse_duration(bad);
    ASSERT_FALSE(duration) << bad;
    EXPECT_THAT(duration.error().what, HasSubstr("'" + std::string(bad) + "'"));
  }
}

TEST(OptionValues, NumbersStayInTheirRange) {
  EXPECT_EQ(parse_number("1", 1, 10).value(), 1);
  EXPECT_EQ(parse_number("10", 1, 10).value(), 10);
  for (const char* bad : {"", "0", "11", "-1", "+1", "1x", " 1", "0x1", "99999999999"}) {
    EXPECT_FALSE(parse_number(bad, 1, 10)) << bad;
  }
}

TEST(OptionValues, TogglesAreTrueOrFalse) {
  EXPECT_TRUE(parse_toggle("true").value());
  EXPECT_TRUE(parse_toggle("1").value());
  EXPECT_FALSE(parse_toggle("false").value());
  EXPECT_FALSE(parse_toggle("0").value());
  EXPECT_FALSE(parse_toggle("yes"));
}

TEST(OptionValues, TelemetryPathsAreThoseOfTheRoutes) {
  EXPECT_EQ(parse_telemetry_path("/perf/metrics").value(), "/perf/metrics");
  EXPECT_THAT(parse_telemetry_path("metrics").error().what, HasSubstr("(did you mean /metrics?)"));
  for (const char* bad : {"", "/-/healthy", "/-/ready", "/probe", "/version", "/a b", "/a?b"}) {
    EXPECT_FALSE(parse_telemetry_path(bad)) << bad;
  }
}

TEST(OptionValues, ListsAreSplitAtCommas) {
  EXPECT_THAT(split_lists({"a, b", "c"}).value(), ElementsAre("a", "b", "c"));
  for (const char* bad : {"", ",", "a,", ",a", "a,,b", " "}) {
    EXPECT_FALSE(split_lists({bad})) << bad;
  }
}

}  // namespace
}  // namespace perf_exporter
