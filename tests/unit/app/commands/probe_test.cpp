// What `probe` says of events that open: it opens them as serving does, and looks whether they run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "app/commands/commands.h"
#include "fakes/descriptors.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;
using testing::HasSubstr;
using testing::Not;

class ProbeTest : public testing::Test {
 protected:
  void SetUp() override { host_.add_pmu("cpu", 4); }

  // The report as text.
  std::string probed(const std::vector<std::string>& collectors) {
    Options options;
    options.command = Command::probe;
    options.collectors = collectors;
    options.paths = host_.paths();
    options.scopes = {"cpu"};
    options.exit_zero = true;
    testing::internal::CaptureStdout();
    const int code = probe(options, kernel_, {});
    const std::string text = testing::internal::GetCapturedStdout();
    EXPECT_EQ(code, 0) << text;
    return text;
  }

  TempHost host_{"0-1"};
  FakePerfKernel kernel_;
};

TEST_F(ProbeTest, LeavesNothingOpenWhereAllCount) {
  const std::size_t before = open_descriptors();
  const std::string text = probed({"cycles", "instructions", "branch", "software"});
  EXPECT_THAT(text, Not(HasSubstr("counters_")));
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(ProbeTest, TellsThatOthersHaveTakenTheCounters) {
  kernel_.count(hardware(), course(1000, 0));
  EXPECT_THAT(probed({"cycles", "instructions", "software"}), HasSubstr("counters_taken"));
}

TEST_F(ProbeTest, TellsTheShareOfThoseThatTakeTurns) {
  kernel_.count(hardware(), course(1000, 75));
  const std::string text = probed({"cycles", "instructions"});
  EXPECT_THAT(text, HasSubstr("counters_shared"));
  EXPECT_THAT(text, HasSubstr("75 %"));
}

TEST_F(ProbeTest, TellsThatAPairHasNoRoom) {
  kernel_.set_group_capacity(1);
  EXPECT_THAT(probed({"cycles", "instructions"}), HasSubstr("counters_too_few"));
}

// As serving does, it has the groups apart before it judges them.
TEST_F(ProbeTest, AMergedGroupThatNeverRunsIsNotTheLastWord) {
  kernel_.set_free_counters(4);
  EXPECT_THAT(probed({"cycles", "instructions", "branch", "cache"}),
              Not(HasSubstr("counters_taken")));
}

}  // namespace
}  // namespace perf_exporter
