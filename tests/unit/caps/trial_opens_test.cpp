#include "caps/trial_opens.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <csignal>

#include "fakes/fake_perf_kernel.h"

namespace perf_exporter {
namespace {

using Outcome = TrialResult::Outcome;

constexpr CpuId kCpu{3};

TEST(TrialOpens, AllOpenOnAKernelThatAllowsEverything) {
  FakePerfKernel kernel;
  const Trials trials = run_trials(kernel, kCpu);
  EXPECT_EQ(trials.cpu, kCpu);
  EXPECT_TRUE(trials[Trial::undefined_flag].failed_with(EINVAL));
  EXPECT_TRUE(trials[Trial::null_attributes].failed_with(EFAULT));
  for (const Trial trial : {Trial::user_self, Trial::kernel_self, Trial::user_cpu,
                            Trial::kernel_cpu, Trial::hardware_cpu, Trial::hardware_user_self}) {
    EXPECT_TRUE(trials[trial].opened()) << trial_id(trial);
  }
  EXPECT_TRUE(opening_is_safe(trials));
}

TEST(TrialOpens, NeverEnableNorReadAnEvent) {
  FakePerfKernel kernel;
  run_trials(kernel, kCpu);
  EXPECT_EQ(kernel.enables(), 0U);
  EXPECT_EQ(kernel.reads(), 0U);
  for (const SeenOpen& open : kernel.opens()) {
    if (open.has_attr) {
      EXPECT_EQ(open.attr.disabled, 1U);
      EXPECT_EQ(open.attr.pinned, 0U);
      EXPECT_EQ(open.attr.size, 64U);
    }
  }
}

TEST(TrialOpens, TryR0InAChildAndTheOthersHere) {
  FakePerfKernel kernel;
  run_trials(kernel, kCpu);
  const auto opens = kernel.opens();
  ASSERT_EQ(opens.size(), kTrialCount - 1) << "the child's open must not be seen here";
  EXPECT_FALSE(opens[0].has_attr);
  EXPECT_EQ(opens[0].call.flags, 0U);
}

TEST(TrialOpens, AskForModesAndTargetsInTheKernelsOrder) {
  FakePerfKernel kernel;
  run_trials(kernel, kCpu);
  std::string seen;
  for (const SeenOpen& open : kernel.opens()) {
    if (open.has_attr) {
      seen += open.attr.type == PERF_TYPE_SOFTWARE ? "sw" : "hw";
      seen += open.attr.exclude_kernel != 0 ? ":u" : ":uk";
      seen +=
          " pid " + std::to_string(open.call.pid) + " cpu " + std::to_string(open.call.cpu) + "\n";
      EXPECT_EQ(open.attr.exclude_kernel, open.attr.exclude_hv);
    }
  }
  EXPECT_EQ(seen,
            "sw:u pid 0 cpu -1\nsw:uk pid 0 cpu -1\nsw:u pid -1 cpu 3\nsw:uk pid -1 cpu 3\n"
            "hw:uk pid -1 cpu 3\nhw:u pid 0 cpu -1\n");
}

TEST(TrialOpens, KeepTheErrnoOfEach) {
  FakePerfKernel kernel;
  FakePerfKernel::Match hardware;
  hardware.type = PERF_TYPE_HARDWARE;
  kernel.refuse(hardware, ENOENT);
  FakePerfKernel::Match whole_cpu;
  whole_cpu.cpu = to_int(kCpu);
  kernel.refuse(whole_cpu, EACCES);
  const Trials trials = run_trials(kernel, kCpu);
  EXPECT_TRUE(trials[Trial::user_self].opened());
  EXPECT_TRUE(trials[Trial::user_cpu].failed_with(EACCES));
  EXPECT_TRUE(trials[Trial::hardware_cpu].failed_with(EACCES));
  EXPECT_TRUE(trials[Trial::hardware_user_self].failed_with(ENOENT));
}

// Ends the process by a signal at the call that r0 makes, as a seccomp filter does.
class KillingKernel final : public PerfKernel {
 public:
  explicit KillingKernel(int signal) : signal_(signal) {}
  Result<UniqueFd> open(const OpenCall& /*call*/) override {
    ++opens_;
    ::raise(signal_);
    return fault("survived", EIO);
  }
  Result<std::size_t> read(int /*fd*/, std::span<std::byte> /*bytes*/) override {
    return fault("read", EBADF);
  }
  Result<void> control(int /*fd*/, GroupControl /*what*/) override {
    return fault("control", EBADF);
  }

  [[nodiscard]] int opens() const { return opens_; }

 private:
  int signal_;
  int opens_ = 0;
};

TEST(TrialOpens, SurviveAFilterThatKills) {
  KillingKernel kernel(SIGSYS);
  const Trials trials = run_trials(kernel, kCpu);
  EXPECT_EQ(trials[Trial::undefined_flag], (TrialResult{Outcome::killed, SIGSYS}));
  EXPECT_EQ(trials[Trial::user_self].outcome, Outcome::not_run);
  EXPECT_EQ(kernel.opens(), 0) << "no call may be made outside the child";
  EXPECT_FALSE(opening_is_safe(trials));
}

TEST(TrialOpens, AreToldInTheFieldsWords) {
  EXPECT_EQ(to_text(TrialResult{}), "not run");
  EXPECT_EQ(to_text(TrialResult{Outcome::opened, 0}), "opened");
  EXPECT_EQ(to_text(TrialResult{Outcome::refused, EACCES}), "EACCES");
  EXPECT_EQ(to_text(TrialResult{Outcome::refused, 4000}), "errno 4000");
  EXPECT_EQ(to_text(TrialResult{Outcome::killed, SIGSYS}), "SIGSYS");
  EXPECT_EQ(trial_id(Trial::hardware_user_self), "r7");
}

}  // namespace
}  // namespace perf_exporter
