#include "caps/probe/main_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;

MainProgram program_with(FileCapabilities capabilities) {
  return {"/usr/bin/perf-exporter", true, true, capabilities, false};
}

MainProgram shipped() {
  return program_with({true, kPerfmonBit, 0, true, 0});
}

std::string judged(const MainProgram& program, const HostFacts& facts) {
  return ids_of(judge_main_program(program, facts));
}

TEST(MainProgram, IsFoundByTheNameOfItsPreflight) {
  EXPECT_THAT(main_program_of("/usr/bin/perf-exporter-preflight"),
              Optional(std::string("/usr/bin/perf-exporter")));
  EXPECT_EQ(main_program_of("/usr/bin/perf-exporter"), std::nullopt);
  EXPECT_EQ(main_program_of(""), std::nullopt);
}

TEST(MainProgram, StartsWhereTheBoundingSetHasWhatItDemands) {
  EXPECT_EQ(judged(shipped(), plain_facts()), "ok:main_program_starts");
}

// As execve(2) answers: measured on Linux 6.18 for any user, root among them.
TEST(MainProgram, IsRefusedWhereTheBoundingSetLacksAnyOfIt) {
  HostFacts facts = plain_facts();
  facts.capabilities->bounding &= ~kPerfmonBit;
  EXPECT_EQ(judged(shipped(), facts), "fail:main_program_exec_refused");
  facts.uid = 0;
  EXPECT_EQ(judged(shipped(), facts), "fail:main_program_exec_refused");
  facts = plain_facts();
  facts.capabilities->bounding &= ~kSysAdminBit;
  EXPECT_EQ(judged(program_with({true, kPerfmonBit | kSysAdminBit, 0, true, 0}), facts),
            "fail:main_program_exec_refused");
}

TEST(MainProgram, IsNotRefusedWhereTheKernelOverlooksIt) {
  HostFacts facts = plain_facts();
  facts.capabilities->bounding &= ~kPerfmonBit;
  EXPECT_EQ(judged(program_with({true, kPerfmonBit, 0, false, 0}), facts), "ok:main_program_starts")
      << "=p";
  MainProgram inheriting = program_with({true, kPerfmonBit, kPerfmonBit, true, 0});
  facts.capabilities->inheritable = kPerfmonBit;
  EXPECT_EQ(judged(inheriting, facts), "ok:main_program_starts");
  facts.capabilities->inheritable = 0;
  facts.cap_last_cap = 37;
  EXPECT_EQ(judged(shipped(), facts), "ok:main_program_starts") << "unknown bits are masked off";
  facts.cap_last_cap = 40;
  facts.no_file_caps = true;
  EXPECT_EQ(judged(shipped(), facts), "ok:main_program_starts");
}

// cap_net_raw=ep with a bounding set that lacks it: the exec is refused, and would not help either.
TEST(MainProgram, MayDemandAnotherCapabilityThatIsOutOfReach) {
  HostFacts facts = plain_facts();
  facts.capabilities->bounding &= ~kSysAdminBit;
  EXPECT_EQ(judged(program_with({true, kSysAdminBit, 0, true, 0}), facts),
            "fail:main_program_exec_refused fail:main_program_lacks_perfmon");
}

TEST(MainProgram, MayBeMissingOrNotExecutable) {
  MainProgram program = shipped();
  program.executable = false;
  EXPECT_EQ(judged(program, plain_facts()), "fail:main_program_not_executable");
  program.exists = false;
  EXPECT_EQ(judged(program, plain_facts()), "fail:main_program_missing");
  program.exists.reset();
  EXPECT_EQ(judged(program, plain_facts()), "unknown:unexplained_refusal");
}

TEST(MainProgram, MayStartWithoutItsCapability) {
  MainProgram program = shipped();
  program.nosuid_mount = true;
  EXPECT_EQ(judged(program, plain_facts()), "fail:main_program_nosuid");
  EXPECT_EQ(judged(program_with({}), plain_facts()), "fail:main_program_lacks_perfmon");
  EXPECT_EQ(judged(program_with({true, kSysAdminBit, 0, true, 0}), plain_facts()),
            "fail:main_program_lacks_perfmon");
  HostFacts root = plain_facts();
  root.uid = 0;
  EXPECT_EQ(judged(program_with({}), root), "warn:main_program_lacks_perfmon");
}

TEST(MainProgram, GetsThePodsYamlAsItsFixWhereItMayBeOne) {
  HostFacts facts = plain_facts();
  facts.capabilities->bounding = 0;
  const auto yaml = HasSubstr("\n    capabilities: {drop: [ALL], add: [PERFMON]}");
  EXPECT_THAT(judge_main_program(shipped(), facts).front().fix, Not(yaml)) << "another place";
  facts.place.reset();
  EXPECT_THAT(judge_main_program(shipped(), facts).front().fix, yaml) << "it may be a pod";
  facts.place = Place::kubernetes;
  const Finding finding = judge_main_program(shipped(), facts).front();
  EXPECT_THAT(finding.fix, yaml);
  EXPECT_THAT(finding.evidence, AllOf(HasSubstr("0000004000000000=ep"), HasSubstr("lacks")));
}

TEST(MainProgram, IsLookedAtOnDisk) {
  char name[] = "/tmp/main_program_test.XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(name);
  const std::string path = folder / "perf-exporter";
  EXPECT_THAT(look_at_main_program(path).exists, Optional(false));
  std::ofstream(path) << "program";
  ::chmod(path.c_str(), 0600);
  MainProgram seen = look_at_main_program(path);
  EXPECT_THAT(seen.exists, Optional(true));
  EXPECT_THAT(seen.executable, Optional(false)) << "not even root executes what nobody may";
  EXPECT_THAT(seen.file_capabilities, Optional(FileCapabilities{}));
  EXPECT_TRUE(seen.nosuid_mount);
  ::chmod(path.c_str(), 0755);
  EXPECT_TRUE(look_at_main_program(path).executable);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace perf_exporter
