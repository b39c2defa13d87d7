#include "http/door.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <vector>

#include "unit/http/http_client.h"

namespace perf_exporter {
namespace {

constexpr int kForEver = -1;
constexpr std::chrono::seconds kAtMost{60};  // far more than what it takes

class DoorTest : public testing::Test {
 protected:
  DoorTest() { door_.add(listener()); }

  [[nodiscard]] const Listener& listener() const { return listeners_.all().front(); }
  std::future<Door::Outcome> wait() {
    return std::async(std::launch::async, [this] { return door_.wait(kForEver).outcome; });
  }
  static Door::Outcome get(std::future<Door::Outcome>& waiting) {
    return waiting.wait_for(kAtMost) == std::future_status::ready ? waiting.get()
                                                                  : Door::Outcome::nothing;
  }

  Listeners listeners_ = Listeners::open({"127.0.0.1:0"}).value();
  Door door_{CallUse::make};
};

TEST_F(DoorTest, NothingComesInTime) {
  EXPECT_EQ(door_.wait(1).outcome, Door::Outcome::nothing);
}

TEST_F(DoorTest, WhatCameBeforeSomebodyWaitsIsAccepted) {
  const HttpClient one(listener().name);
  const HttpClient other(listener().name);
  const Door::Arrival first = door_.wait(kForEver);
  EXPECT_EQ(first.outcome, Door::Outcome::accepted);
  EXPECT_EQ(first.listener, &listener());
  EXPECT_FALSE(first.is_last);
  EXPECT_EQ(door_.wait(kForEver).outcome, Door::Outcome::accepted) << "of one edge";
  EXPECT_EQ(door_.wait(1).outcome, Door::Outcome::nothing);
}

TEST_F(DoorTest, EachOfThoseThatWaitGetsOne) {
  auto one = wait();
  auto other = wait();
  const HttpClient first(listener().name);
  const HttpClient second(listener().name);
  EXPECT_EQ(get(one), Door::Outcome::accepted);
  EXPECT_EQ(get(other), Door::Outcome::accepted);
}

// By the bell alone: the listener is open.
TEST_F(DoorTest, AllLeaveWhenItIsClosed) {
  std::vector<std::future<Door::Outcome>> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(wait());
  }
  door_.close();
  for (auto& each : waiting) {
    EXPECT_EQ(get(each), Door::Outcome::closed);
  }
  EXPECT_EQ(door_.wait(kForEver).outcome, Door::Outcome::closed) << "for good";
}

// Whom it can't watch somebody else has to: one that is there already stands for any refusal.
TEST_F(DoorTest, AListenerThatCannotBeAddedClosesIt) {
  auto waiting = wait();
  door_.add(listener());
  EXPECT_EQ(get(waiting), Door::Outcome::closed);
  EXPECT_FALSE(door_.can_wait());
}

// The kernel wakes one of them alone.
TEST_F(DoorTest, AllLearnOfAListenerThatIsShutDown) {
  std::vector<std::future<Door::Outcome>> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(wait());
  }
  ::shutdown(listener().fd.get(), SHUT_RDWR);
  for (auto& each : waiting) {
    EXPECT_EQ(get(each), Door::Outcome::closed);
  }
}

TEST(Door, IsNotWaitedAtWithoutEpoll) {
  EXPECT_FALSE(Door(CallUse::leave_out).can_wait());
}

}  // namespace
}  // namespace perf_exporter
