#include <algorithm>
#include <set>

#include "caps/advice/finding_text.h"
#include "caps/probe/diagnosis.h"
#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {
namespace {

using testing::IsEmpty;

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

TEST(DiagnosisOrder, PutsWhatIsToBeFixedFirstOnTop) {
  std::vector<Finding> findings;
  for (const auto& [id, severity] :
       {std::pair{"w1", Severity::warn}, std::pair{"o", Severity::ok},
        std::pair{"f1", Severity::fail}, std::pair{"u", Severity::unknown},
        std::pair{"w2", Severity::warn}, std::pair{"f2", Severity::fail}}) {
    findings.push_back({id, severity, "", "", "", ""});
  }
  arrange(findings);
  EXPECT_EQ(ids_of(findings), "fail:f1 fail:f2 unknown:u warn:w1 warn:w2 ok:o");
}

std::string outlook(const std::vector<Finding>& findings, std::string_view id) {
  for (const Finding& finding : findings) {
    if (finding.id == id) {
      return finding.outlook;
    }
  }
  return "no such finding";
}

Finding finding_of(const char* id, Severity severity, FixEffect effect) {
  return {id, severity, "", "", "Do.", "", effect, ""};
}

TEST(DiagnosisOutlook, PromisesCountsOnlyWhereNothingElseIsInTheWay) {
  const auto promise = testing::HasSubstr("counts within 30 seconds");
  std::vector<Finding> findings = {finding_of("a", Severity::fail, FixEffect::at_once),
                                   finding_of("fine", Severity::ok, FixEffect::unsaid)};
  arrange(findings);
  EXPECT_THAT(outlook(findings, "a"), promise);
  for (const Severity severity : {Severity::fail, Severity::warn, Severity::unknown}) {
    for (const FixEffect effect : {FixEffect::unsaid, FixEffect::at_once, FixEffect::at_restart}) {
      std::vector<Finding> two = findings;  // arranged once, as a judge leaves them
      two.push_back(finding_of("b", severity, effect));
      arrange(two);
      EXPECT_THAT(outlook(two, "a"), testing::HasSubstr("depends on the other findings"));
      EXPECT_EQ(outlook(two, "b").empty(), effect != FixEffect::at_once);
      EXPECT_THAT(outlook(two, "b"), testing::Not(promise));
    }
  }
}

// Debian's gate is one sysctl, but without the capability that does not bring counts.
TEST(DiagnosisOutlook, OfAGateIsNoPromiseWithoutTheCapability) {
  HostFacts facts = plain_facts();
  facts.perf_event_paranoid = 3;
  facts.kernel_vendor = KernelVendor::debian;
  const Trials trials = trials_of("EINVAL EFAULT EACCES EACCES EACCES EACCES EACCES EACCES");
  EXPECT_THAT(outlook(diagnose(facts, trials, {}), "debian_gate"),
              testing::HasSubstr("depends on the other findings"));
  grant(facts, kPerfmonBit);
  EXPECT_THAT(outlook(diagnose(facts, trials, {}), "debian_gate"),
              testing::HasSubstr("counts within 30 seconds"));
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
