#include "base/host_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace perf_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class HostPathsTest : public ::testing::Test {
 protected:
  HostPathsTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("host_paths." + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~HostPathsTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }

  const std::filesystem::path folder_;
};

TEST_F(HostPathsTest, TextComesWithoutTrailingNewlines) {
  EXPECT_EQ(read_text(file("one", "0-3\n")), "0-3");
  EXPECT_EQ(read_text(file("lines", "\na\nb\n\n")), "\na\nb");
  EXPECT_EQ(read_text(file("empty", "")), "");
  EXPECT_EQ(read_text(file("newline", "\n")), "");
}

TEST_F(HostPathsTest, TextOfManyBlocksIsWhole) {
  const std::string content(100'000, 'x');
  EXPECT_EQ(read_text(file("long", content)), content);
}

TEST_F(HostPathsTest, TextIsBounded) {
  const auto text = read_text(file("huge", std::string(3 << 20, 'x')));
  ASSERT_TRUE(text);
  EXPECT_LE(text->size(), std::size_t{1} << 20);
}

TEST_F(HostPathsTest, AFaultCarriesErrnoAndThePath) {
  const auto absent = read_text(folder_ / "absent");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ENOENT);
  EXPECT_THAT(absent.error().what, HasSubstr((folder_ / "absent").string()));
  EXPECT_EQ(read_text(folder_).error().code, EISDIR);
}

TEST_F(HostPathsTest, Integers) {
  EXPECT_EQ(read_integer(file("two", "2\n")), 2);
  EXPECT_EQ(read_integer(file("minus", "-1\n")), -1);
  for (const char* text : {"", "x", "1 2", "1x", "9223372036854775808"}) {
    const auto number = read_integer(file("bad", text));
    ASSERT_FALSE(number) << text;
    EXPECT_THAT(number.error().what, HasSubstr((folder_ / "bad").string()));
  }
  EXPECT_EQ(read_integer(folder_ / "absent").error().code, ENOENT);
}

TEST_F(HostPathsTest, DirectoriesAreSortedWithoutDots) {
  file("b", "");
  file("a", "");
  std::filesystem::create_directory(folder_ / "c");
  EXPECT_THAT(*list_directory(folder_), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*list_directory(folder_ / "c"), ElementsAre());
  EXPECT_EQ(list_directory(folder_ / "absent").error().code, ENOENT);
  EXPECT_EQ(list_directory(folder_ / "a").error().code, ENOTDIR);
}

TEST(HostPaths, TheDefaultsAreTheKernelsOwn) {
  EXPECT_EQ(HostPaths{}.procfs, "/proc");
  EXPECT_EQ(HostPaths{}.sysfs, "/sys");
  EXPECT_EQ(HostPaths{}.cgroupfs, "/sys/fs/cgroup");
}

}  // namespace
}  // namespace perf_exporter
