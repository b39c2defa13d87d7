// Hundreds of targets opened, refused in part and dropped: descriptors stay as they were.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "collectors/opening/group_opener.h"
#include "fakes/descriptors.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

constexpr int kCgroups = 100;
constexpr int kCpus = 8;
constexpr std::size_t kEvents = 12;
constexpr rlim_t kDescriptors = 10'000;  // of all events, and some for what else is open

// The soft limit of descriptors raised to the hard one, until this goes away.
class RaisedLimit {
 public:
  RaisedLimit() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit raised{before_.rlim_max, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &raised);
  }
  RaisedLimit(const RaisedLimit&) = delete;
  RaisedLimit& operator=(const RaisedLimit&) = delete;
  ~RaisedLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  [[nodiscard]] rlim_t descriptors() const { return before_.rlim_max; }

 private:
  rlimit before_{};
};

class OpeningLeak : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(events_.size(), kEvents);
    if (limit_.descriptors() < kDescriptors) {
      GTEST_SKIP() << "the hard limit of descriptors is too low";
    }
  }

  static Target target(int cgroup, int cpu) { return Target::of_cgroup(1000 + cgroup, CpuId{cpu}); }

  // Refuses the calls of every third cgroup for `event` that `where` is true of.
  void refuse(std::string_view event, int error, bool (*where)(const OpenCall&)) {
    FakePerfKernel::Match match = event_at(events_[index_of(events_, event)].encoding);
    match.where = [where](const OpenCall& call) { return call.pid % 3 == 0 && where(call); };
    kernel_.refuse(match, error);
  }
  void open_all(Arrangement arrangement = Arrangement::merged) {
    for (int cgroup = 0; cgroup < kCgroups; ++cgroup) {
      for (int cpu = 0; cpu < kCpus; ++cpu) {
        opened_.push_back(opener_.open(target(cgroup, cpu), arrangement, kPlenty));
      }
    }
  }
  [[nodiscard]] std::size_t members() const {
    std::size_t members = 0;
    for (const OpenedCpu& opened : opened_) {
      for (const OpenedGroup& group : opened.groups) {
        members += group.group.size();
      }
    }
    return members;
  }

  RaisedLimit limit_;
  EventSet events_ = default_events();
  FakePerfKernel kernel_;
  GroupOpener opener_{kernel_, events_, {}, Guests::include};
  std::size_t before_ = open_descriptors();
  std::vector<OpenedCpu> opened_;
};

TEST_F(OpeningLeak, TargetsThatAreDroppedLeaveNoDescriptor) {
  open_all();
  EXPECT_EQ(members(), std::size_t{kCgroups} * kCpus * kEvents);
  EXPECT_EQ(open_descriptors(), before_ + members());
  opened_.clear();
  EXPECT_EQ(open_descriptors(), before_);
}

// The fifth event of the hardware group opens alone and in no group, that of the software group not
// at all: each leaves four that were open.
TEST_F(OpeningLeak, AGroupThatIsRefusedMidwayLeavesNoDescriptor) {
  refuse("branch_misses", EBUSY, [](const OpenCall& call) { return call.group_fd >= 0; });
  refuse("migrations", EBUSY, [](const OpenCall&) { return true; });
  open_all();
  EXPECT_LT(members(), std::size_t{kCgroups} * kCpus * kEvents);
  EXPECT_EQ(open_descriptors(), before_ + members());
  for (int cgroup = 0; cgroup < kCgroups; ++cgroup) {
    opener_.opens_now(index_of(events_, "branches"), target(cgroup, 0));
  }
  EXPECT_EQ(open_descriptors(), before_ + members()) << "what is tried is closed again";
  opened_.clear();
  EXPECT_EQ(open_descriptors(), before_);
}

TEST_F(OpeningLeak, DescriptorsThatRunOutLateLeaveNone) {
  constexpr std::size_t kLimit = std::size_t{kCgroups} * kCpus * kEvents - 1000 + 3;  // in a group
  kernel_.set_descriptor_limit(kLimit);
  open_all();
  EXPECT_LT(members(), kLimit);
  EXPECT_GT(members(), kLimit - 2 * kEvents);
  EXPECT_EQ(open_descriptors(), before_ + members());
  kernel_.set_descriptor_limit(std::nullopt);
  opened_.clear();
  EXPECT_EQ(open_descriptors(), before_);
  open_all(Arrangement::apart);
  EXPECT_EQ(members(), std::size_t{kCgroups} * kCpus * kEvents) << "all, once there is room";
  opened_.clear();
  EXPECT_EQ(open_descriptors(), before_);
}

}  // namespace
}  // namespace perf_exporter
