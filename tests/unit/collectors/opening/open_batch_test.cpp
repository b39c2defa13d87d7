// What the opening thread does within a batch of opens, and what outside of any.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "collectors/opening/opener.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

// For one thread: writes down what is done, and which batch it is done in, counted from 1; 0: none.
class BatchKernel final : public PerfKernel {
 public:
  explicit BatchKernel(FakePerfKernel& inner) : inner_(inner) {}

  Result<UniqueFd> open(const OpenCall& call) override {
    (call.pid == 0 ? checks_ : opens_).push_back(batch_);
    return inner_.open(call);
  }
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override {
    return inner_.read(fd, bytes);
  }
  Result<void> control(int fd, GroupControl what) override { return inner_.control(fd, what); }
  std::unique_ptr<OpenBatch> begin_opens() override { return std::make_unique<Held>(*this); }

  // In which batches CPUs' events were opened, and the truth check's own.
  [[nodiscard]] const std::vector<int>& opens() const { return opens_; }
  [[nodiscard]] const std::vector<int>& checks() const { return checks_; }
  [[nodiscard]] int batch() const { return batch_; }

 private:
  struct Held final : OpenBatch {
    explicit Held(BatchKernel& kernel) : kernel_(kernel) { kernel.batch_ = ++kernel.begun_; }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() override { kernel_.batch_ = 0; }
    BatchKernel& kernel_;
  };

  FakePerfKernel& inner_;
  int begun_ = 0;
  int batch_ = 0;
  std::vector<int> opens_;
  std::vector<int> checks_;
};

class OpenBatchTest : public testing::Test {
 protected:
  void open_once() {
    machine_.host.add_pmu("cpu", 4);
    machine_.kernel.set_before_read([this](int) { reads_.push_back(batched_.batch()); });
    Opener::Config config;
    config.events = machine_.events;
    config.paths = machine_.host.paths();
    Opener opener(batched_, machine_.counters, OnlineCpus::open(machine_.host.paths()).value(),
                  std::move(config),
                  {[this](CpuId) -> Result<void> {
                     hooks_.push_back(batched_.batch());
                     return {};
                   },
                   [this](const OpenReport&) { hooks_.push_back(batched_.batch()); }});
    opener.open_once(kPlenty);
  }

  Machine machine_{default_events(), "0-3"};
  BatchKernel batched_{machine_.kernel};
  std::vector<int> reads_;
  std::vector<int> hooks_;
};

TEST_F(OpenBatchTest, AllCpusAreOpenedInOneAndNothingElse) {
  open_once();
  EXPECT_EQ(machine_.counters.installed().size(), 4U);
  EXPECT_GE(batched_.opens().size(), 4 * machine_.events.size());
  EXPECT_THAT(batched_.opens(), Each(1));
  EXPECT_THAT(batched_.checks(), testing::AllOf(testing::Not(IsEmpty()), Each(0)));
  EXPECT_THAT(reads_, testing::AllOf(testing::Not(IsEmpty()), Each(0)));
  EXPECT_THAT(hooks_, ElementsAre(0, 0));
}

TEST_F(OpenBatchTest, WhatIsOpenedAnewIsSoInASecond) {
  machine_.kernel.set_free_counters(3);  // merged groups never run
  open_once();
  EXPECT_EQ(batched_.opens().front(), 1);
  EXPECT_EQ(batched_.opens().back(), 2);
  EXPECT_THAT(batched_.opens(), Each(testing::AnyOf(1, 2)));
  EXPECT_THAT(hooks_, ElementsAre(0, 0));
}

}  // namespace
}  // namespace perf_exporter
