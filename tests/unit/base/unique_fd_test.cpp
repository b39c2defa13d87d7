#include "base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <cerrno>

namespace perf_exporter {
namespace {

int new_fd() {
  return ::eventfd(0, EFD_CLOEXEC);
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1 || errno != EBADF;
}

TEST(UniqueFd, NoneByDefault) {
  const UniqueFd none;
  EXPECT_FALSE(none.valid());
  EXPECT_EQ(none.get(), -1);
}

TEST(UniqueFd, ClosesAtTheEnd) {
  const int fd = new_fd();
  {
    const UniqueFd owner(fd);
    EXPECT_TRUE(owner.valid());
    EXPECT_TRUE(is_open(fd));
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, MovesOwnership) {
  const int fd = new_fd();
  UniqueFd first(fd);
  const UniqueFd second(std::move(first));
  EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_EQ(second.get(), fd);
  EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFd, AssignmentClosesWhatWasHeld) {
  const int held = new_fd();
  const int given = new_fd();
  UniqueFd target(held);
  target = UniqueFd(given);
  EXPECT_FALSE(is_open(held));
  EXPECT_EQ(target.get(), given);
  EXPECT_TRUE(is_open(given));
}

TEST(UniqueFd, AssignmentToItselfKeepsTheDescriptor) {
  const int fd = new_fd();
  UniqueFd owner(fd);
  UniqueFd& alias = owner;
  owner = std::move(alias);
  EXPECT_EQ(owner.get(), fd);
  EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFd, ReleaseGivesItAway) {
  const int fd = new_fd();
  {
    UniqueFd owner(fd);
    EXPECT_EQ(owner.release(), fd);
    EXPECT_FALSE(owner.valid());
  }
  EXPECT_TRUE(is_open(fd));
  ::close(fd);
}

}  // namespace
}  // namespace perf_exporter
