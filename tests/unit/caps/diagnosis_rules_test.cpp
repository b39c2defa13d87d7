#include <algorithm>
#include <set>

#include "caps/diagnosis.h"
#include "caps/finding_text.h"
#include "unit/caps/diagnosis_cases.h"

namespace perf_exporter {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(DiagnosisOfWanted, JudgesTheOwnTaskWhereNoCpuIsWanted) {
  HostFacts facts = plain_facts();
  facts.perf_event_paranoid = 1;
  const Trials trials = trials_of("EINVAL EFAULT OK OK EACCES EACCES EACCES OK");
  EXPECT_EQ(ids_of(diagnose(facts, trials, {.per_cpu = Want::no})), "ok:permitted");
  EXPECT_TRUE(refuses_anything(diagnose(facts, trials, {})));
}

TEST(DiagnosisOfWanted, IsSilentAboutThePmuWhereNoHardwareIsWanted) {
  HostFacts facts = plain_facts();
  facts.core_pmus->clear();
  const Trials trials = trials_of("EINVAL EFAULT OK OK OK OK ENOENT ENOENT");
  EXPECT_EQ(ids_of(diagnose(facts, trials, {.hardware_events = Want::no})), "ok:permitted");
  EXPECT_EQ(ids_of(diagnose(facts, trials, {.software_events = Want::no})),
            "warn:no_pmu ok:permitted");
}

TEST(DiagnosisOfWanted, IsEmptyWhereNothingIsWanted) {
  const Trials trials = trials_of("EPERM");
  EXPECT_THAT(
      diagnose(plain_facts(), trials, {.hardware_events = Want::no, .software_events = Want::no}),
      IsEmpty());
}

std::string first_fix(const HostFacts& facts, const char* trials) {
  return diagnose(facts, trials_of(trials), {}).front().fix;
}

TEST(DiagnosisFix, SpeaksOfThePlace) {
  HostFacts facts = plain_facts();
  facts.capabilities->bounding = 0;
  set_file_capabilities(facts, kPerfmonBit);
  const char* trials = "EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK";
  facts.place = Place::kubernetes;
  EXPECT_THAT(first_fix(facts, trials), HasSubstr("capabilities: {drop: [ALL], add: [PERFMON]}"));
  facts.place = Place::docker;
  EXPECT_THAT(first_fix(facts, trials), HasSubstr("--cap-add PERFMON"));
  facts.place = Place::systemd;
  EXPECT_THAT(first_fix(facts, trials), HasSubstr("CapabilityBoundingSet=CAP_PERFMON"));
  facts.place.reset();
  EXPECT_THAT(first_fix(facts, trials), HasSubstr("from a shell or service"));
}

TEST(DiagnosisFix, NamesTheExecutable) {
  HostFacts facts = plain_facts();
  const char* trials = "EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK";
  facts.executable = "/opt/bin/exporter";
  EXPECT_THAT(first_fix(facts, trials), HasSubstr("setcap cap_perfmon=ep /opt/bin/exporter"));
  facts.executable.reset();
  EXPECT_THAT(first_fix(facts, trials), HasSubstr("/usr/bin/perf-exporter"));
}

TEST(DiagnosisFix, TellsAnUngrantedCapabilityFromAnOldProfile) {
  HostFacts facts = plain_facts();
  facts.place = Place::docker;
  facts.seccomp_mode = 2;
  EXPECT_THAT(first_fix(facts, "EPERM"), HasSubstr("upgrade Docker"));
  facts.capabilities->bounding = 0;
  EXPECT_THAT(first_fix(facts, "EPERM"), HasSubstr("--cap-add PERFMON"));
}

TEST(DiagnosisFix, OfAGateFollowsItsStyle) {
  HostFacts facts = plain_facts();
  facts.perf_event_paranoid = 4;
  grant(facts, kPerfmonBit);
  EXPECT_THAT(first_fix(facts, "EINVAL EACCES EACCES EACCES EACCES EACCES EACCES EACCES"),
              HasSubstr("newer Ubuntu kernels"));
  EXPECT_THAT(first_fix(facts, "EINVAL EFAULT EACCES EACCES EACCES EACCES EACCES EACCES"),
              Not(HasSubstr("Ubuntu")));
}

std::vector<HostFacts> some_facts() {
  std::vector<HostFacts> all = {plain_facts(), HostFacts{}};
  for (const std::int64_t level : {0, 1, 2, 3}) {
    HostFacts facts = plain_facts();
    facts.perf_event_paranoid = level;
    all.push_back(facts);
    grant(facts, kPerfmonBit);
    all.push_back(facts);
    facts.initial_user_namespace = false;
    all.push_back(facts);
    facts.initial_user_namespace.reset();
    all.push_back(facts);
    grant(facts, kAllBits);
    facts.initial_user_namespace = true;
    facts.seccomp_mode = 2;
    facts.core_pmus.reset();
    all.push_back(facts);
    facts.capget->permitted = 0;
    all.push_back(facts);
  }
  return all;
}

// Every outcome of `length` trials.
std::vector<std::string> combinations(int length) {
  if (length == 0) {
    return {""};
  }
  std::vector<std::string> all;
  for (const std::string& head : combinations(length - 1)) {
    for (const char* word : {"OK", "EACCES", "EMFILE"}) {
      all.push_back(head + " " + word);
    }
  }
  return all;
}

void check_rules(const HostFacts& facts, const Trials& trials) {
  const auto findings = diagnose(facts, trials, {});
  ASSERT_FALSE(findings.empty());
  std::set<std::string> ids;
  for (const Finding& finding : findings) {
    EXPECT_TRUE(ids.insert(finding.id).second) << finding.id << " twice";
  }
  if (trials[Trial::kernel_cpu].opened()) {
    EXPECT_TRUE(ids.contains("permitted"));
    const bool hardware_refused = trials[Trial::hardware_cpu].failed_with(EACCES);
    EXPECT_TRUE(hardware_refused || !refuses_anything(findings));
    EXPECT_TRUE(!hardware_refused || findings.size() > 1) << "mute about the hardware";
  } else {
    EXPECT_FALSE(ids.contains("permitted"));
    EXPECT_TRUE(refuses_anything(findings));
    EXPECT_EQ(findings.front().severity, Severity::fail);
  }
}

// Whatever the facts and the trials are: never mute, never both permitted and refused, no cause
// twice.
TEST(DiagnosisRules, HoldForEveryCombination) {
  std::vector<std::string> all;
  for (const std::string& software : combinations(4)) {
    for (const char* hardware :
         {" OK OK", " EACCES EACCES", " ENOENT ENOENT", " EACCES ENOENT", " EACCES OK"}) {
      all.push_back("EINVAL EFAULT" + software + hardware);
      all.push_back("EPERM EPERM" + software + hardware);
    }
  }
  for (const HostFacts& facts : some_facts()) {
    for (const std::string& trials : all) {
      check_rules(facts, trials_of(trials));
      if (HasFailure()) {
        FAIL() << trials << ": " << ids_of(diagnose(facts, trials_of(trials), {}));
      }
    }
  }
}

}  // namespace
}  // namespace perf_exporter
