#include "caps/raising_kernel.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

#include "caps/process_caps.h"
#include "fakes/fake_perf_kernel.h"
#include "unit/caps/probe/child.h"

namespace perf_exporter {
namespace {

constexpr std::uint64_t kPerfmon = bit(Capability::perfmon);
constexpr std::uint64_t kSysAdmin = bit(Capability::sys_admin);

std::uint64_t effective_now() {
  const auto sets = own_capabilities();
  return sets ? sets->effective : ~std::uint64_t{0};
}

// A kernel that asks the calling thread for a capability, as the real one does, and writes down
// what was effective at each open.
class AskingKernel final : public PerfKernel {
 public:
  explicit AskingKernel(std::uint64_t accepted) : accepted_(accepted) {}

  Result<UniqueFd> open(const OpenCall& call) override {
    const std::uint64_t effective = effective_now();
    seen_ += format_mask(effective) + " ";
    if ((effective & accepted_) == 0) {
      return fault("perf_event_open", EACCES);
    }
    return inner_.open(call);
  }
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override {
    seen_ += "read " + format_mask(effective_now()) + " ";
    return inner_.read(fd, bytes);
  }
  Result<void> control(int fd, GroupControl what) override {
    seen_ += "control " + format_mask(effective_now()) + " ";
    return inner_.control(fd, what);
  }

  [[nodiscard]] const std::string& seen() const { return seen_; }

 private:
  std::uint64_t accepted_;
  FakePerfKernel inner_;
  std::string seen_;
};

class RaisingKernelAsRoot : public testing::Test {
 protected:
  void SetUp() override {
    const auto sets = own_capabilities();
    if (::getuid() != 0 || !sets || (sets->permitted & kPerfmon) == 0) {
      GTEST_SKIP() << "needs root with CAP_PERFMON";
    }
  }
};

// Opens `times` times as nobody with `permitted`, against a kernel that accepts `accepted`; what
// was effective at each open, how the opens ended, and what is effective in the end.
std::string open_as_nobody(std::uint64_t permitted, std::uint64_t accepted, int times) {
  return in_child([=] {
    std::string told = become_nobody(permitted);
    AskingKernel asking(accepted);
    RaisingKernel raising(asking);
    const perf_event_attr attr{};
    OpenCall call;
    call.attr = &attr;
    call.cpu = 0;
    std::string ends;
    for (int i = 0; i < times; ++i) {
      const auto opened = raising.open(call);
      ends += opened ? "opened " : std::to_string(opened.error().code) + " ";
    }
    return told + asking.seen() + ends + format_mask(effective_now());
  });
}

// Raising takes a descriptor for a moment. Without one the kernel speaks of the permission that
// could not be raised, which would send the reader after the wrong cause.
TEST_F(RaisingKernelAsRoot, SaysThatNoDescriptorIsLeft) {
  const std::string told = in_child([] {
    std::string failed = become_nobody(kPerfmon);
    FakePerfKernel refusing;
    refusing.refuse({}, EACCES);
    RaisingKernel raising(refusing);
    const perf_event_attr attr{};
    OpenCall call;
    call.attr = &attr;
    call.cpu = 0;
    const auto before = raising.open(call);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit none{0, limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    const auto after = raising.open(call);
    ::setrlimit(RLIMIT_NOFILE, &limit);  // the sanitizers take descriptors, too
    return failed + std::to_string(before.error().code) + " " + std::to_string(after.error().code);
  });
  EXPECT_EQ(told, std::to_string(EACCES) + " " + std::to_string(EMFILE));
}

TEST_F(RaisingKernelAsRoot, RaisesPerfmonForTheOpenAlone) {
  EXPECT_EQ(open_as_nobody(kPerfmon, kPerfmon, 1),
            format_mask(kPerfmon) + " opened " + format_mask(0));
}

TEST_F(RaisingKernelAsRoot, LeavesSysAdminAloneWherePerfmonIsEnough) {
  EXPECT_EQ(
      open_as_nobody(kPerfmon | kSysAdmin, kPerfmon | kSysAdmin, 2),
      format_mask(kPerfmon) + " " + format_mask(kPerfmon) + " opened opened " + format_mask(0));
}

TEST_F(RaisingKernelAsRoot, TriesSysAdminAtADistributionGateAndRemembersIt) {
  EXPECT_EQ(open_as_nobody(kPerfmon | kSysAdmin, kSysAdmin, 2),
            format_mask(kPerfmon) + " " + format_mask(kSysAdmin) + " " + format_mask(kSysAdmin) +
                " opened opened " + format_mask(0));
}

TEST_F(RaisingKernelAsRoot, TriesSysAdminWherePerfmonIsNotPermitted) {
  EXPECT_EQ(open_as_nobody(kSysAdmin, kSysAdmin, 1),
            format_mask(0) + " " + format_mask(kSysAdmin) + " opened " + format_mask(0));
}

TEST_F(RaisingKernelAsRoot, PassesThroughWithNothingPermitted) {
  EXPECT_EQ(open_as_nobody(0, kPerfmon, 1),
            format_mask(0) + " " + std::to_string(EACCES) + " " + format_mask(0));
}

TEST_F(RaisingKernelAsRoot, GivesUpWhereNoCapabilityHelps) {
  EXPECT_EQ(open_as_nobody(kPerfmon | kSysAdmin, 0, 1),
            format_mask(kPerfmon) + " " + format_mask(kSysAdmin) + " " + std::to_string(EACCES) +
                " " + format_mask(0));
}

TEST_F(RaisingKernelAsRoot, WorksAfterRootHasClearedItsEffectiveSet) {
  EXPECT_EQ(in_child([] {
              static_cast<void>(clear_effective());
              AskingKernel asking(kPerfmon);
              RaisingKernel raising(asking);
              const perf_event_attr attr{};
              OpenCall call;
              call.attr = &attr;
              const auto opened = raising.open(call);
              return asking.seen() + (opened ? "opened " : "refused ") +
                     format_mask(effective_now());
            }),
            format_mask(kPerfmon) + " opened " + format_mask(0));
}

TEST_F(RaisingKernelAsRoot, ReadsAndControlsWithoutACapability) {
  EXPECT_EQ(in_child([] {
              const std::string told = become_nobody(kPerfmon);
              AskingKernel asking(kPerfmon);
              RaisingKernel raising(asking);
              static_cast<void>(raising.read(-1, {}));
              static_cast<void>(raising.control(-1, GroupControl::enable));
              return told + asking.seen();
            }),
            "read " + format_mask(0) + " control " + format_mask(0) + " ");
}

TEST(RaisingKernelAsAnybody, DoesNotRetryWhatNoCapabilityDecides) {
  FakePerfKernel fake;
  fake.refuse({}, ENOENT);
  RaisingKernel raising(fake);
  const perf_event_attr attr{};
  OpenCall call;
  call.attr = &attr;
  const auto opened = raising.open(call);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ENOENT);
  EXPECT_EQ(fake.opens().size(), 1U);
  EXPECT_EQ(raising.raises(), Capability::perfmon);
}

}  // namespace
}  // namespace perf_exporter
