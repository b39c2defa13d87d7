#include "host/online_cpus.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "fakes/temp_host.h"

namespace perf_exporter {
namespace {

TEST(OnlineCpus, FollowsTheFile) {
  TempHost host("0-3");
  auto online = OnlineCpus::open(host.paths());
  ASSERT_TRUE(online);
  EXPECT_EQ(format_cpu_list(online->refresh()), "0-3");
  host.set_online("0,2-3");
  EXPECT_EQ(format_cpu_list(online->refresh()), "0,2-3");
  host.set_online("0-3");
  EXPECT_EQ(format_cpu_list(online->refresh()), "0-3");
}

TEST(OnlineCpus, KeepsTheLastListWhereTheFileMakesNoSense) {
  TempHost host("0-3");
  auto online = OnlineCpus::open(host.paths());
  ASSERT_TRUE(online);
  for (const char* text : {"", "3-1", "none"}) {
    host.set_online(text);
    EXPECT_EQ(format_cpu_list(online->refresh()), "0-3") << text;
  }
}

// As on a kernel with pages of 64 KiB, where every other CPU is off.
std::string every_other_cpu(int below) {
  CpuList cpus;
  for (int cpu = 0; cpu < below; cpu += 2) {
    cpus.push_back(CpuId{cpu});
  }
  return format_cpu_list(cpus);
}

TEST(OnlineCpus, AListOfManyPagesIsReadWhole) {
  const std::string many = every_other_cpu(8192);
  ASSERT_GT(many.size(), 16'000U);
  TempHost host(many);
  auto online = OnlineCpus::open(host.paths());
  ASSERT_TRUE(online) << online.error().what;
  EXPECT_EQ(format_cpu_list(online->refresh()), many);
  const std::string more = every_other_cpu(16384);
  host.set_online(more);
  EXPECT_EQ(format_cpu_list(online->refresh()), more);
  host.set_online("0-3");
  EXPECT_EQ(format_cpu_list(online->refresh()), "0-3");
}

TEST(OnlineCpus, AListThatTheKernelCutIsAFault) {
  TempHost host;
  host.write_sys("devices/system/cpu/online", every_other_cpu(2048).substr(0, 4095));
  const auto online = OnlineCpus::open(host.paths());
  ASSERT_FALSE(online);
  EXPECT_NE(online.error().what.find("devices/system/cpu/online: the kernel cut this list"),
            std::string::npos)
      << online.error().what;
}

TEST(OnlineCpus, AMissingOrMeaninglessFileIsAFault) {
  TempHost host("");
  EXPECT_FALSE(OnlineCpus::open(host.paths()));
  const auto missing = OnlineCpus::open({"/nowhere", "/nowhere"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_NE(missing.error().what.find("/nowhere/devices/system/cpu/online"), std::string::npos);
}

// The kernel's lists beside `online`, as lxcfs leaves them.
class MaskedCpus : public testing::Test {
 protected:
  void lists(const char* present, const char* possible, const char* offline) {
    host_.write_sys("devices/system/cpu/present", std::string(present) + "\n");
    host_.write_sys("devices/system/cpu/possible", std::string(possible) + "\n");
    host_.write_sys("devices/system/cpu/offline", std::string(offline) + "\n");
  }
  // "0-3 hidden 2-3"
  static std::string shown(const CpuList& cpus, const OnlineMask& mask) {
    return format_cpu_list(cpus) +
           (mask.is_there() ? " hidden " + format_cpu_list(mask.hidden()) : "");
  }
  std::string at_start(const char* online) {
    host_.set_online(online);
    auto opened = OnlineCpus::open(host_.paths());
    return opened ? shown(opened->refresh(), opened->mask()) : opened.error().what;
  }

  TempHost host_;
};

TEST_F(MaskedCpus, NoneWhereEveryCpuIsInOneOfTheLists) {
  lists("0-3", "0-3", "");
  EXPECT_EQ(at_start("0-3"), "0-3");
  lists("0-3", "0-7", "1,4-7");  // room for more CPUs, as virtual machines have
  EXPECT_EQ(at_start("0,2-3"), "0,2-3");
  lists("0-3", "0-3", "4-127");  // more than the kernel was built for
  EXPECT_EQ(at_start("0-3"), "0-3");
}

TEST_F(MaskedCpus, WhatIsInNoListIsOnline) {
  lists("0-3", "0-3", "");
  EXPECT_EQ(at_start("0-1"), "0-3 hidden 2-3");
  lists("0-3", "0-7", "4-7");
  EXPECT_EQ(at_start("1"), "0-3 hidden 0,2-3");
  lists("0-1", "0-3", "3");  // `present` is masked as well
  EXPECT_EQ(at_start("0-1"), "0-2 hidden 2");
}

// lxcfs -o enable-cfs numbers as many CPUs as the quota gives from 0 on, whichever these are.
TEST_F(MaskedCpus, WhatIsInBothListsIsOffline) {
  lists("0-3", "0-3", "1");
  EXPECT_EQ(at_start("0-1"), "0,2-3 hidden 2-3");
  EXPECT_EQ(at_start("0-3"), "0,2-3 hidden ");
}

TEST_F(MaskedCpus, WhatTheMachineCannotHaveIsNotOnline) {
  lists("0-1", "0-1", "");
  EXPECT_EQ(at_start("0-7"), "0-1 hidden ");
}

TEST_F(MaskedCpus, NoneWhereTheOtherListsCannotBeRead) {
  EXPECT_EQ(at_start("0-1"), "0-1");
  host_.write_sys("devices/system/cpu/present", "0-3\n");
  EXPECT_EQ(at_start("0-1"), "0-1") << "what is offline is unknown";
  lists("none", "none", "none");
  EXPECT_EQ(at_start("0-1"), "0-1");
  lists("0-1", "0-1", "0-1");
  EXPECT_EQ(at_start("0-1"), "0-1") << "nothing would be left";
}

TEST_F(MaskedCpus, AreFollowedWhileTheMaskSaysTheSame) {
  lists("0-3", "0-3", "");
  host_.set_online("0-1");
  auto online = OnlineCpus::open(host_.paths());
  ASSERT_TRUE(online);
  const auto now = [&] { return shown(online->refresh(), online->mask()); };
  EXPECT_EQ(now(), "0-3 hidden 2-3");
  lists("0-3", "0-3", "3");
  EXPECT_EQ(now(), "0-2 hidden 2");
  lists("0-3", "0-3", "2-3");
  EXPECT_EQ(now(), "0-1") << "the mask agrees with the kernel";
  lists("0-3", "0-3", "");
  EXPECT_EQ(now(), "0-3 hidden 2-3");
  host_.set_online("0-3");
  EXPECT_EQ(now(), "0-3");
}

TEST(CpuChoice, ReadsKeywordsAndLists) {
  EXPECT_EQ(parse_cpu_choice("online")->kind, CpuChoice::Kind::online);
  EXPECT_EQ(parse_cpu_choice("housekeeping")->kind, CpuChoice::Kind::housekeeping);
  const auto list = parse_cpu_choice("0-63:2");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->kind, CpuChoice::Kind::list);
  EXPECT_EQ(list->list.size(), 32U);
}

TEST(CpuChoice, RefusesWhatIsNoListAndNamesTheNearest) {
  for (const char* text : {"0-", "3-1", "a", "", "0,,1"}) {
    EXPECT_FALSE(parse_cpu_choice(text)) << text;
  }
  EXPECT_NE(parse_cpu_choice("houskeeping").error().what.find("did you mean housekeeping"),
            std::string::npos);
}

TEST(CpuChoice, ChoosesAmongTheOnlineCpus) {
  TempHost host;
  const CpuList online = parse_cpu_list("0-7").value();
  const auto chosen = [&](const char* text) {
    return format_cpu_list(choose_cpus(parse_cpu_choice(text).value(), online, host.paths()));
  };
  EXPECT_EQ(chosen("online"), "0-7");
  EXPECT_EQ(chosen("6-9"), "6-7");
  EXPECT_EQ(chosen("housekeeping"), "0-7") << "nothing isolated";
  host.write_sys("devices/system/cpu/isolated", "2-3\n");
  host.write_sys("devices/system/cpu/nohz_full", "5\n");
  EXPECT_EQ(chosen("housekeeping"), "0-1,4,6-7");
  host.write_sys("devices/system/cpu/nohz_full", "(null)\n");
  EXPECT_EQ(chosen("housekeeping"), "0-1,4-7");
}

}  // namespace
}  // namespace perf_exporter
