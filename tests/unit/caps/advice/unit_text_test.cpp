#include "caps/advice/unit_text.h"

#include "caps/advice/finding_text.h"
#include "fakes/temp_host.h"
#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kShortLine = "\n  SystemCallFilter=perf_event_open\n";
constexpr const char* kLongLine = "\n  SystemCallFilter=@system-service perf_event_open\n";

HostFacts in_a_unit(Place place) {
  HostFacts facts = plain_facts();
  facts.place = place;
  facts.unit = "a.service";
  facts.seccomp_mode = 2;
  facts.seccomp_filters = 7;
  return facts;
}

std::string fix_of(std::string_view key, const HostFacts& facts) {
  return fix_for(finding_text(key), facts);
}

// PID 1 has no filter: only a list of the unit's own takes calls.
TEST(UnitText, AddsToTheListWhereThereIsOne) {
  HostFacts facts = in_a_unit(Place::systemd);
  facts.init.seccomp_mode = 0;
  facts.init.seccomp_filters = 0;
  EXPECT_THAT(fix_of("seccomp_kill", facts),
              AllOf(HasSubstr(kShortLine), Not(HasSubstr("@system-service"))));
}

// ProtectProc= and hidepid hide PID 1; RestrictNamespaces= and its like install filters as well.
TEST(UnitText, GivesBothCasesWhereItCanNotBeTold) {
  for (const bool is_hidden : {true, false}) {
    HostFacts facts = in_a_unit(Place::systemd);
    if (!is_hidden) {
      facts.init.seccomp_mode = 2;
      facts.init.seccomp_filters = 1;
    }
    EXPECT_EQ(filter_owner(facts), FilterOwner::unknown);
    EXPECT_THAT(fix_of("seccomp_kill", facts),
                AllOf(HasSubstr(kShortLine), HasSubstr(kLongLine),
                      HasSubstr("adds @system-service to the list again"),
                      HasSubstr("\n  systemctl show --property=SystemCallFilter a.service\n"),
                      HasSubstr("If it has none, the filter is not the unit's")));
  }
}

TEST(UnitText, LeavesTheUnitAloneWhereItHasAddedNothing) {
  HostFacts facts = in_a_unit(Place::systemd);
  facts.init.seccomp_mode = 2;
  facts.init.seccomp_filters = 7;
  EXPECT_EQ(filter_owner(facts), FilterOwner::outside);
  EXPECT_THAT(fix_of("seccomp_eperm/no_profile", facts),
              AllOf(Not(HasSubstr("SystemCallFilter")), HasSubstr("let perf_event_open through")));
  facts.place = Place::nspawn;
  EXPECT_THAT(fix_of("seccomp_eperm/no_profile", facts),
              AllOf(HasSubstr("/etc/systemd/nspawn/NAME.nspawn"), Not(HasSubstr("drop-in"))));
}

TEST(UnitText, InsideAContainerEndsWithTheContainersOwn) {
  HostFacts facts = in_a_unit(Place::podman);
  EXPECT_THAT(
      fix_of("seccomp_eperm/no_profile", facts),
      AllOf(HasSubstr(kShortLine), HasSubstr(kLongLine), HasSubstr("podman run --security-opt")));
  facts.init.seccomp_mode = 0;
  EXPECT_THAT(fix_of("seccomp_eperm/no_profile", facts),
              AllOf(HasSubstr(kShortLine), Not(HasSubstr("podman"))));
}

TEST(UnitText, InsideAContainerGrantsWhatPid1Lacks) {
  HostFacts facts = in_a_unit(Place::nspawn);
  const auto of_container = HasSubstr("\n  Capability=CAP_PERFMON");
  const auto of_unit = HasSubstr("\n  AmbientCapabilities=CAP_PERFMON");
  EXPECT_THAT(fix_of("bounding_set_lacks_perfmon", facts), AllOf(of_container, of_unit));
  facts.init.capabilities = CapabilitySets{};
  EXPECT_THAT(fix_of("bounding_set_lacks_perfmon", facts), AllOf(of_container, of_unit));
  facts.init.capabilities->bounding = kPerfmonBit;
  EXPECT_THAT(fix_of("bounding_set_lacks_perfmon", facts), AllOf(Not(of_container), of_unit));
}

// What the unit is given counts, not what an image's file carries.
TEST(UnitText, InsideAContainerIsNoImageOfARuntime) {
  HostFacts facts = in_a_unit(Place::podman);
  EXPECT_EQ(ids_of(diagnose(facts, trials_of("EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK"),
                            {.hardware_events = Want::no})),
            "fail:file_capability_missing warn:paranoid_restricts");
  facts.capabilities->bounding = 0;
  EXPECT_THAT(diagnose(facts, trials_of("EPERM"), {}).front().fix,
              AllOf(HasSubstr(kShortLine), Not(HasSubstr("upgrade"))));
}

TEST(InitFacts, AreReadWhereProcShowsPid1) {
  TempHost host;
  EXPECT_FALSE(gather_facts(host.paths()).init.seccomp_mode);
  host.write_proc("1/status",
                  "Name:\tsystemd\nCapInh:\t0000000000000000\nCapPrm:\t000001fcfcfcffff\n"
                  "CapEff:\t000001fcfcfcffff\nCapBnd:\t000001fcfcfcffff\n"
                  "CapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t2\n"
                  "Seccomp_filters:\t1\n");
  const InitFacts init = gather_facts(host.paths()).init;
  EXPECT_THAT(init.seccomp_mode, testing::Optional(2));
  EXPECT_THAT(init.seccomp_filters, testing::Optional(1));
  ASSERT_TRUE(init.capabilities);
  EXPECT_EQ(init.capabilities->bounding, 0x1fcfcfcffff);
}

}  // namespace
}  // namespace perf_exporter
