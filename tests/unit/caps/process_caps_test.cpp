#include "caps/process_caps.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "unit/caps/probe/child.h"

namespace perf_exporter {
namespace {

constexpr std::uint64_t kPerfmon = bit(Capability::perfmon);
constexpr std::uint64_t kSysAdmin = bit(Capability::sys_admin);

class ProcessCaps : public testing::Test {
 protected:
  void SetUp() override {
    const auto sets = own_capabilities();
    if (::getuid() != 0 || !sets || (sets->permitted & kPerfmon) == 0) {
      GTEST_SKIP() << "needs root with CAP_PERFMON";
    }
  }
};

std::string effective_now() {
  const auto sets = own_capabilities();
  return sets ? format_mask(sets->effective) : sets.error().what;
}

std::string permitted_now() {
  const auto sets = own_capabilities();
  return sets ? format_mask(sets->permitted) : sets.error().what;
}

TEST(ProcessCapsOfAnybody, AgreeWithCapget) {
  const auto status = own_capabilities();
  const auto capget = capget_capabilities();
  ASSERT_TRUE(status);
  ASSERT_TRUE(capget);
  EXPECT_EQ(*status, *capget);
}

TEST_F(ProcessCaps, ClearEffectiveLeavesPermittedAlone) {
  const std::string permitted = permitted_now();
  EXPECT_EQ(in_child([] {
              const auto cleared = clear_effective();
              return cleared ? effective_now() + " " + permitted_now() : cleared.error().what;
            }),
            format_mask(0) + " " + permitted);
}

TEST_F(ProcessCaps, DropPermittedGivesEverythingUpForGood) {
  EXPECT_EQ(
      in_child([] {
        const auto dropped = drop_permitted();
        if (!dropped) {
          return dropped.error().what;
        }
        const RaisedCapability raised(Capability::perfmon);
        const auto sets = own_capabilities();
        return format_mask(sets->effective | sets->permitted | sets->inheritable | sets->ambient) +
               (raised.held() ? " held" : " not held");
      }),
      format_mask(0) + " not held");
}

// Where a filter would end the process for capset.
TEST_F(ProcessCaps, LeaveTheSetsAsTheyAreWithoutCapset) {
  const std::string permitted = permitted_now();
  EXPECT_EQ(in_child([] {
              const bool done = clear_effective(CallUse::leave_out).has_value() &&
                                drop_permitted(CallUse::leave_out).has_value();
              return (done ? "done " : "failed ") + permitted_now();
            }),
            "done " + permitted);
  EXPECT_EQ(in_child([] {
              std::string seen = become_nobody(kPerfmon);
              const RaisedCapability raised(Capability::perfmon, CallUse::leave_out);
              return seen + (raised.held() ? "held " : "not held ") + effective_now();
            }),
            "not held " + format_mask(0));
}

TEST_F(ProcessCaps, TouchTheCallingThreadAlone) {
  EXPECT_EQ(in_child([] {
              std::string other;
              std::thread thread([&other] {
                static_cast<void>(drop_permitted());
                other = permitted_now();
              });
              thread.join();
              return other + (permitted_now() == other ? " same" : " different");
            }),
            format_mask(0) + " different");
}

TEST_F(ProcessCaps, RaisesOneCapabilityForAScope) {
  EXPECT_EQ(in_child([] {
              std::string seen = become_nobody(kPerfmon);
              {
                const RaisedCapability raised(Capability::perfmon);
                seen += (raised.held() ? "held " : "not held ") + effective_now() + " ";
              }
              return seen + effective_now() + " " + permitted_now();
            }),
            "held " + format_mask(kPerfmon) + " " + format_mask(0) + " " + format_mask(kPerfmon));
}

TEST_F(ProcessCaps, RaisesNothingThatIsNotPermitted) {
  EXPECT_EQ(in_child([] {
              std::string seen = become_nobody(kPerfmon);
              const RaisedCapability raised(Capability::sys_admin);
              return seen + (raised.held() ? "held " : "not held ") + effective_now();
            }),
            "not held " + format_mask(0));
}

TEST_F(ProcessCaps, LeavesWhatWasEffectiveBefore) {
  EXPECT_EQ(in_child([] {
              std::string seen = become_nobody(kPerfmon | kSysAdmin);
              const RaisedCapability outer(Capability::perfmon);
              {
                const RaisedCapability inner(Capability::perfmon);
                const RaisedCapability other(Capability::sys_admin);
                seen += effective_now() + " ";
              }
              return seen + effective_now();
            }),
            format_mask(kPerfmon | kSysAdmin) + " " + format_mask(kPerfmon));
}

TEST_F(ProcessCaps, LowersEvenWhereOthersWereGivenUpMeanwhile) {
  EXPECT_EQ(in_child([] {
              std::string seen = become_nobody(kPerfmon | kSysAdmin);
              {
                const RaisedCapability raised(Capability::perfmon);
                static_cast<void>(drop_permitted());
              }
              return seen + effective_now();
            }),
            format_mask(0));
}

}  // namespace
}  // namespace perf_exporter
