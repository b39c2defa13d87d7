#include "caps/probe/need.h"

#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kLevel2 = "EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK";
constexpr const char* kGate = "EINVAL EFAULT EACCES EACCES EACCES EACCES EACCES EACCES";
constexpr const char* kAllowed = "EINVAL EFAULT OK OK OK OK OK OK";

Need needed(const HostFacts& facts, const char* trials, const Wanted& wanted = {}) {
  return need_of(facts, trials_of(trials), wanted);
}

TEST(Need, IsPerfmonOnAnOrdinaryKernel) {
  const Need need = needed(plain_facts(), kLevel2);
  EXPECT_THAT(need.capabilities, ElementsAre("PERFMON"));
  EXPECT_THAT(need.sysctls, IsEmpty());
  EXPECT_THAT(need.system_calls, ElementsAre("perf_event_open"));
  EXPECT_EQ(need.unavailable, "");
  EXPECT_THAT(need.pod, AllOf(HasSubstr("capabilities: {drop: [ALL], add: [PERFMON]}"),
                              HasSubstr("runAsUser: 65534"), Not(HasSubstr("volumes"))));
}

TEST(Need, IsNoCapabilityAtALevelThatLetsEverybodyCount) {
  HostFacts facts = plain_facts();
  facts.perf_event_paranoid = 0;
  EXPECT_THAT(needed(facts, kAllowed).capabilities, IsEmpty());
  EXPECT_THAT(needed(facts, kAllowed).pod, HasSubstr("capabilities: {drop: [ALL]}"));
  facts.perf_event_paranoid = 1;
  EXPECT_THAT(needed(facts, kAllowed).capabilities, ElementsAre("PERFMON"));
  EXPECT_THAT(needed(facts, kAllowed, {.per_cpu = Want::no}).capabilities, IsEmpty());
}

TEST(Need, IsSysAdminBeforeLinux58) {
  HostFacts facts = plain_facts();
  facts.cap_last_cap = 37;
  const Need need = needed(facts, kLevel2);
  EXPECT_THAT(need.capabilities, ElementsAre("SYS_ADMIN"));
  EXPECT_THAT(need.pod, AllOf(HasSubstr("runAsUser: 0"), Not(HasSubstr("runAsNonRoot"))));
}

TEST(Need, IsASysctlAtAGateThatShows) {
  HostFacts facts = plain_facts();
  facts.perf_event_paranoid = 3;
  const Need need = needed(facts, kGate);
  ASSERT_EQ(need.sysctls.size(), 1U);
  EXPECT_EQ(need.sysctls[0].name, "kernel.perf_event_paranoid");
  EXPECT_EQ(need.sysctls[0].value, 2);
  EXPECT_THAT(needed(facts, kLevel2).sysctls, IsEmpty()) << "the mainline has no gate";
}

TEST(Need, GoesByTheVendorWhereSysAdminHidesTheGate) {
  HostFacts facts = plain_facts();
  facts.perf_event_paranoid = 3;
  grant(facts, kAllBits);
  EXPECT_THAT(needed(facts, kAllowed).sysctls, IsEmpty());
  facts.kernel_vendor = KernelVendor::debian;
  ASSERT_EQ(needed(facts, kAllowed).sysctls.size(), 1U);
  EXPECT_THAT(needed(facts, kAllowed).sysctls[0].reason, HasSubstr("debian"));
}

TEST(Need, NamesTheSelinuxRulesOfTheOwnType) {
  HostFacts facts = plain_facts();
  facts.lsm_label = "system_u:system_r:container_t:s0";
  EXPECT_THAT(needed(facts, kLevel2).selinux_rules,
              ElementsAre("(allow container_t self (perf_event (open cpu kernel read write)))",
                          "(allow container_t self (capability2 (perfmon)))"));
  facts.selinux_enforcing = false;
  EXPECT_THAT(needed(facts, kLevel2).selinux_rules, IsEmpty());
}

TEST(Need, SaysWhatNoPermissionBrings) {
  HostFacts facts = plain_facts();
  facts.core_pmus->clear();
  EXPECT_THAT(needed(facts, kLevel2).unavailable, HasSubstr("no PMU"));
  EXPECT_EQ(needed(facts, kLevel2, {.hardware_events = Want::no}).unavailable, "");
  facts.has_paranoid_sysctl = false;
  const Need need = needed(facts, "ENOSYS");
  EXPECT_THAT(need.unavailable, HasSubstr("no perf events"));
  EXPECT_THAT(need.capabilities, IsEmpty());
  EXPECT_EQ(need.pod, "");
}

TEST(Need, MountsTheCgroupsWhereTheyAreWanted) {
  EXPECT_THAT(needed(plain_facts(), kLevel2, {.cgroups = Want::yes}).pod,
              AllOf(HasSubstr("hostPath: {path: /sys/fs/cgroup}"),
                    HasSubstr("--path.cgroupfs=/host/cgroup")));
}

TEST(NeedReport, IsShortText) {
  HostFacts facts = plain_facts();
  facts.perf_event_paranoid = 3;
  const NeedQuestion question = {{"cycles", "software"}, {"cpu"}, 24};
  const std::string text = need_text(needed(facts, kGate), question, facts);
  EXPECT_THAT(text, HasSubstr(R"(  to count      cycles, software
  scope         cpu
  kernel        6.18.0
  capability    PERFMON in the initial user namespace, effective when an event
                is opened: perf_event_paranoid is 3
  sysctl        kernel.perf_event_paranoid=2 on the node: at 3 this kernel)"));
  EXPECT_THAT(text, HasSubstr("  descriptors   24 for events; the hard limit is 4096\n\npod\n"));
}

TEST(NeedReport, LeavesRulesWhole) {
  HostFacts facts = plain_facts();
  facts.lsm_label = "system_u:system_r:container_engine_t:s0";
  const std::string text = need_text(needed(facts, kLevel2), {{"cycles"}, {"cpu"}, 1}, facts);
  EXPECT_THAT(
      text,
      HasSubstr("(allow container_engine_t self (perf_event (open cpu kernel read write)))\n"));
  EXPECT_THAT(text, HasSubstr("(allow container_engine_t self (capability2 (perfmon)))\n"));
}

TEST(NeedReport, IsOneJsonObject) {
  const NeedQuestion question = {{"cycles"}, {"cpu", "cgroup"}, 2};
  const std::string json = need_json(needed(plain_facts(), kLevel2), question);
  EXPECT_THAT(json,
              HasSubstr(R"({"schema_version":1,"collectors":["cycles"],"scopes":["cpu","cgroup"],)"
                        R"("capabilities":["PERFMON"],"capability_reason":"perf_event_paranoid )"
                        R"(is 2","sysctls":[],"system_calls":["perf_event_open"],)"
                        R"("selinux_rules":[],"descriptors":2,"unavailable":null,"pod":)"));
  EXPECT_THAT(json, testing::EndsWith("}\n"));
}

}  // namespace
}  // namespace perf_exporter
