#include "app/log.h"

#include <gmock/gmock.h>

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <regex>

#include "unit/app/in_child.h"
#include "unit/app/pipe.h"

namespace perf_exporter {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr milliseconds kLong{20'000};

// Standard error is a pipe, which the test reads or not.
class LogTest : public ::testing::Test {
 protected:
  LogTest() { ::dup2(pipe_.writer.get(), STDERR_FILENO); }
  ~LogTest() override { ::dup2(before_.get(), STDERR_FILENO); }

  const UniqueFd before_{::dup(STDERR_FILENO)};
  const Pipe pipe_;
};

TEST_F(LogTest, WritesFromItsLevelUp) {
  const Log log(LogLevel::warn, {LogFormat::logfmt});
  log.logger()->info("quiet");
  log.logger()->warn("heard");
  log.logger()->error("loud");
  const std::string text = pipe_.drain();
  EXPECT_THAT(text, AllOf(HasSubstr("level=warn msg=\"heard\"\n"),
                          HasSubstr("level=error msg=\"loud\"\n"), Not(HasSubstr("quiet"))));
  EXPECT_TRUE(std::regex_search(
      text, std::regex("^time=20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z level=")));
  EXPECT_EQ(log.dropped(), 0U);
}

TEST_F(LogTest, HonoursTheFormat) {
  Log log(LogLevel::debug, {LogFormat::json});
  log.logger()->debug("number {}", 5);
  ASSERT_TRUE(log.start_thread());
  log.logger()->debug("number {}", 6);
  ASSERT_TRUE(log.finish(kLong));
  EXPECT_THAT(pipe_.drain(), AllOf(HasSubstr("\"level\":\"debug\",\"msg\":\"number 5\"}\n"),
                                   HasSubstr("\"level\":\"debug\",\"msg\":\"number 6\"}\n")));
}

TEST_F(LogTest, WithAThreadNoneOfAFewIsLostAndTheirOrderStays) {
  Log log(LogLevel::info, {LogFormat::logfmt});
  ASSERT_TRUE(log.start_thread());
  for (int i = 100; i < 200; ++i) {
    log.logger()->info("line {}", i);
  }
  EXPECT_TRUE(log.finish(kLong));
  const std::string text = pipe_.drain();
  std::size_t at = 0;
  for (int i = 100; i < 200 && at != std::string::npos; ++i) {
    at = text.find("line " + std::to_string(i), at);
  }
  EXPECT_NE(at, std::string::npos) << text;
  EXPECT_EQ(log.dropped(), 0U);
}

TEST_F(LogTest, WithoutAThreadWhatDoesNotFitIsDropped) {
  const Log log(LogLevel::info, {LogFormat::logfmt});
  pipe_.fill();
  log.logger()->info("lost");
  EXPECT_EQ(log.dropped(), 1U);
  EXPECT_THAT(pipe_.drain(), Not(HasSubstr("lost")));
  log.logger()->info("heard again");
  EXPECT_EQ(log.dropped(), 1U);
  EXPECT_THAT(pipe_.drain(), HasSubstr("heard again"));
}

TEST_F(LogTest, WithAThreadAReaderThatStallsHoldsUpNobody) {
  constexpr int kMessages = 1000;
  Log log(LogLevel::info, {LogFormat::logfmt});
  ASSERT_TRUE(log.start_thread());
  pipe_.fill();
  for (int i = 0; i < kMessages; ++i) {
    log.logger()->info("line {}", i);
  }
  // Its flush takes the place of the oldest message.
  EXPECT_FALSE(log.finish(milliseconds(1))) << "nobody has read";
  const std::uint64_t dropped = log.dropped();
  EXPECT_GT(dropped, 500U);
  EXPECT_LT(dropped, 1000U);
  // Once somebody reads, what waited is written: the newest.
  std::string text;
  while (text.find("line 999") == std::string::npos) {
    text += pipe_.drain();
  }
  EXPECT_TRUE(log.finish(kLong));
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_EQ(static_cast<std::uint64_t>(lines) + dropped, kMessages);
}

TEST_F(LogTest, WhereNoThreadIsToBeHadItWritesWithoutOne) {
  const int status = status_of_child([] {
    const rlimit none{0, 0};
    constexpr uid_t kNobody = 65534;  // the limit is not root's
    if ((::getuid() == 0 && ::setuid(kNobody) != 0) || ::setrlimit(RLIMIT_NPROC, &none) != 0) {
      return 2;
    }
    Log log(LogLevel::info, {LogFormat::logfmt});
    const auto started = log.start_thread();
    log.logger()->info("heard all the same");
    return !started && started.error().code == EAGAIN && log.finish(kLong) ? 0 : 1;
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(pipe_.drain(), HasSubstr("heard all the same"));
}

TEST_F(LogTest, WhatAFullDiskDoesNotTakeIsCounted) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ::dup2(full.get(), STDERR_FILENO);
  Log log(LogLevel::info, {LogFormat::logfmt});
  log.logger()->info("by this thread");
  ASSERT_TRUE(log.start_thread());
  log.logger()->info("by the other");
  EXPECT_TRUE(log.finish(kLong));
  EXPECT_EQ(log.dropped(), 2U);
}

}  // namespace
}  // namespace perf_exporter
