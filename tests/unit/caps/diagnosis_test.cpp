#include "caps/diagnosis.h"

#include "caps/finding_text.h"
#include "unit/caps/diagnosis_cases.h"

namespace perf_exporter {
namespace {

// The trials of one process, r0 to r7, on a machine with a PMU.
constexpr const char* kAllowed = "EINVAL EFAULT OK OK OK OK OK OK";
constexpr const char* kAllowedNoPmu = "EINVAL EFAULT OK OK OK OK ENOENT ENOENT";
constexpr const char* kLevel1 = "EINVAL EFAULT OK OK EACCES EACCES EACCES OK";
constexpr const char* kLevel2 = "EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK";
constexpr const char* kLevel2NoPmu = "EINVAL EFAULT OK EACCES EACCES EACCES EACCES ENOENT";
constexpr const char* kDebianGate = "EINVAL EFAULT EACCES EACCES EACCES EACCES EACCES EACCES";
constexpr const char* kUbuntuGate = "EINVAL EACCES EACCES EACCES EACCES EACCES EACCES EACCES";
constexpr const char* kSeccompEperm = "EPERM EPERM EPERM EPERM EPERM EPERM EPERM EPERM";
constexpr const char* kEnosys = "ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS";
constexpr const char* kEnodev = "ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV";
constexpr const char* kKernelOnly = "EINVAL EFAULT OK EACCES OK EACCES EACCES OK";
constexpr const char* kCpuOnly = "EINVAL EFAULT OK OK EACCES EACCES EACCES OK";

struct Row {
  const char* name;
  void (*change)(HostFacts&);
  const char* trials;
  const char* expected;
};

void nothing(HostFacts& /*facts*/) {}

constexpr Row kRows[] = {
    {"everything_allowed", [](HostFacts& f) { grant(f, kPerfmonBit); }, kAllowed, "ok:permitted"},
    {"paranoid_minus_one", [](HostFacts& f) { f.perf_event_paranoid = -1; }, kAllowed,
     "ok:permitted"},
    {"no_pmu_and_allowed",
     [](HostFacts& f) {
       grant(f, kPerfmonBit);
       f.core_pmus->clear();
     },
     kAllowedNoPmu, "warn:no_pmu ok:permitted"},
    {"cycles_unknown_to_the_pmu", [](HostFacts& f) { grant(f, kPerfmonBit); }, kAllowedNoPmu,
     "warn:hardware_event_unsupported ok:permitted"},
    {"pmu_held", [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT OK OK OK OK EBUSY EBUSY", "warn:pmu_busy ok:permitted"},
    {"mediated_vpmu", [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT OK OK OK OK EOPNOTSUPP OK", "warn:hardware_event_unsupported ok:permitted"},

    {"seccomp_default_profile",
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       f.capabilities->bounding = 0;
       set_file_capabilities(f, kPerfmonBit);
     },
     kSeccompEperm, "fail:seccomp_refuses warn:bounding_set_lacks_perfmon"},
    {"seccomp_of_an_old_runtime",
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       grant(f, kPerfmonBit);
     },
     kSeccompEperm, "fail:seccomp_refuses"},
    {"seccomp_with_enosys",
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       grant(f, kSysAdminBit);
     },
     kEnosys, "fail:seccomp_refuses"},
    {"seccomp_kills",
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       grant(f, kPerfmonBit);
     },
     "SIGSYS", "fail:seccomp_refuses"},
    {"seccomp_mode_unknown",
     [](HostFacts& f) {
       f.seccomp_mode.reset();
       grant(f, kPerfmonBit);
     },
     kSeccompEperm, "fail:seccomp_refuses"},
    {"no_perf_in_the_kernel",
     [](HostFacts& f) {
       f.has_paranoid_sysctl = false;
       f.perf_event_paranoid.reset();
     },
     kEnosys, "fail:kernel_without_perf"},
    {"no_perf_or_seccomp",
     [](HostFacts& f) {
       f.has_paranoid_sysctl = false;
       f.perf_event_paranoid.reset();
       f.seccomp_mode = 2;
     },
     kEnosys, "fail:kernel_without_perf fail:seccomp_refuses"},
    {"gvisor", [](HostFacts& f) { grant(f, kPerfmonBit); }, kEnodev, "fail:emulated_kernel"},
    {"intercepted", [](HostFacts& f) { grant(f, kPerfmonBit); }, kSeccompEperm,
     "fail:refused_before_perf"},
    {"no_child", [](HostFacts& f) { grant(f, kPerfmonBit); }, "-", "unknown:trials_not_run"},

    {"no_descriptor_left", [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT EMFILE EMFILE EMFILE EMFILE EMFILE EMFILE", "fail:descriptors_exhausted"},
    {"no_descriptor_and_no_capability", nothing,
     "EINVAL EFAULT ENFILE EACCES ENFILE EACCES EACCES ENFILE",
     "fail:descriptors_exhausted fail:file_capability_missing warn:paranoid_restricts"},
    {"no_descriptor_to_raise_with", [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT EMFILE EACCES EMFILE EACCES EACCES EMFILE", "fail:descriptors_exhausted"},

    {"debian_gate_with_perfmon",
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       grant(f, kPerfmonBit);
     },
     kDebianGate, "fail:distribution_gate"},
    {"debian_gate_without_capability", [](HostFacts& f) { f.perf_event_paranoid = 3; }, kDebianGate,
     "fail:file_capability_missing fail:distribution_gate"},
    {"ubuntu_gate_with_perfmon",
     [](HostFacts& f) {
       f.perf_event_paranoid = 4;
       grant(f, kPerfmonBit);
     },
     kUbuntuGate, "fail:distribution_gate"},
    {"gate_for_a_namespaces_root",
     [](HostFacts& f) {
       f.perf_event_paranoid = 4;
       f.initial_user_namespace = false;
       grant(f, kAllBits);
     },
     kUbuntuGate, "fail:user_namespace fail:distribution_gate"},
    {"gate_or_selinux",
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       f.lsm_label = "u:r:container_t:s0";
       grant(f, kPerfmonBit);
     },
     kDebianGate, "fail:distribution_gate unknown:lsm_denies_open"},
    {"gate_and_apparmor",
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       grant(f, kPerfmonBit);
       f.capget->permitted = 0;
     },
     kDebianGate, "fail:apparmor_denies_capability fail:distribution_gate"},
    {"gate_no_pmu_in_sysfs",
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       grant(f, kPerfmonBit);
       f.core_pmus->clear();
     },
     kDebianGate, "fail:distribution_gate warn:no_pmu"},
    {"selinux_open",
     [](HostFacts& f) {
       f.lsm_label = "u:r:container_t:s0";
       grant(f, kAllBits);
     },
     kDebianGate, "fail:lsm_denies_open"},
    {"open_refused_at_an_unknown_level",
     [](HostFacts& f) {
       f.perf_event_paranoid.reset();
       grant(f, kPerfmonBit);
     },
     kDebianGate, "fail:distribution_gate unknown:lsm_denies_open"},

    {"selinux_kernel", [](HostFacts& f) { grant(f, kPerfmonBit); }, kKernelOnly,
     "fail:lsm_denies_kernel"},
    {"selinux_cpu", [](HostFacts& f) { grant(f, kPerfmonBit); }, kCpuOnly, "fail:lsm_denies_cpu"},
    {"selinux_cpu_at_level_0", [](HostFacts& f) { f.perf_event_paranoid = 0; }, kCpuOnly,
     "fail:lsm_denies_cpu"},
    {"veto_at_level_1",
     [](HostFacts& f) {
       f.perf_event_paranoid = 1;
       grant(f, kPerfmonBit);
     },
     kLevel1, "fail:lsm_denies_cpu fail:lsm_denies_capability"},
    {"apparmor",
     [](HostFacts& f) {
       grant(f, kPerfmonBit);
       f.capget->permitted = 0;
       f.capget->effective = 0;
     },
     kLevel2, "fail:apparmor_denies_capability"},
    {"selinux_capability", [](HostFacts& f) { grant(f, kPerfmonBit); }, kLevel2,
     "fail:lsm_denies_capability"},

    {"user_namespace_with_capability",
     [](HostFacts& f) {
       f.initial_user_namespace = false;
       grant(f, kAllBits);
     },
     kLevel2, "fail:user_namespace warn:paranoid_restricts"},
    {"user_namespace_without_capability",
     [](HostFacts& f) {
       f.initial_user_namespace = false;
       f.capabilities->bounding = 0;
       set_file_capabilities(f, kPerfmonBit);
     },
     kLevel2, "fail:user_namespace fail:bounding_set_lacks_perfmon warn:paranoid_restricts"},
    {"user_namespace_unknown",
     [](HostFacts& f) {
       f.initial_user_namespace.reset();
       grant(f, kPerfmonBit);
     },
     kLevel2, "fail:user_namespace fail:lsm_denies_capability"},

    {"no_file_capability", nothing, kLevel2,
     "fail:file_capability_missing warn:paranoid_restricts"},
    {"no_file_capability_and_no_pmu", [](HostFacts& f) { f.core_pmus->clear(); }, kLevel2NoPmu,
     "fail:file_capability_missing warn:paranoid_restricts warn:no_pmu"},
    {"no_file_capability_at_level_1", [](HostFacts& f) { f.perf_event_paranoid = 1; }, kLevel1,
     "fail:file_capability_missing warn:paranoid_restricts"},
    {"other_file_capability", [](HostFacts& f) { set_file_capabilities(f, kSysAdminBit); }, kLevel2,
     "fail:file_capability_lacks_perfmon warn:paranoid_restricts"},
    {"file_capability_of_another_namespace",
     [](HostFacts& f) {
       f.file_capabilities = FileCapabilities{true, kPerfmonBit, 0, true, 1000};
     },
     kLevel2, "fail:file_capability_lacks_perfmon warn:paranoid_restricts"},
    {"bounding_set",
     [](HostFacts& f) {
       f.capabilities->bounding = 0;
       set_file_capabilities(f, kPerfmonBit);
     },
     kLevel2, "fail:bounding_set_lacks_perfmon warn:paranoid_restricts"},
    {"bounding_set_and_file",
     [](HostFacts& f) { f.capabilities->bounding = kAllBits & ~kPerfmonBit; }, kLevel2,
     "fail:bounding_set_lacks_perfmon fail:file_capability_missing warn:paranoid_restricts"},
    {"nosuid",
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.nosuid_mount = true;
     },
     kLevel2, "fail:nosuid_mount warn:paranoid_restricts"},
    {"no_new_privs",
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.no_new_privs = true;
     },
     kLevel2, "fail:no_new_privs_dropped_perfmon warn:paranoid_restricts"},
    {"no_new_privs_proves_nothing_without_a_file_capability",
     [](HostFacts& f) { f.no_new_privs = true; }, kLevel2,
     "fail:file_capability_missing warn:paranoid_restricts"},
    {"tracer",
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.tracer_pid = 7;
     },
     kLevel2, "fail:tracer_dropped_perfmon warn:paranoid_restricts"},
    {"tracer_or_no_new_privs",
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.no_new_privs = true;
       f.tracer_pid = 7;
     },
     kLevel2,
     "fail:no_new_privs_dropped_perfmon fail:tracer_dropped_perfmon warn:paranoid_restricts"},
    {"no_file_caps",
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.no_file_caps = true;
     },
     kLevel2, "fail:file_capability_not_applied warn:paranoid_restricts"},
    {"old_kernel", [](HostFacts& f) { f.cap_last_cap = 37; }, kLevel2,
     "fail:kernel_lacks_perfmon warn:paranoid_restricts"},
    {"permitted_only", [](HostFacts& f) { f.capabilities->permitted = kPerfmonBit; }, kLevel2,
     "fail:apparmor_denies_capability fail:permitted_not_raised warn:paranoid_restricts"},
    {"permitted_only_seen_by_capget",
     [](HostFacts& f) {
       grant(f, kPerfmonBit);
       f.capabilities->effective = 0;
     },
     kLevel2, "fail:permitted_not_raised warn:paranoid_restricts"},
    {"root_that_dropped", [](HostFacts& f) { f.uid = 0; }, kLevel2,
     "fail:root_lost_perfmon warn:paranoid_restricts"},
    {"sets_unknown", [](HostFacts& f) { f.capabilities.reset(); }, kLevel2,
     "fail:unexplained_refusal"},

    {"offline_cpu", [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT OK OK ENODEV ENODEV ENODEV OK", "unknown:cpu_offline"},
    {"hardware_alone_refused", [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT OK OK OK OK EACCES OK", "fail:unexplained_refusal ok:permitted"},
};

class Diagnosis : public testing::TestWithParam<Row> {};

TEST_P(Diagnosis, NamesTheCauses) {
  HostFacts facts = plain_facts();
  GetParam().change(facts);
  const auto findings = diagnose(facts, trials_of(GetParam().trials), {});
  EXPECT_EQ(ids_of(findings), GetParam().expected);
  for (const Finding& finding : findings) {
    EXPECT_FALSE(finding.summary.empty()) << finding.id;
    EXPECT_FALSE(finding.evidence.empty()) << finding.id;
    EXPECT_EQ(finding.fix.empty(), finding.severity == Severity::ok) << finding.id;
    EXPECT_EQ(finding.anchor, finding_anchor(finding.id));
  }
}

INSTANTIATE_TEST_SUITE_P(Table, Diagnosis, testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace perf_exporter
