// Where a fix must be made, and in which words.
#include <cstring>

#include "caps/advice/finding_text.h"
#include "caps/probe/diagnosis.h"
#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLevel2 = "EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK";
constexpr const char* kDebianGate = "EINVAL EFAULT EACCES EACCES EACCES EACCES EACCES EACCES";

std::string first_fix(const HostFacts& facts, const char* trials) {
  return diagnose(facts, trials_of(trials), {}).front().fix;
}

TEST(DiagnosisFix, SpeaksOfThePlace) {
  HostFacts facts = plain_facts();
  facts.capabilities->bounding = 0;
  set_file_capabilities(facts, kPerfmonBit);
  facts.place = Place::kubernetes;
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("capabilities: {drop: [ALL], add: [PERFMON]}"));
  facts.place = Place::docker;
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("--cap-add PERFMON"));
  facts.place = Place::systemd;
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("CapabilityBoundingSet=CAP_PERFMON"));
  facts.place.reset();
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("keeps CAP_PERFMON"));
}

TEST(DiagnosisFix, NamesTheExecutable) {
  HostFacts facts = plain_facts();
  facts.executable = "/opt/bin/exporter";
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("setcap cap_perfmon=ep /opt/bin/exporter"));
  facts.executable.reset();
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("/usr/bin/perf-exporter"));
}

TEST(DiagnosisFix, TellsAnUngrantedCapabilityFromAnOldProfile) {
  HostFacts facts = plain_facts();
  facts.place = Place::docker;
  facts.runtime = Runtime::docker;
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
              HasSubstr("newer ones of Ubuntu"));
  EXPECT_THAT(first_fix(facts, "EINVAL EFAULT EACCES EACCES EACCES EACCES EACCES EACCES"),
              Not(HasSubstr("Ubuntu")));
}

std::string first_evidence(const HostFacts& facts, const char* trials) {
  return diagnose(facts, trials_of(trials), {}).front().evidence;
}

TEST(DiagnosisFix, OfAUnitIsADropInWithBothSets) {
  HostFacts facts = plain_facts();
  facts.capabilities->bounding = 0;
  set_file_capabilities(facts, kPerfmonBit);
  facts.place = Place::systemd;
  facts.unit = "counters.service";
  EXPECT_THAT(first_fix(facts, kLevel2), AllOf(HasSubstr("systemctl edit counters.service"),
                                               HasSubstr("\n  AmbientCapabilities=CAP_PERFMON"),
                                               HasSubstr("\n  CapabilityBoundingSet=CAP_PERFMON"),
                                               Not(HasSubstr("securityContext"))));
}

TEST(DiagnosisFix, OfNspawnAndPodmanNamesTheirOwnSwitches) {
  HostFacts facts = plain_facts();
  facts.capabilities->bounding = 0;
  set_file_capabilities(facts, kPerfmonBit);
  facts.place = Place::nspawn;
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("\n  Capability=CAP_PERFMON"));
  facts.place = Place::podman;
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("podman run --cap-drop ALL --cap-add PERFMON"));
  facts.place = Place::containerd;
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("nerdctl run"));
}

TEST(DiagnosisFix, OfLinuxContainersNamesTheSwitchesOfWhatManagesThem) {
  HostFacts facts = plain_facts();
  facts.initial_user_namespace = false;
  grant(facts, kPerfmonBit);
  facts.place = Place::incus;
  facts.runtime = Runtime::incus;
  EXPECT_THAT(first_fix(facts, kLevel2),
              HasSubstr("\n  incus config set NAME security.privileged=true\n"));
  facts.runtime = Runtime::lxd;
  EXPECT_THAT(first_fix(facts, kLevel2),
              HasSubstr("\n  lxc config set NAME security.privileged=true\n"));
  facts.place = Place::proxmox;
  EXPECT_THAT(first_fix(facts, kLevel2), HasSubstr("\n  pct restore ID BACKUP --unprivileged 0"));
  facts.seccomp_mode = 2;
  EXPECT_THAT(first_fix(facts, "EPERM"),
              AllOf(HasSubstr("lxc.seccomp.profile"), HasSubstr("/etc/pve/lxc/ID.conf"),
                    Not(HasSubstr("SystemCallFilter"))));
  facts.place = Place::lxc;
  EXPECT_THAT(first_fix(facts, "EPERM"), HasSubstr("\n  sudo lxc-start NAME\n"));
}

// Enforcing kernels show one missing rule at a time.
TEST(DiagnosisFix, OfSelinuxIsTheWholeRuleSetWhicheverPermissionCameFirst) {
  HostFacts facts = plain_facts();
  facts.lsm_label = "system_u:system_r:agent_t:s0:c1,c2";
  grant(facts, kPerfmonBit);
  for (const char* trials : {kDebianGate, kLevel2, "EINVAL EFAULT OK EACCES OK EACCES EACCES OK",
                             "EINVAL EFAULT OK OK EACCES EACCES EACCES OK",
                             "EINVAL EFAULT OK OK OK OK OK OK - EACCES"}) {
    EXPECT_THAT(first_fix(facts, trials),
                AllOf(HasSubstr("(allow agent_t self (perf_event (open cpu kernel read write)))"),
                      HasSubstr("(allow agent_t self (capability2 (perfmon)))")))
        << trials;
  }
}

TEST(DiagnosisFix, OfSelinuxOffersTheUnconfinedTypeUnlessItIsThatAlready) {
  HostFacts facts = plain_facts();
  facts.place = Place::kubernetes;
  grant(facts, kPerfmonBit);
  facts.lsm_label = "system_u:system_r:container_t:s0";
  EXPECT_THAT(first_fix(facts, kDebianGate), HasSubstr("seLinuxOptions: {type: spc_t}"));
  facts.lsm_label = "system_u:system_r:spc_t:s0";
  EXPECT_THAT(first_fix(facts, kDebianGate), Not(HasSubstr("seLinuxOptions")));
  EXPECT_THAT(first_fix(facts, kDebianGate), HasSubstr("(allow spc_t self"));
  EXPECT_THAT(first_evidence(facts, kDebianGate), HasSubstr("may lack rules"));
}

TEST(DiagnosisFix, WithoutSelinuxLooksForABpfProgram) {
  HostFacts facts = plain_facts();
  grant(facts, kPerfmonBit);
  EXPECT_THAT(first_fix(facts, kDebianGate),
              AllOf(HasSubstr("bpftool prog list"), Not(HasSubstr("semodule"))));
}

TEST(DiagnosisFix, OfAppArmorNamesTheProfile) {
  HostFacts facts = plain_facts();
  grant(facts, kPerfmonBit);
  facts.capget->permitted = 0;
  facts.apparmor = AppArmorProfile{"exporter", "enforce"};
  EXPECT_THAT(first_fix(facts, kLevel2),
              AllOf(HasSubstr("profile exporter"), HasSubstr("\n  capability perfmon,")));
}

// A capability is no remedy there, and a sysctl none for a filter.
TEST(DiagnosisFix, NeverAdvisesWhatCanNotHelp) {
  HostFacts facts = plain_facts();
  facts.perf_event_paranoid = 4;
  grant(facts, kAllBits);
  EXPECT_THAT(first_fix(facts, kDebianGate),
              AllOf(HasSubstr("No capability helps"), HasSubstr("perf_event_paranoid=2")));
  facts.seccomp_mode = 2;
  facts.place = Place::kubernetes;
  facts.runtime = Runtime::crio;
  facts.capabilities->bounding = kSysAdminBit;
  for (const char* trials : {"EPERM", "ENOSYS", "EACCES", "SIGSYS"}) {
    EXPECT_THAT(first_fix(facts, trials), Not(HasSubstr("sysctl"))) << trials;
  }
  EXPECT_THAT(first_fix(facts, "ENOSYS"), HasSubstr("add: [PERFMON, SYS_ADMIN]"));
}

TEST(DiagnosisFix, OfAMissingPmuIsTheHypervisorsSwitch) {
  HostFacts facts = plain_facts();
  facts.core_pmus->clear();
  grant(facts, kPerfmonBit);
  const std::pair<Hypervisor, const char*> switches[] = {
      {Hypervisor::gce, "--performance-monitoring-unit"},
      {Hypervisor::aws, ".metal"},
      {Hypervisor::hyperv, "Set-VMProcessor"},
      {Hypervisor::wsl2, "hardwarePerformanceCounters=true"},
      {Hypervisor::kata, "cpu_features"},
      {Hypervisor::openstack, "hw_pmu"},
      {Hypervisor::kvm, "<pmu state='on'/>"},
      {Hypervisor::vmware, "vpmc.enable"},
      {Hypervisor::xen, "vpmu=on"},
      {Hypervisor::other, "Ask whoever runs"}};
  for (const auto& [hypervisor, words] : switches) {
    facts.hypervisor = hypervisor;
    const std::string fix = first_fix(facts, "EINVAL EFAULT OK OK OK OK ENOENT ENOENT");
    EXPECT_THAT(fix, AllOf(HasSubstr(words), Not(HasSubstr("sysctl"))));
  }
}

Finding finding_of(std::string_view id, const HostFacts& facts, const char* trials) {
  for (Finding& finding : diagnose(facts, trials_of(trials), {})) {
    if (finding.id == id) {
      return std::move(finding);
    }
  }
  ADD_FAILURE() << "no " << id;
  return {};
}

// What is said of CAP_PERFMON in the headline, the evidence and the fix is one and the same.
TEST(DiagnosisWords, OfAGateAreOfOneMindAboutTheCapability) {
  HostFacts facts = plain_facts();
  facts.perf_event_paranoid = 3;
  facts.kernel_vendor = KernelVendor::debian;
  const Finding debians = finding_of("debian_gate", facts, kDebianGate);
  EXPECT_THAT(debians.summary, HasSubstr("to all but CAP_SYS_ADMIN"));
  EXPECT_THAT(debians.evidence, AllOf(HasSubstr("not held; no kernel of Debian's so far takes it"),
                                      Not(HasSubstr("may be enough"))));
  facts.perf_event_paranoid = 4;
  facts.kernel_vendor = KernelVendor::ubuntu;
  const Finding untried = finding_of("ubuntu_gate", facts, kDebianGate);
  EXPECT_THAT(untried.summary, HasSubstr("only newer ones take CAP_PERFMON"));
  EXPECT_THAT(untried.evidence, HasSubstr("newer kernels of Ubuntu take it"));
  EXPECT_THAT(untried.fix, testing::StartsWith("First give the program CAP_PERFMON"));
  grant(facts, kPerfmonBit);
  const Finding unfixed = finding_of("ubuntu_gate", facts, kDebianGate);
  EXPECT_THAT(unfixed.evidence, HasSubstr("CAP_PERFMON is effective and is not enough"));
  EXPECT_THAT(unfixed.fix, testing::StartsWith("Upgrade"));
}

// No capability counts in a user namespace, and a kernel before 5.8 has no CAP_PERFMON.
TEST(DiagnosisWords, NeverAskForACapabilityThatAnotherFindingSaysIsOfNoUse) {
  HostFacts confined = plain_facts();
  confined.initial_user_namespace = false;
  grant(confined, kAllBits);
  HostFacts old = plain_facts();
  old.cap_last_cap = 37;
  for (const HostFacts& facts : {confined, old}) {
    const Finding level = finding_of("paranoid_restricts", facts, kLevel2);
    for (const std::string& text : {level.summary, level.evidence, level.fix}) {
      EXPECT_THAT(text, Not(HasSubstr("PERFMON")));
    }
    EXPECT_THAT(level.fix, HasSubstr("what the other findings say"));
  }
}

// The sysctl is what people look for first.
TEST(DiagnosisEvidence, OfAFilterAcquitsTheLevel) {
  HostFacts facts = plain_facts();
  facts.seccomp_mode = 2;
  grant(facts, kPerfmonBit);
  for (const char* trials :
       {"EPERM", "ENOSYS", "EACCES", "SIGSYS", "EINVAL EFAULT OK OK EPERM EPERM EPERM OK"}) {
    EXPECT_THAT(first_evidence(facts, trials), HasSubstr("perf_event_paranoid 2 is not the cause"))
        << trials;
  }
  facts.perf_event_paranoid = -1;
  EXPECT_THAT(first_evidence(facts, "EPERM"), Not(HasSubstr("is not the cause")));
}

TEST(DiagnosisFix, InPodmanNamesPodmanAlone) {
  HostFacts facts = plain_facts();
  facts.place = Place::podman;
  facts.runtime = Runtime::podman;
  for (const FindingText& text : finding_texts()) {
    std::string fix = fix_for(text, facts);
    for (auto at = fix.find("Dockerfile"); at != std::string::npos; at = fix.find("Dockerfile")) {
      fix.erase(at, std::strlen("Dockerfile"));
    }
    EXPECT_THAT(fix, AllOf(Not(HasSubstr("Docker")), Not(HasSubstr("docker")))) << text.key;
  }
}

TEST(DiagnosisEvidence, NamesTheProfilesThatAnswerSo) {
  HostFacts facts = plain_facts();
  facts.place = Place::docker;
  facts.seccomp_mode = 2;
  EXPECT_THAT(first_evidence(facts, "EPERM"), HasSubstr("no default profile known here"));
  facts.runtime.reset();
  facts.capabilities->bounding = kPerfmonBit;
  EXPECT_THAT(first_evidence(facts, "EPERM"),
              AllOf(HasSubstr("Docker up to 20.10"), HasSubstr("CRI-O 1.31 to 1.35.0"),
                    Not(HasSubstr("Docker 23.0"))));
  facts.runtime = Runtime::containerd;
  EXPECT_THAT(first_evidence(facts, "EPERM"),
              AllOf(HasSubstr("containerd before 1.6.9"), Not(HasSubstr("Docker"))));
}

}  // namespace
}  // namespace perf_exporter
