// The format in which a start that fails is told.
#include <gmock/gmock.h>

#include "unit/app/options/options_fixture.h"

namespace perf_exporter {
namespace {

class AskedFormat : public OptionsTest {
 protected:
  static LogFormat of(const Arguments& arguments, const Environment& environment = {}) {
    const auto options = parse(arguments, environment);
    EXPECT_FALSE(options) << "was taken";
    return options ? LogFormat::logfmt : options.error().style.format;
  }
};

constexpr const char* kWrong = "--no-such-flag";

TEST_F(AskedFormat, IsTheFlagsWhereverItStands) {
  EXPECT_EQ(of({kWrong}), LogFormat::logfmt);
  EXPECT_EQ(of({"--log.format=json", kWrong}), LogFormat::json);
  EXPECT_EQ(of({kWrong, "--log.format", "json"}), LogFormat::json);
  EXPECT_EQ(of({"--log.format", "json", "stat", "--for=x"}), LogFormat::json);
  EXPECT_EQ(of({kWrong, "--", "--log.format=json"}), LogFormat::logfmt);
  EXPECT_EQ(of({"--log.format=jsn"}), LogFormat::logfmt);
  EXPECT_EQ(of({kWrong, "--log.format"}), LogFormat::logfmt);
}

TEST_F(AskedFormat, IsElseTheEnvironmentsOrTheFiles) {
  const Environment asks = {{"PERF_EXPORTER_LOG_FORMAT", "json"}};
  EXPECT_EQ(of({kWrong}, asks), LogFormat::json);
  EXPECT_EQ(of({kWrong, "--log.format=logfmt"}, asks), LogFormat::logfmt);
  const auto in_file = [&](const std::string& text) { return of({"--config", config(text)}); };
  EXPECT_EQ(in_file("log.format = \"json\"\nweb.max-request = 5\n"), LogFormat::json);
  EXPECT_EQ(in_file("strict = = x\n[log]\nformat = 'json'\nx y z\n"), LogFormat::json);
  EXPECT_EQ(in_file("log.format = \"json"), LogFormat::logfmt);
  EXPECT_EQ(of({kWrong}, {{"PERF_EXPORTER_CONFIG", config("log.format = \"json\"\n")}}),
            LogFormat::json);
  EXPECT_EQ(of({"--config", "/no/such/file"}), LogFormat::logfmt);
}

}  // namespace
}  // namespace perf_exporter
