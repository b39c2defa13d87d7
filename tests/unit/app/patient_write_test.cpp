#include "app/patient_write.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "unit/app/pipe.h"

namespace perf_exporter {
namespace {

using std::chrono::milliseconds;

TEST(PatientWrite, WritesWhatFits) {
  const Pipe pipe;
  EXPECT_TRUE(write_within(pipe.writer.get(), "a line\n", milliseconds(0)));
  EXPECT_EQ(pipe.drain(), "a line\n");
}

TEST(PatientWrite, GivesUpOnAPipeThatNobodyReads) {
  const Pipe pipe;
  pipe.fill();
  EXPECT_FALSE(write_within(pipe.writer.get(), "x", milliseconds(0)));
  EXPECT_FALSE(write_within(pipe.writer.get(), "x", milliseconds(20)));
  EXPECT_EQ(pipe.drain().find('x'), std::string::npos);
}

// More than a pipe takes at once, by either kind of descriptor.
TEST(PatientWrite, WaitsForASlowReader) {
  const std::string text(1'000'000, 'x');
  for (const int flags : {0, O_NONBLOCK}) {
    const Pipe pipe;
    ::fcntl(pipe.writer.get(), F_SETFL, flags);
    std::string read;
    std::thread reader([&] {
      while (read.size() < text.size()) {
        read += pipe.drain();
      }
    });
    EXPECT_TRUE(write_within(pipe.writer.get(), text, std::nullopt));
    reader.join();
    EXPECT_EQ(read, text);
  }
}

TEST(PatientWrite, GivesUpInTheMiddleOfALongText) {
  const Pipe pipe;
  EXPECT_FALSE(write_within(pipe.writer.get(), std::string(1'000'000, 'x'), milliseconds(0)));
  EXPECT_GT(pipe.drain().size(), 4096U);
}

TEST(PatientWrite, ASocketThatNobodyReadsIsNotWaitedFor) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const UniqueFd here(ends[0]);
  const UniqueFd there(ends[1]);
  bool written = true;
  for (int i = 0; i < 100'000 && written; ++i) {
    written = write_within(here.get(), std::string(4096, 'x'), milliseconds(0));
  }
  EXPECT_FALSE(written);
}

TEST(PatientWrite, FailsWhereNothingCanBeWritten) {
  const auto former = ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.reader = UniqueFd();
  EXPECT_FALSE(write_within(pipe.writer.get(), "x", std::nullopt));
  ::signal(SIGPIPE, former);
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_FALSE(write_within(full.get(), "x", std::nullopt));
  EXPECT_FALSE(write_within(-1, "x", milliseconds(0))) << "there is no such descriptor";
  const UniqueFd place(::open("/", O_PATH | O_CLOEXEC));
  EXPECT_FALSE(write_within(place.get(), "x", std::nullopt)) << "a place holder";
}

}  // namespace
}  // namespace perf_exporter
