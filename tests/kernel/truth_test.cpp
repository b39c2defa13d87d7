// The truth check on a PMU that counts right: whatever else uses the PMU, it must raise no false
// alarm. Where others hold the counters the right answer is that nothing can be told.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "kernel/hardware_test.h"
#include "kernel/known_loop.h"
#include "kernel/perf_user.h"
#include "perf/core_pmu.h"
#include "perf/event_group.h"
#include "perf/linux_perf_kernel.h"
#include "perf/truth_check.h"

namespace perf_exporter {
namespace {

constexpr int kChecks = 1000;
constexpr int kFewChecks = 100;
const Precedence kPrecedence{[](CpuId) {}, [](CpuId) {}};

// What the checks of one event came to.
struct Tally {
  int right = 0;
  int unknown = 0;
  int alarms = 0;

  void add(const EventTruth& truth) {
    right += truth.verdict == Verdict::right ? 1 : 0;
    unknown += truth.verdict == Verdict::unknown ? 1 : 0;
    alarms += truth.failed() ? 1 : 0;
  }
  [[nodiscard]] std::string in_words() const {
    return std::to_string(right) + " right, " + std::to_string(unknown) + " unknown, " +
           std::to_string(alarms) + " false alarms";
  }
};

// A process that spins on the test's CPU, for as long as this lives.
class CompetingLoad {
 public:
  CompetingLoad() : pid_(::fork()) {
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) {
        retire(1'000'000);
      }
    }
  }
  CompetingLoad(const CompetingLoad&) = delete;
  CompetingLoad& operator=(const CompetingLoad&) = delete;
  ~CompetingLoad() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};

class Truth : public HardwareTest {
 protected:
  void check(int checks = kChecks, const Precedence& precedence = {}) {
    const auto pmus = find_core_pmus({});
    const CorePmu* pmu = core_pmu_of(pmus, cpu());
    ASSERT_NE(pmu, nullptr);
    LinuxPerfKernel kernel;
    for (int i = 0; i < checks; ++i) {
      const PmuTruth truth = check_truth(kernel, *pmu, {cpu()}, precedence);
      cycles_.add(truth.cycles);
      instructions_.add(truth.instructions);
    }
    report("cycles", cycles_.in_words());
    report("instructions", instructions_.in_words());
    EXPECT_EQ(cycles_.alarms, 0);
    EXPECT_EQ(instructions_.alarms, 0);
  }

  Tally cycles_;
  Tally instructions_;
};

TEST_F(Truth, IsRightOnAQuietCpu) {
  check();
  EXPECT_EQ(cycles_.right, kChecks);
  EXPECT_EQ(instructions_.right, kChecks);
}

TEST_F(Truth, IsRightBesideALoad) {
  const CompetingLoad load;
  check();
  EXPECT_EQ(instructions_.right, kChecks);
}

TEST_F(Truth, IsUnknownWhereAllCountersArePinned) {
  const CompetingLoad load;
  const auto other = PerfUser::taking_all(kCycles, cpu());
  check();
  EXPECT_EQ(cycles_.unknown, kChecks);
  EXPECT_EQ(instructions_.unknown, kChecks);
}

TEST_F(Truth, IsUnknownWhereAllCountersArePinnedWithPrecedenceToo) {
  const CompetingLoad load;
  const auto other = PerfUser::taking_all(kCycles, cpu());
  check(kFewChecks, kPrecedence);
  EXPECT_EQ(cycles_.unknown, kFewChecks);
  EXPECT_EQ(instructions_.unknown, kFewChecks);
}

// A group of the whole CPU that takes every counter, as the exporter's own may.
TEST_F(Truth, HasPrecedenceOverTheWholeCpu) {
  LinuxPerfKernel kernel;
  const std::vector<Encoding> events(counters_for_instructions(cpu()), kInstructions);
  auto group = EventGroup::open(kernel, events, Target::of_cpu(cpu()));
  ASSERT_TRUE(group) << group.error().fault.what;
  ASSERT_TRUE(group->enable(kernel));
  check(kFewChecks, kPrecedence);
  EXPECT_EQ(instructions_.right, kFewChecks);
  GroupReading during;
  ASSERT_TRUE(group->read(kernel, during));
  EXPECT_LT(during.running, during.enabled) << "it shows what it has lost";
  report("lost by each check",
         std::to_string((during.enabled - during.running) / kFewChecks) + " ns");
  sleep_for(100 * kMillisecond);
  GroupReading begun;
  ASSERT_TRUE(group->read(kernel, begun));
  sleep_for(100 * kMillisecond);
  GroupReading after;
  ASSERT_TRUE(group->read(kernel, after));
  EXPECT_EQ(after.running - begun.running, after.enabled - begun.enabled) << "it has them again";
}

TEST_F(Truth, RaisesNoAlarmWhereCountersAreShared) {
  const CompetingLoad load;
  const auto other = PerfUser::sharing(kInstructions, cpu(), 2 * counters_for_instructions(cpu()));
  check();
}

}  // namespace
}  // namespace perf_exporter
