#include "app/finding_log.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

namespace perf_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kSecond = 1'000'000'000;

Finding finding(const std::string& id, Severity severity, const std::string& evidence) {
  return {id, severity, "It is so.", evidence, "", "docs"};
}

class FindingLogTest : public ::testing::Test {
 protected:
  FindingLogTest() {
    logger_->set_pattern("%l %v");
    logger_->set_level(spdlog::level::debug);
  }

  void pass(std::uint64_t seconds) { now_ += seconds * kSecond; }

  // What was logged since the last call.
  std::vector<std::string> lines() {
    std::istringstream text(stream_.str());
    stream_.str("");
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
      lines.push_back(line);
    }
    return lines;
  }

  std::uint64_t now_ = 7 * kSecond;
  std::ostringstream stream_;
  std::shared_ptr<spdlog::logger> logger_ = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(stream_));
  FindingLog log_{logger_, [this] { return now_; }};
  const std::vector<Finding> taken_ = {finding("counters_taken", Severity::warn, "cycles")};
};

TEST_F(FindingLogTest, LogsWhatStandsOnceHoweverOftenItIsPublished) {
  for (int i = 0; i < 200; ++i) {
    log_.show(taken_);
    log_.look();
    pass(1);
  }
  EXPECT_THAT(lines(), ElementsAre("warning counters_taken: It is so. (cycles); see docs"));
}

TEST_F(FindingLogTest, LogsThatOneHasGoneAndComesBack) {
  log_.show(taken_);
  pass(100);
  log_.show({});
  log_.show({});
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("counters_taken"),
                                   ::testing::AllOf(HasSubstr("info a finding has gone"),
                                                    HasSubstr("counters_taken"))));
  pass(100);
  log_.show(taken_);
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("counters_taken: It is so.")));
}

TEST_F(FindingLogTest, WaitsForItsMinuteAndThenTellsWhatStands) {
  log_.show(taken_);
  pass(10);
  log_.show({});
  pass(10);
  log_.show(taken_);
  EXPECT_THAT(lines(), SizeIs(2));  // that it came, and went
  pass(39);
  log_.look();
  EXPECT_THAT(lines(), IsEmpty());
  pass(1);
  log_.look();
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("counters_taken: It is so.")));
}

TEST_F(FindingLogTest, TellsNothingOfWhatCameAndWentWithinTheMinute) {
  log_.show(taken_);
  pass(10);
  log_.show({});
  (void)lines();
  log_.show(taken_);
  log_.show({});
  pass(100);
  log_.look();
  EXPECT_THAT(lines(), IsEmpty());
}

// Evidence that is another each time: a line a minute with the newest, and no more memory for it.
TEST_F(FindingLogTest, IsBoundedWhenEvidenceFlaps) {
  constexpr int kTimes = 6000;
  for (int i = 0; i < kTimes; ++i) {
    log_.show({finding("sum_incomplete", Severity::warn, "evidence " + std::to_string(i))});
    log_.look();
    pass(1);
  }
  const auto logged = lines();
  EXPECT_THAT(logged, SizeIs(kTimes / 60));
  EXPECT_THAT(logged.back(), HasSubstr("evidence 5940"));
}

TEST_F(FindingLogTest, IsBoundedWhenFindingsFlap) {
  constexpr std::size_t kTimes = 6000;
  for (std::size_t i = 0; i < kTimes; ++i) {
    log_.show({finding("nmi_watchdog", Severity::warn, std::to_string(i))});
    log_.show({});
    pass(1);
  }
  EXPECT_THAT(lines(), SizeIs(2 * kTimes / 60));
}

TEST_F(FindingLogTest, KeepsFindingsApart) {
  log_.show(taken_);
  log_.show({taken_.front(), finding("no_pmu", Severity::warn, "r6")});
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("counters_taken"), HasSubstr("no_pmu")));
  pass(100);
  log_.show({finding("no_pmu", Severity::fail, "r6")});
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("has gone"), HasSubstr("error no_pmu")));
}

TEST_F(FindingLogTest, KeepsTheOrderOfTheReport) {
  log_.show({finding("user_namespace", Severity::fail, "1"),
             finding("bounding_set_lacks_perfmon", Severity::fail, "2"),
             finding("kernel_does_not_answer", Severity::fail, "r4"),
             finding("kernel_does_not_answer", Severity::fail, "r3")});
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("(1)"), HasSubstr("(2)"), HasSubstr("(r4)"),
                                   HasSubstr("(r3)")));
}

TEST_F(FindingLogTest, DoesNotMissWhatIsWell) {
  log_.show({finding("permitted", Severity::ok, "r5")});
  pass(100);
  log_.show({finding("debian_gate", Severity::fail, "r2")});
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("info permitted"), HasSubstr("error debian_gate")));
  pass(100);
  log_.show({finding("permitted", Severity::ok, "r5")});
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("has gone"), HasSubstr("info permitted")));
}

// A CPU that flaps, for one.
TEST(OnceAMinute, AdmitsAKeyOnceInAMinuteAndForgetsIt) {
  OnceAMinute<int> rate;
  EXPECT_TRUE(rate.admits(1, kSecond));
  EXPECT_FALSE(rate.admits(1, 2 * kSecond));
  EXPECT_TRUE(rate.admits(2, 2 * kSecond));
  EXPECT_FALSE(rate.admits(1, 60 * kSecond));
  EXPECT_TRUE(rate.admits(1, 61 * kSecond));
  EXPECT_FALSE(rate.admits(1, 62 * kSecond));
}

}  // namespace
}  // namespace perf_exporter
