#include "app/patient_reader.h"

#include <gtest/gtest.h>

#include <thread>

#include "fakes/hanging_calls.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

class PatientReaderTest : public testing::Test {
 protected:
  PatientReaderTest() {
    machine_.kernel.count({}, fast_clock);
    machine_.open_cpus({CpuId{0}, CpuId{1}});
    machine_.read();
    let_the_reading_age();
  }
  void hang_on(int cpu) {
    machine_.kernel.set_before_read([this, cpu](int fd) {
      if (machine_.kernel.cpu_of(fd) == cpu) {
        reads_.hang();
      }
    });
  }
  // Until the threads are done with what this test owns.
  void let_go() {
    reads_.let_go();
    while (reader_.left_behind() > 0) {
      std::this_thread::yield();
    }
  }

  Machine machine_{events_of({"software"})};
  HostPaths paths_;
  HangingCalls reads_;
  PatientReader reader_{machine_.counters, paths_};
};

TEST_F(PatientReaderTest, ReadsAnew) {
  const auto before = machine_.kernel.reads();
  EXPECT_TRUE(reader_.read());
  EXPECT_EQ(machine_.kernel.reads(), before + 2);
  EXPECT_EQ(machine_.status(1, "page_faults"), EventStatus::counting);
  EXPECT_EQ(reader_.left_behind(), 0U);
}

TEST_F(PatientReaderTest, WhatIsPreparedReads) {
  ASSERT_TRUE(reader_.prepare());
  ASSERT_TRUE(reader_.prepare());
  const auto before = machine_.kernel.reads();
  EXPECT_TRUE(reader_.read());
  EXPECT_EQ(machine_.kernel.reads(), before + 2);
}

TEST_F(PatientReaderTest, ACpuWhoseReadHangsIsLeftOut) {
  hang_on(1);
  EXPECT_TRUE(reader_.read()) << "by another thread";
  EXPECT_EQ(machine_.status(0, "page_faults"), EventStatus::counting);
  EXPECT_EQ(machine_.status(1, "page_faults"), EventStatus::busy);
  EXPECT_EQ(reader_.left_behind(), 1U);
  EXPECT_EQ(reads_.begun(), 1U);
  let_go();
}

}  // namespace
}  // namespace perf_exporter
