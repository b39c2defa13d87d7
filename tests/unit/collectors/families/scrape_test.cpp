#include "collectors/families/scrape.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <mutex>
#include <sstream>
#include <thread>

#include "collectors/families/info_metrics.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

// The value of a family of one series.
Count value_of(const SampleTable& table, std::string_view name) {
  std::size_t next = 0;
  for (const Family& family : table.layout.families) {
    if (family.name == name) {
      return table.values.at(next).count;
    }
    next += table.layout.series_of(family);
  }
  ADD_FAILURE() << name << " is missing";
  return 0;
}

class ScrapeTest : public testing::Test {
 protected:
  void SetUp() override { machine_.open_cpus({CpuId{0}, CpuId{1}}); }

  void take() {
    let_the_reading_age();
    const auto [table, info] = scrape_.take();
    dropped_messages_ = value_of(*table, "perf_exporter_log_messages_dropped_total");
    info_generation_ = info->generation;
    own_families_.clear();
    for (const auto& family : info->families) {
      own_families_.push_back(family.name);
    }
  }
  std::size_t log_lines() {
    const std::string text = log_.str();
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  Machine machine_;
  std::ostringstream log_;
  Scrape scrape_{machine_.counters,
                 machine_.host.paths(),
                 Aggregate::cpu,
                 {"cycles", "software"},
                 std::make_shared<spdlog::logger>(
                     "test", std::make_shared<spdlog::sinks::ostream_sink_st>(log_)),
                 [] { return 7U; }};
  Count dropped_messages_ = 0;
  std::uint64_t info_generation_ = 0;
  std::vector<std::string> own_families_;
};

// The samples that tell of the process are of the same moment as those of the counters.
TEST_F(ScrapeTest, WhatSharesAReadingSharesAllSamples) {
  Scrape::Samples first;
  Scrape::Samples second;
  do {  // until the machine is quick enough for it
    let_the_reading_age();
    const std::size_t reads = machine_.kernel.reads();
    first = scrape_.take();
    const std::size_t reads_of_one = machine_.kernel.reads() - reads;
    second = scrape_.take();
    if (machine_.kernel.reads() - reads == reads_of_one) {
      break;
    }
  } while (true);
  EXPECT_EQ(first.table, second.table);
  EXPECT_EQ(first.info, second.info);
}

// Nobody has read meanwhile, and yet it is another table.
TEST_F(ScrapeTest, WhatIsNoLongerTrustedIsNotShared) {
  const auto present = [this] {
    const auto table = scrape_.take().table;
    return std::count_if(table->values.begin(), table->values.end(),
                         [](const Value& value) { return value.present; });
  };
  const auto before = present();
  machine_.counters.set_untrusted({{"", std::vector<bool>(machine_.events.size(), true)}});
  EXPECT_LT(present(), before);
}

TEST_F(ScrapeTest, FailedReadsAreLoggedOnceAMinuteAtMost) {
  take();
  EXPECT_EQ(log_lines(), 0U);
  machine_.kernel.set_read_error(EIO);
  for (int i = 0; i < 50; ++i) {
    take();
  }
  EXPECT_EQ(log_lines(), 1U) << log_.str();
  EXPECT_NE(log_.str().find("4 failures"), std::string::npos) << log_.str();
  EXPECT_EQ(machine_.counters.state()->read_failures(), 200U) << "counted all";
}

TEST_F(ScrapeTest, TellsHowManyMessagesTheLogLost) {
  take();
  EXPECT_EQ(dropped_messages_, 7);
}

// Notes whether somebody else comes at the counters while a message is written.
class SlowSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit SlowSink(CounterSet& counters) : counters_(counters) {}
  ~SlowSink() override { other_.join(); }
  bool let_others_in = false;

 private:
  void sink_it_(const spdlog::details::log_msg& /*message*/) override {
    std::promise<void> promise;
    std::future<void> in = promise.get_future();
    other_ = std::thread([this, promise = std::move(promise)]() mutable {
      (void)counters_.state();
      promise.set_value();
    });
    let_others_in = in.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
  }
  void flush_() override {}

  CounterSet& counters_;
  std::thread other_;
};

TEST(ScrapeLog, AMessageIsNotWrittenUnderTheLock) {
  Machine machine;
  machine.open_cpus({CpuId{0}, CpuId{1}});
  const auto sink = std::make_shared<SlowSink>(machine.counters);
  Scrape scrape(machine.counters, machine.host.paths(), Aggregate::cpu, {"cycles"},
                std::make_shared<spdlog::logger>("test", sink), [] { return 0U; });
  machine.kernel.set_read_error(EIO);
  scrape.take();
  EXPECT_TRUE(sink->let_others_in);
}

TEST_F(ScrapeTest, InfoIsMadeAnewOnlyWhereItChanged) {
  take();
  const auto first = info_generation_;
  take();
  EXPECT_EQ(info_generation_, first);
  scrape_.set_host_info({build_info("1")});
  take();
  EXPECT_NE(info_generation_, first);
  EXPECT_EQ(own_families_.front(), "perf_exporter_build_info");
  const auto second = info_generation_;
  machine_.counters.keep_only({CpuId{0}});
  take();
  EXPECT_NE(info_generation_, second) << "perf_cpu_info has a CPU less";
  EXPECT_EQ(own_families_.front(), "perf_exporter_build_info");
}

// A client that reads slowly holds its samples while others come.
TEST_F(ScrapeTest, SamplesStayAsTheyAreWhileTheyAreHeld) {
  const auto held = scrape_.take();
  const std::vector<Value> values = held.table->values;
  for (int i = 0; i < 10; ++i) {
    take();
  }
  machine_.counters.keep_only({CpuId{0}});
  take();
  ASSERT_EQ(held.table->values.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(held.table->values[i].count, values[i].count) << i;
  }
}

TEST_F(ScrapeTest, ACpuThatGoesLeavesTheRowsOfTheOthers) {
  const auto before = scrape_.take().table;
  machine_.counters.keep_only({CpuId{1}});
  let_the_reading_age();
  const auto after = scrape_.take().table;
  ASSERT_EQ(before->layout.rows.size(), 2U);
  ASSERT_EQ(after->layout.rows.size(), 1U);
  EXPECT_EQ(after->layout.rows[0], before->layout.rows[1]);
}

}  // namespace
}  // namespace perf_exporter
