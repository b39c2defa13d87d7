// Groups of software events: every member runs whenever it is enabled. From Linux 6.12 on those of
// a group whose leader is opened enabled may not, without an error: they read 0 for ever. A reading
// of the group does not show it, for its times are the leader's; so the members are opened here in
// a way that each can be asked for its own.
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kernel/counted_cpu.h"
#include "kernel/hardware_test.h"
#include "kernel/known_loop.h"
#include "perf/event_group.h"
#include "perf/linux_perf_kernel.h"

namespace perf_exporter {
namespace {

constexpr Encoding software(std::uint64_t config) {
  return {PERF_TYPE_SOFTWARE, config};
}

constexpr Encoding kCpuClock = software(PERF_COUNT_SW_CPU_CLOCK);
constexpr Encoding kTaskClock = software(PERF_COUNT_SW_TASK_CLOCK);
constexpr Encoding kSwitches = software(PERF_COUNT_SW_CONTEXT_SWITCHES);
constexpr Encoding kFaults = software(PERF_COUNT_SW_PAGE_FAULTS);
constexpr Encoding kMinorFaults = software(PERF_COUNT_SW_PAGE_FAULTS_MIN);

constexpr std::size_t kPages = 200;
constexpr int kSleeps = 50;
constexpr std::uint64_t kBusy = 5 * kMillisecond;

// What one event shows of itself.
struct OwnReading {
  RawCount value = 0;
  RawCount enabled = 0;
  RawCount running = 0;
  RawCount id = 0;
};

// The running kernel; members are opened without PERF_FORMAT_GROUP, so that a read of their own
// descriptor gives their own times. The leader's reading stays that of the group.
class OwnClocks final : public PerfKernel {
 public:
  Result<UniqueFd> open(const OpenCall& call) override {
    perf_event_attr attr = *call.attr;
    OpenCall own = call;
    own.attr = &attr;
    if (call.group_fd >= 0) {
      attr.read_format &= ~std::uint64_t{PERF_FORMAT_GROUP};
    }
    auto fd = inner_.open(own);
    if (fd && call.group_fd >= 0) {
      members_.emplace_back(Encoding{attr.type, attr.config}, fd->get());
    }
    return fd;
  }
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override {
    return inner_.read(fd, bytes);
  }
  Result<void> control(int fd, GroupControl what) override { return inner_.control(fd, what); }

  // Of all members that were opened and are open still.
  std::vector<std::pair<Encoding, OwnReading>> read_members() {
    std::vector<std::pair<Encoding, OwnReading>> readings;
    for (const auto& [encoding, fd] : members_) {
      OwnReading reading;
      const auto bytes = std::as_writable_bytes(std::span(&reading, 1));
      EXPECT_EQ(inner_.read(fd, bytes).value_or(0), sizeof reading);
      readings.emplace_back(encoding, reading);
    }
    return readings;
  }

 private:
  LinuxPerfKernel inner_;
  std::vector<std::pair<Encoding, int>> members_;
};

// Faults, switches and time on the CPU of the calling thread.
void make_events() {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* memory =
      ::mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, kPages * page, MADV_NOHUGEPAGE);
  for (std::size_t i = 0; i < kPages; ++i) {
    static_cast<volatile char*>(memory)[i * page] = 1;
  }
  ::munmap(memory, kPages * page);
  // Long enough that none is over before it begins, on an emulated CPU that is shared as well: that
  // would be no switch.
  for (int i = 0; i < kSleeps; ++i) {
    sleep_for(kMillisecond);
  }
  for (const std::uint64_t end = monotonic_ns() + kBusy; monotonic_ns() < end;) {
    retire(10'000);
  }
}

// The least that make_events() adds to an event.
RawCount least_of(const Encoding& encoding) {
  if (encoding == kCpuClock || encoding == kTaskClock) {
    return kBusy;
  }
  return encoding == kSwitches ? kSleeps : kPages;
}

class SoftwareGroups : public testing::Test {
 protected:
  void SetUp() override {
    LinuxPerfKernel kernel;
    const auto tried = try_event(kernel, kSwitches, Target::of_cpu(cpu_.id()));
    if (!tried && (tried.error().code == EACCES || tried.error().code == EPERM)) {
      GTEST_SKIP() << "counting a CPU is refused: " << tried.error().what;
    }
    ASSERT_TRUE(tried) << tried.error().what;
  }

  [[nodiscard]] CpuId cpu() const { return cpu_.id(); }

 private:
  OneCpu cpu_;
};

const std::vector<std::vector<Encoding>>& mixed_groups() {
  static const std::vector<std::vector<Encoding>> kGroups = {
      {kSwitches, kCpuClock},          {kSwitches, kTaskClock},
      {kCpuClock, kSwitches},          {kCpuClock, kTaskClock},
      {kTaskClock, kFaults},           {kFaults, kSwitches},
      {kSwitches, kFaults, kCpuClock}, {kCpuClock, kFaults, kSwitches, kTaskClock, kMinorFaults},
  };
  return kGroups;
}

std::string name_of(const std::vector<Encoding>& encodings) {
  std::string name = "group of software events";
  for (const Encoding& encoding : encodings) {
    name += " " + std::to_string(encoding.config);
  }
  return name;
}

// Every member has run whenever it was enabled, and what must have moved has.
void expect_all_counted(OwnClocks& kernel, EventGroup& group,
                        const std::vector<Encoding>& encodings, RawCount times) {
  GroupReading reading;
  ASSERT_TRUE(group.read(kernel, reading));
  EXPECT_GT(reading.enabled, 0U);
  EXPECT_EQ(reading.running, reading.enabled);
  for (std::size_t i = 0; i < encodings.size(); ++i) {
    EXPECT_GE(reading.members[i].value, times * least_of(encodings[i])) << "member " << i;
  }
  for (const auto& [encoding, own] : kernel.read_members()) {
    EXPECT_GT(own.enabled, 0U);
    EXPECT_EQ(own.running, own.enabled) << "event " << encoding.config << " does not always run";
  }
}

TEST_F(SoftwareGroups, AllMembersOfMixedGroupsRun) {
  for (const auto& encodings : mixed_groups()) {
    SCOPED_TRACE(name_of(encodings));
    OwnClocks kernel;
    auto group = EventGroup::open(kernel, encodings, Target::of_cpu(cpu()));
    ASSERT_TRUE(group) << group.error().fault.what;
    ASSERT_TRUE(group->enable(kernel));
    make_events();
    expect_all_counted(kernel, *group, encodings, 1);
  }
}

TEST_F(SoftwareGroups, AllMembersRunAfterOtherEventsCameAndWent) {
  for (const auto& encodings : mixed_groups()) {
    SCOPED_TRACE(name_of(encodings));
    OwnClocks kernel;
    auto group = EventGroup::open(kernel, encodings, Target::of_cpu(cpu()));
    ASSERT_TRUE(group) << group.error().fault.what;
    ASSERT_TRUE(group->enable(kernel));
    make_events();
    LinuxPerfKernel others;
    for (const auto& other_encodings : mixed_groups()) {
      auto other = EventGroup::open(others, other_encodings, Target::of_cpu(cpu()));
      ASSERT_TRUE(other) << other.error().fault.what;
      ASSERT_TRUE(other->enable(others));
      retire(10'000);
    }
    make_events();
    expect_all_counted(kernel, *group, encodings, 2);
  }
}

TEST_F(SoftwareGroups, TheExportersOwnGroupRuns) {
  OwnClocks kernel;
  CountedCpu counted(kernel, {"software"}, cpu());
  const CpuReading before = counted.read();
  make_events();
  const CpuReading after = counted.read();
  for (const auto& [event, status] : after.statuses) {
    EXPECT_EQ(status, EventStatus::counting) << event;
    EXPECT_EQ(after.leaders.at(event), "page_faults") << event << " is in another group";
  }
  const std::map<std::string_view, RawCount> least = {
      {"page_faults", kPages}, {"minor_faults", kPages}, {"context_switches", kSleeps}};
  for (const auto& [event, number] : least) {
    EXPECT_GE(after.totals.at(event) - before.totals.at(event), number) << event;
  }
  const GroupTimes times = after.times.at("page_faults");
  EXPECT_EQ(times.running, times.enabled);
  for (const auto& [encoding, own] : kernel.read_members()) {
    EXPECT_EQ(own.running, own.enabled) << "event " << encoding.config << " does not always run";
  }
}

}  // namespace
}  // namespace perf_exporter
