#include "host/cpu_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

CpuList cpus(std::initializer_list<int> numbers) {
  CpuList list;
  for (const int number : numbers) {
    list.push_back(CpuId{number});
  }
  return list;
}

TEST(CpuList, ReadsTheKernelsFormats) {
  EXPECT_EQ(parse_cpu_list("0"), cpus({0}));
  EXPECT_EQ(parse_cpu_list("0-3,8"), cpus({0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("0-6:2"), cpus({0, 2, 4, 6}));
  EXPECT_EQ(parse_cpu_list("0-7:3,1"), cpus({0, 1, 3, 6}));
  EXPECT_EQ(parse_cpu_list("5-5"), cpus({5}));
  EXPECT_EQ(parse_cpu_list("65535"), cpus({65535}));
}

TEST(CpuList, SortsAndDropsDuplicates) {
  EXPECT_EQ(parse_cpu_list("8,0-2,1-3"), cpus({0, 1, 2, 3, 8}));
}

TEST(CpuList, IgnoresWhiteSpaceAround) {
  EXPECT_EQ(parse_cpu_list(" 0-1, 3\n"), cpus({0, 1, 3}));
}

TEST(CpuList, AnEmptyTextIsAnEmptyList) {
  EXPECT_EQ(parse_cpu_list(""), CpuList{});
  EXPECT_EQ(parse_cpu_list("\n"), CpuList{});
}

TEST(CpuList, RefusesWhatIsNoListAndNamesThePart) {
  for (const char* text :
       {"0-", "-1", "3-1", "a", "0,,1", "0,", ",", "0-3:0", "0-3:", "0-3:x", "1.5", "0x1", "0 1",
        "65536", "0-99999999", "99999999999999999999", "+1"}) {
    const auto parsed = parse_cpu_list(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 0) << text;
    EXPECT_THAT(parsed.error().what, ::testing::HasSubstr("'" + std::string(text) + "'"));
  }
  EXPECT_THAT(parse_cpu_list("0,3-1,5").error().what, ::testing::HasSubstr("'3-1'"));
}

// Every other CPU from 0 on, to a text of exactly `bytes`, as the kernel's page ends.
std::string page_of_cpus(std::size_t bytes) {
  std::string text = "0";
  for (int cpu = 2; text.size() < bytes; cpu += 2) {
    text += "," + std::to_string(cpu);
  }
  return text.substr(0, bytes);
}

TEST(SysfsCpuList, IsReadWithTheEndOfItsLine) {
  EXPECT_EQ(parse_sysfs_cpu_list("0-1,3\n"), cpus({0, 1, 3}));
  EXPECT_EQ(parse_sysfs_cpu_list("\n"), CpuList{});
  EXPECT_EQ(parse_sysfs_cpu_list("(null)\n"), CpuList{});
  EXPECT_FALSE(parse_sysfs_cpu_list("3-1\n"));
}

TEST(SysfsCpuList, OneThatFillsItsPageWasCut) {
  for (const std::size_t page : {4096U, 65536U}) {
    const std::string whole = page_of_cpus(page - 1);
    const auto cut = parse_sysfs_cpu_list(whole);
    ASSERT_FALSE(cut) << page;
    EXPECT_THAT(cut.error().what, ::testing::HasSubstr(std::to_string(page - 1) + " bytes"));
    EXPECT_TRUE(parse_sysfs_cpu_list(page_of_cpus(page - 8) + "\n")) << page;
  }
}

TEST(CpuList, AStrideMayBeLongerThanItsRange) {
  EXPECT_EQ(parse_cpu_list("1-1:2147483647"), cpus({1}));
  EXPECT_EQ(parse_cpu_list("0-65535:2147483647"), cpus({0}));
  EXPECT_EQ(parse_cpu_list("65534-65535:65536"), cpus({65534}));
  EXPECT_FALSE(parse_cpu_list("1-1:2147483648"));
}

// As many as a command line takes; each part alone would add 65,536 numbers.
TEST(CpuList, TheSameRangeOverAndOverFillsNoMemory) {
  std::string text = "0-65535";
  for (int i = 0; i < 100; ++i) {
    text += ",0-65535";
  }
  const auto parsed = parse_cpu_list(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->size(), 65536U);
  EXPECT_LE(parsed->capacity(), 2U * 65536U);
}

TEST(CpuList, FormatIsTheInverse) {
  EXPECT_EQ(format_cpu_list({}), "");
  EXPECT_EQ(format_cpu_list(cpus({7})), "7");
  EXPECT_EQ(format_cpu_list(cpus({0, 1, 2, 8, 10, 11})), "0-2,8,10-11");
  for (const char* text : {"0-3,8", "1,3,5-6", "0"}) {
    EXPECT_EQ(format_cpu_list(*parse_cpu_list(text)), text);
  }
}

TEST(CpuList, SetOperations) {
  EXPECT_TRUE(contains(cpus({0, 2}), CpuId{2}));
  EXPECT_FALSE(contains(cpus({0, 2}), CpuId{1}));
  EXPECT_FALSE(contains({}, CpuId{0}));
  EXPECT_EQ(intersect(cpus({0, 1, 2}), cpus({1, 2, 3})), cpus({1, 2}));
  EXPECT_EQ(merge(cpus({0, 2}), cpus({1, 2})), cpus({0, 1, 2}));
  EXPECT_EQ(subtract(cpus({0, 1, 2}), cpus({1, 3})), cpus({0, 2}));
}

}  // namespace
}  // namespace perf_exporter
