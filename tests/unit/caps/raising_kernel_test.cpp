#include "caps/raising_kernel.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <new>
#include <thread>
#include <utility>

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

// A batch of opens, and what is effective at each of them. Of nobody with `permitted`, in a child.
class Batch {
 public:
  explicit Batch(std::uint64_t permitted, CallUse capset = CallUse::make)
      : raising_(fake_, capset), told_(become_nobody(permitted)) {
    fake_.set_before_open([this](const OpenCall&) {
      tell_effective();
      if (before_open_) {
        before_open_();
      }
    });
  }

  void begin() { batch_ = raising_.begin_opens(); }
  void end() { batch_.reset(); }
  void open() {
    const perf_event_attr attr{};
    OpenCall call;
    call.attr = &attr;
    const auto opened = raising_.open(call);
    told_ += opened ? "" : std::to_string(opened.error().code) + " ";
  }
  void tell_effective() { told_ += in_short(effective_now()) + " "; }
  void set_before_open(std::function<void()> hook) { before_open_ = std::move(hook); }

  [[nodiscard]] const std::string& told() const { return told_; }
  [[nodiscard]] FakePerfKernel& fake() { return fake_; }
  [[nodiscard]] RaisingKernel& raising() { return raising_; }

 private:
  static std::string in_short(std::uint64_t set) {
    if (set == ~std::uint64_t{0}) {
      return "unreadable";
    }
    return std::string((set & kPerfmon) != 0 ? "perfmon" : "") +
           ((set & kSysAdmin) != 0 ? "admin" : "") + (set == 0 ? "none" : "");
  }

  FakePerfKernel fake_;
  RaisingKernel raising_;
  std::unique_ptr<OpenBatch> batch_;
  std::function<void()> before_open_;
  std::string told_;
};

// What is taken away between two opens stays away: nothing is raised anew before the batch ends.
TEST_F(RaisingKernelAsRoot, ABatchRaisesOnceForAllItsOpens) {
  const auto opened_by = [](const std::function<void(Batch&)>& begin) {
    return in_child([&] {
      Batch batch(kPerfmon);
      batch.set_before_open([] { static_cast<void>(clear_effective()); });
      begin(batch);
      for (int i = 0; i < 3; ++i) {
        batch.open();
      }
      batch.end();
      batch.open();
      batch.tell_effective();
      return batch.told();
    });
  };
  EXPECT_EQ(opened_by([](Batch&) {}), "perfmon perfmon perfmon perfmon none ");
  EXPECT_EQ(opened_by([](Batch& batch) { batch.begin(); }), "perfmon none none perfmon none ");
}

TEST_F(RaisingKernelAsRoot, ABatchKeepsItRaisedFromItsFirstOpenToItsEnd) {
  EXPECT_EQ(in_child([] {
              Batch batch(kPerfmon | kSysAdmin);
              batch.begin();
              batch.tell_effective();
              batch.open();
              batch.tell_effective();
              batch.open();
              batch.end();
              batch.tell_effective();
              return batch.told();
            }),
            "none perfmon perfmon perfmon none ");
}

TEST_F(RaisingKernelAsRoot, ABatchGoesOnWithSysAdminOnceThatHasOpenedAnEvent) {
  EXPECT_EQ(in_child([] {
              Batch batch(kPerfmon | kSysAdmin);
              FakePerfKernel::Match without;
              without.where = [](const OpenCall&) { return (effective_now() & kSysAdmin) == 0; };
              batch.fake().refuse(without, EACCES);
              batch.begin();
              batch.open();
              batch.open();
              batch.tell_effective();
              batch.end();
              batch.tell_effective();
              return batch.told();
            }),
            "perfmon admin admin admin none ");
}

TEST_F(RaisingKernelAsRoot, ABatchBeginsEachOpenWithLessWhereSysAdminDoesNotHelp) {
  EXPECT_EQ(in_child([] {
              Batch batch(kPerfmon | kSysAdmin);
              batch.fake().refuse({}, EACCES);
              batch.begin();
              batch.open();
              batch.open();
              batch.end();
              batch.tell_effective();
              return batch.told();
            }),
            "perfmon admin 13 perfmon admin 13 none ");
}

TEST_F(RaisingKernelAsRoot, ABatchThatFindsNoDescriptorTriesAtEachOpen) {
  EXPECT_EQ(in_child([] {
              Batch batch(kPerfmon);
              rlimit limit{};
              ::getrlimit(RLIMIT_NOFILE, &limit);
              batch.begin();
              batch.fake().refuse({}, EACCES);
              const rlimit none{0, limit.rlim_max};
              ::setrlimit(RLIMIT_NOFILE, &none);
              const perf_event_attr attr{};
              OpenCall call;
              call.attr = &attr;
              const auto refused = batch.raising().open(call);
              ::setrlimit(RLIMIT_NOFILE, &limit);
              batch.fake().count({}, {});
              batch.open();
              batch.end();
              batch.tell_effective();
              return std::to_string(refused.error().code) + " " + batch.told();
            }),
            std::to_string(EMFILE) + " unreadable perfmon none ");
}

TEST_F(RaisingKernelAsRoot, ABatchLeavesNothingEffectiveWhereAnOpenThrows) {
  EXPECT_EQ(in_child([] {
              Batch batch(kPerfmon);
              batch.set_before_open([] { throw std::bad_alloc(); });
              std::string caught;
              try {
                const auto opens = batch.raising().begin_opens();
                batch.open();
              } catch (const std::bad_alloc&) {
                caught = "caught ";
              }
              batch.tell_effective();
              return batch.told() + caught;
            }),
            "perfmon none caught ");
}

TEST_F(RaisingKernelAsRoot, ABatchIsOfOneThread) {
  EXPECT_EQ(in_child([] {
              Batch batch(kPerfmon);
              batch.begin();
              batch.open();
              std::thread([&] {
                static_cast<void>(clear_effective());  // a thread begins with what its maker has
                batch.open();
                batch.tell_effective();
              }).join();
              batch.tell_effective();
              batch.end();
              return batch.told();
            }),
            "perfmon perfmon none perfmon ");
}

TEST_F(RaisingKernelAsRoot, ABatchWithinABatchIsNoneAndOneAfterItIs) {
  EXPECT_EQ(in_child([] {
              Batch batch(kPerfmon);
              batch.begin();
              const bool is_null = batch.raising().begin_opens() == nullptr;
              batch.open();
              batch.tell_effective();
              batch.end();
              batch.tell_effective();
              const bool is_another = batch.raising().begin_opens() != nullptr;
              return batch.told() + (is_null ? "null " : "two ") + (is_another ? "another" : "");
            }),
            "perfmon perfmon none null another");
}

TEST_F(RaisingKernelAsRoot, ABatchRaisesNothingWhereCapsetIsLeftOut) {
  EXPECT_EQ(in_child([] {
              Batch batch(kPerfmon, CallUse::leave_out);
              batch.begin();
              batch.open();
              batch.open();
              batch.end();
              return batch.told();
            }),
            "none none ");
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
