#include "perf/event_group.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include <cerrno>
#include <cstring>

#include "fakes/descriptors.h"
#include "fakes/fake_perf_kernel.h"

namespace perf_exporter {
namespace {

std::vector<Encoding> hardware(std::size_t events) {
  std::vector<Encoding> encodings;
  for (std::size_t i = 0; i < events; ++i) {
    encodings.push_back({PERF_TYPE_HARDWARE, i});
  }
  return encodings;
}

// Gives the group's first member another id from the second reading on, as if it were another.
class RenumberingKernel final : public PerfKernel {
 public:
  Result<UniqueFd> open(const OpenCall& call) override { return fake_.open(call); }
  Result<void> control(int fd, GroupControl what) override { return fake_.control(fd, what); }
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override {
    auto got = fake_.read(fd, bytes);
    if (readings_++ > 0) {
      constexpr std::size_t kFirstId = 4 * sizeof(RawCount);
      const RawCount other = 4711;
      std::memcpy(bytes.data() + kFirstId, &other, sizeof other);
    }
    return got;
  }

 private:
  FakePerfKernel fake_;
  int readings_ = 0;
};

TEST(EventGroup, OpensMembersUnderTheLeaderOnTheCpu) {
  FakePerfKernel kernel;
  const std::size_t before = open_descriptors();
  {
    auto group = EventGroup::open(kernel, hardware(3), Target::of_cpu(CpuId{5}));
    ASSERT_TRUE(group);
    EXPECT_EQ(group->size(), 3U);
    EXPECT_EQ(open_descriptors(), before + 3);
  }
  EXPECT_EQ(open_descriptors(), before) << "closed with the group";
  const auto opens = kernel.opens();
  ASSERT_EQ(opens.size(), 3U);
  EXPECT_EQ(opens[0].call.group_fd, -1);
  EXPECT_GE(opens[1].call.group_fd, 0);
  EXPECT_EQ(opens[2].call.group_fd, opens[1].call.group_fd);
  for (const SeenOpen& open : opens) {
    EXPECT_EQ(open.call.cpu, 5);
    EXPECT_EQ(open.call.pid, -1) << "all tasks of the CPU";
    EXPECT_EQ(open.attr.disabled, open.call.group_fd == -1 ? 1U : 0U);
  }
}

TEST(EventGroup, TheOwnTaskIsOpenedOnTheCpuToo) {
  FakePerfKernel kernel;
  const auto group = EventGroup::open(kernel, hardware(2), Target::of_own_task(CpuId{5}));
  ASSERT_TRUE(group);
  const auto opens = kernel.opens();
  ASSERT_EQ(opens.size(), 2U);
  for (const SeenOpen& open : opens) {
    EXPECT_EQ(open.call.pid, 0);
    EXPECT_EQ(open.call.cpu, 5);
  }
  EXPECT_EQ(opens[0].call.group_fd, -1);
  EXPECT_GE(opens[1].call.group_fd, 0);
}

TEST(EventGroup, ARefusedMemberClosesTheEarlierOnes) {
  const std::size_t before = open_descriptors();
  for (std::size_t refused = 0; refused < 4; ++refused) {
    FakePerfKernel kernel;
    FakePerfKernel::Match match;
    match.config = refused;
    kernel.refuse(match, ENOENT);
    const auto group = EventGroup::open(kernel, hardware(4), Target::of_cpu(CpuId{0}));
    ASSERT_FALSE(group);
    EXPECT_EQ(group.error().member, refused);
    EXPECT_EQ(group.error().fault.code, ENOENT);
    EXPECT_EQ(kernel.opens().size(), refused + 1) << "nothing is opened behind a refusal";
    EXPECT_EQ(open_descriptors(), before);
  }
}

TEST(EventGroup, ReadsAllMembersByOneCall) {
  FakePerfKernel kernel;
  auto group = EventGroup::open(kernel, hardware(3), Target::of_cpu(CpuId{0}));
  ASSERT_TRUE(group && group->enable(kernel));
  GroupReading reading;
  ASSERT_TRUE(group->read(kernel, reading));
  EXPECT_EQ(kernel.reads(), 1U);
  EXPECT_EQ(kernel.enables(), 1U);
  ASSERT_EQ(reading.members.size(), 3U);
  EXPECT_EQ(reading.members[2].value, 1000U);
}

TEST(EventGroup, AReadingOfOtherMembersIsAFault) {
  RenumberingKernel kernel;
  auto group = EventGroup::open(kernel, hardware(2), Target::of_cpu(CpuId{0}));
  ASSERT_TRUE(group);
  GroupReading reading;
  ASSERT_TRUE(group->read(kernel, reading));
  const auto renumbered = group->read(kernel, reading);
  ASSERT_FALSE(renumbered);
  EXPECT_EQ(renumbered.error().lies, ReadFault::Lies::in_members);
}

TEST(EventGroup, ShortAndRefusedReadingsAreFaults) {
  FakePerfKernel kernel;
  auto group = EventGroup::open(kernel, hardware(2), Target::of_cpu(CpuId{0}));
  ASSERT_TRUE(group);
  GroupReading reading;
  kernel.set_read_limit(24);
  const auto cut = group->read(kernel, reading);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().lies, ReadFault::Lies::in_members);
  kernel.set_read_limit(std::nullopt);
  kernel.set_read_error(EIO);
  const auto refused = group->read(kernel, reading);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().lies, ReadFault::Lies::in_call);
  EXPECT_EQ(refused.error().fault.code, EIO);
}

TEST(EventGroup, ATrialIsDisabledClosedAndNeverEnabled) {
  FakePerfKernel kernel;
  const std::size_t before = open_descriptors();
  EXPECT_TRUE(try_event(kernel, with_guests({PERF_TYPE_HARDWARE, 0}, Guests::exclude),
                        Target::of_cpu(CpuId{1})));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(kernel.enables(), 0U);
  EXPECT_EQ(kernel.reads(), 0U);
  const auto opens = kernel.opens();
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_EQ(opens[0].attr.disabled, 1U);
  EXPECT_EQ(opens[0].attr.exclude_guest, 1U);
  kernel.refuse({}, EACCES);
  const auto refused = try_event(kernel, {PERF_TYPE_HARDWARE, 0}, Target::of_cpu(CpuId{1}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EACCES);
}

}  // namespace
}  // namespace perf_exporter
