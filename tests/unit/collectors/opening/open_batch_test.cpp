// What the opening thread does within a batch of opens, and what outside of any.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
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
  Result<void> control(int fd, GroupControl what) override {
    controls_.push_back(batch_);
    return inner_.control(fd, what);
  }
  std::unique_ptr<OpenBatch> begin_opens() override { return std::make_unique<Held>(*this); }

  // In which batches CPUs' events were opened, the truth check's own, and groups were enabled.
  [[nodiscard]] const std::vector<int>& opens() const { return opens_; }
  [[nodiscard]] const std::vector<int>& checks() const { return checks_; }
  [[nodiscard]] const std::vector<int>& controls() const { return controls_; }
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
  std::vector<int> controls_;
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

  void expect_nothing_else_in_one() {
    const auto none = testing::AllOf(testing::Not(IsEmpty()), Each(0));
    EXPECT_THAT(batched_.checks(), none);
    EXPECT_THAT(batched_.controls(), none);
    EXPECT_THAT(reads_, none);
    EXPECT_THAT(hooks_, ElementsAre(0, 0));
  }

  Machine machine_{default_events(), "0-3"};
  BatchKernel batched_{machine_.kernel};
  std::vector<int> reads_;
  std::vector<int> hooks_;
};

TEST_F(OpenBatchTest, EachCpuIsOpenedInOneAndNothingElse) {
  open_once();
  EXPECT_EQ(machine_.counters.installed().size(), 4U);
  EXPECT_GE(batched_.opens().size(), 4 * machine_.events.size());
  EXPECT_EQ(std::set<int>(batched_.opens().begin(), batched_.opens().end()),
            (std::set<int>{1, 2, 3, 4}));
  expect_nothing_else_in_one();
}

// The old groups are read a last time, which may hang: with nothing raised.
TEST_F(OpenBatchTest, WhatIsOpenedAnewIsSoInOthers) {
  machine_.kernel.set_free_counters(3);  // merged groups never run
  open_once();
  EXPECT_EQ(machine_.counters.state()->reopenings(), 4U);
  EXPECT_EQ(std::set<int>(batched_.opens().begin(), batched_.opens().end()),
            (std::set<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  expect_nothing_else_in_one();
}

TEST_F(OpenBatchTest, WhatWaitsIsTriedInOne) {
  GroupOpener opener(batched_, machine_.events, {}, Guests::include);
  for (std::size_t event = 0; event < machine_.events.size(); ++event) {
    opener.opens_now(event, Target::of_cpu(CpuId{0}));
    opener.refusal_alone(event, Target::of_cpu(CpuId{0}));
  }
  EXPECT_THAT(batched_.opens(), testing::AllOf(testing::Not(IsEmpty()), Each(testing::Gt(0))));
}

}  // namespace
}  // namespace perf_exporter
