#include "app/commands/stat_reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "fakes/hanging_calls.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

class StatReaderTest : public testing::Test {
 protected:
  StatReaderTest() {
    machine_.kernel.count({}, fast_clock);
    machine_.open_cpus({CpuId{0}, CpuId{1}});
    machine_.read();
    let_the_reading_age();
  }

  Machine machine_{events_of({"software"})};
  HostPaths paths_;
  StatReader reader_{machine_.counters, paths_};
};

TEST_F(StatReaderTest, ReadsAnew) {
  const auto before = machine_.kernel.reads();
  const StatSnapshot snapshot = reader_.take();
  EXPECT_EQ(machine_.kernel.reads(), before + 2);
  EXPECT_EQ(snapshot.events.front().counted_on, (CpuList{CpuId{0}, CpuId{1}}));
  EXPECT_FALSE(reader_.has_left_behind());
}

TEST_F(StatReaderTest, ACpuWhoseReadHangsIsMissing) {
  HangingCalls reads;
  machine_.kernel.set_before_read([&](int fd) {
    if (machine_.kernel.cpu_of(fd) == 1) {
      reads.hang();
    }
  });
  const StatSnapshot snapshot = reader_.take();
  EXPECT_EQ(snapshot.events.front().counted_on, CpuList{CpuId{0}});
  EXPECT_TRUE(reader_.has_left_behind());
  EXPECT_EQ(reads.begun(), 1U);
  reads.let_go();
  while (machine_.counters.hangs(CpuId{1})) {  // until the thread is done with what this test owns
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace perf_exporter
