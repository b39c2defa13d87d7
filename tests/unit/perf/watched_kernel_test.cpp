#include "perf/watched_kernel.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <thread>

#include "fakes/fake_perf_kernel.h"

namespace perf_exporter {
namespace {

constexpr std::uint64_t kEver = std::numeric_limits<std::uint64_t>::max();

class WatchedKernelTest : public testing::Test {
 protected:
  // Opens on another thread, and returns once that is in the call.
  std::thread hang_in_open(int cpu) {
    fake_.set_before_open([this](const OpenCall&) {
      entered_ = true;
      entered_.notify_all();
      released_.wait(false);
    });
    std::thread thread([this, cpu] {
      perf_event_attr attr{};
      attr.type = PERF_TYPE_HARDWARE;
      attr.config = PERF_COUNT_HW_INSTRUCTIONS;
      OpenCall call;
      call.attr = &attr;
      call.cpu = cpu;
      returned_ = watched_.open(call).has_value();
    });
    entered_.wait(false);
    return thread;
  }
  void release() {
    released_ = true;
    released_.notify_all();
  }

  FakePerfKernel fake_;
  WatchedKernel watched_{fake_};
  std::atomic<bool> entered_ = false;
  std::atomic<bool> released_ = false;
  std::atomic<bool> returned_ = false;
};

TEST_F(WatchedKernelTest, TellsOfTheCallThatHasNotReturned) {
  EXPECT_FALSE(watched_.begun_before(kEver));
  std::thread thread = hang_in_open(3);
  const auto call = watched_.begun_before(kEver);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->kind, CallInFlight::Kind::open);
  EXPECT_EQ(call->encoding, (Encoding{PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS}));
  EXPECT_EQ(call->cpu, 3);
  EXPECT_NE(call->thread, ::gettid());
  EXPECT_FALSE(watched_.begun_before(call->since)) << "it is no older than that";
  release();
  thread.join();
  EXPECT_TRUE(returned_);
  EXPECT_FALSE(watched_.begun_before(kEver));
}

TEST_F(WatchedKernelTest, AForkedChildIsNotWatched) {
  std::thread thread = hang_in_open(0);
  const pid_t child = ::fork();
  if (child == 0) {
    fake_.set_before_open({});
    watched_.abandon();  // no lock of the parent's threads is waited for
    OpenCall call;
    ::_exit(watched_.open(call).has_value() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  release();
  thread.join();
}

// In a process of its own, whose end ends the thread that stays behind.
TEST(WatchedKernel, OnceAbandonedNoCallReturns) {
  const pid_t child = ::fork();
  if (child == 0) {
    FakePerfKernel fake;
    WatchedKernel watched(fake);
    std::atomic<bool> returned = false;
    fake.set_before_open([&](const OpenCall&) { watched.abandon(); });
    std::thread([&] { returned = watched.open({}).has_value(); }).detach();
    while (!watched.begun_before(kEver)) {
      std::this_thread::yield();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ::_exit(returned ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// Counts the batches that are held.
class BatchedKernel final : public PerfKernel {
 public:
  Result<UniqueFd> open(const OpenCall& call) override { return inner_.open(call); }
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override {
    return inner_.read(fd, bytes);
  }
  Result<void> control(int fd, GroupControl what) override { return inner_.control(fd, what); }
  std::unique_ptr<OpenBatch> begin_opens() override { return std::make_unique<Counted>(held_); }

  [[nodiscard]] int held() const { return held_; }

 private:
  struct Counted final : OpenBatch {
    explicit Counted(int& held) : held_(held) { ++held_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() override { --held_; }
    int& held_;
  };

  FakePerfKernel inner_;
  int held_ = 0;
};

TEST(WatchedKernel, ABatchIsThatOfTheKernelBehindIt) {
  BatchedKernel inner;
  WatchedKernel watched(inner);
  auto batch = watched.begin_opens();
  EXPECT_EQ(inner.held(), 1);
  batch.reset();
  EXPECT_EQ(inner.held(), 0);
}

}  // namespace
}  // namespace perf_exporter
