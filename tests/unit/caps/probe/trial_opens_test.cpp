#include "caps/probe/trial_opens.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "caps/probe/diagnosis.h"
#include "fakes/fake_perf_kernel.h"
#include "fakes/temp_host.h"
#include "unit/host/refused_tasks.h"

namespace perf_exporter {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

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
  EXPECT_EQ(trials[Trial::read_self].outcome, Outcome::done);
  EXPECT_EQ(trials[Trial::control_self].outcome, Outcome::done);
  EXPECT_EQ(trials[Trial::kernel_cgroup].outcome, Outcome::not_run);
  EXPECT_TRUE(opening_is_safe(trials));
}

// A guest's kernel has crashed at the enabling of a counter that its PMU only pretended to have.
TEST(TrialOpens, NeverEnableAndReadOnlyWhatCountsNothing) {
  FakePerfKernel kernel;
  std::vector<std::uint32_t> open_types;
  kernel.set_before_open([&](const OpenCall& call) {
    if (call.attr != nullptr) {
      open_types.push_back(call.attr->type);
    }
  });
  kernel.set_before_read([&](int /*fd*/) {
    EXPECT_THAT(open_types, testing::Each(std::uint32_t{PERF_TYPE_SOFTWARE}));
  });
  run_trials(kernel, kCpu);
  EXPECT_EQ(kernel.enables(), 0U);
  EXPECT_EQ(kernel.reads(), 1U);
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
  ASSERT_EQ(opens.size(), 7U) << "the child's open must not be seen here";
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

// SELinux decides about reading and about control apart from opening.
TEST(TrialOpens, TellWhatMayBeDoneWithAnEvent) {
  FakePerfKernel kernel;
  kernel.set_read_error(EACCES);
  const Trials trials = run_trials(kernel, kCpu);
  EXPECT_TRUE(trials[Trial::user_self].opened());
  EXPECT_TRUE(trials[Trial::read_self].failed_with(EACCES));
  EXPECT_EQ(trials[Trial::control_self].outcome, Outcome::done);
  FakePerfKernel refusing;
  FakePerfKernel::Match user_mode;
  user_mode.excludes_kernel = true;
  refusing.refuse(user_mode, EACCES);
  EXPECT_EQ(run_trials(refusing, kCpu)[Trial::read_self].outcome, Outcome::not_run);
}

TEST(TrialOpens, TryACgroupByItsDirectory) {
  const TempHost host;
  FakePerfKernel kernel;
  const auto directory = host.paths().sysfs;
  const Trials trials = run_trials(kernel, kCpu, directory);
  EXPECT_TRUE(trials[Trial::kernel_cgroup].opened());
  EXPECT_EQ(trials.cgroup, directory.string());
  EXPECT_FALSE(trials.cgroup_removed);
  const SeenOpen last = kernel.opens().back();
  EXPECT_EQ(last.call.flags, static_cast<unsigned long>(PERF_FLAG_PID_CGROUP));
  EXPECT_GE(last.call.pid, 0) << "the directory's descriptor";
  EXPECT_EQ(last.call.cpu, to_int(kCpu));
  EXPECT_EQ(last.attr.exclude_kernel, 0U);
}

TEST(TrialOpens, TellThatACgroupCouldNotBeOpened) {
  FakePerfKernel kernel;
  const Trials trials = run_trials(kernel, kCpu, "/nonexistent/cgroup");
  EXPECT_EQ(trials.cgroup_open_error, ENOENT);
  EXPECT_EQ(trials[Trial::kernel_cgroup].outcome, Outcome::not_run);
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
  EXPECT_EQ(why_opening_is_unsafe(trials), "perf_event_open would end this process (SIGSYS)");
}

TEST(TrialOpens, WithoutAChildTheLimitIsNamed) {
  FakePerfKernel kernel;
  Trials trials;
  bool refused = false;
  std::thread([&] {
    refused = refuse_tasks();
    trials = run_trials(kernel, kCpu);
  }).join();
  ASSERT_TRUE(refused);
  EXPECT_EQ(trials[Trial::undefined_flag], (TrialResult{Outcome::not_run, EAGAIN}));
  EXPECT_THAT(trials.task_limit, StartsWith("no limit that can be seen"));
  const auto findings = diagnose({}, trials, {});
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings.front().id, "trials_not_run");
  EXPECT_THAT(findings.front().evidence, HasSubstr(trials.task_limit));
}

TEST(TrialOpens, WhatWasNotTriedSaysWhyWithoutARefusal) {
  Trials trials;
  EXPECT_EQ(why_opening_is_unsafe(trials), "no child process to try it in");
  trials[Trial::undefined_flag] = {Outcome::not_run, EAGAIN};
  EXPECT_EQ(why_opening_is_unsafe(trials), "no child process to try it in (EAGAIN)");
  trials[Trial::undefined_flag] = {Outcome::killed, SIGKILL};
  EXPECT_EQ(why_opening_is_unsafe(trials), "perf_event_open might end this process (SIGKILL)");
}

TEST(TrialOpens, AreToldInTheFieldsWords) {
  EXPECT_EQ(to_text(TrialResult{}), "not run");
  EXPECT_EQ(to_text(TrialResult{Outcome::opened, 0}), "opened");
  EXPECT_EQ(to_text(TrialResult{Outcome::refused, EACCES}), "EACCES");
  EXPECT_EQ(to_text(TrialResult{Outcome::refused, 4000}), "errno 4000");
  EXPECT_EQ(to_text(TrialResult{Outcome::killed, SIGSYS}), "SIGSYS");
  EXPECT_EQ(to_text(TrialResult{Outcome::done, 0}), "done");
  EXPECT_EQ(trial_id(Trial::hardware_user_self), "r7");
  EXPECT_EQ(trial_id(Trial::control_self), "r10");
  EXPECT_FALSE(trial_description(Trial::control_self).empty());
}

}  // namespace
}  // namespace perf_exporter
