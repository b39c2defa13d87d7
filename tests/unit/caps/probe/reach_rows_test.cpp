#include "unit/caps/probe/diagnosis_rows.h"

namespace perf_exporter {
namespace {

constexpr const char* kEacces = "EACCES EACCES EACCES EACCES EACCES EACCES EACCES EACCES";
constexpr const char* kEnodev = "ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV";

void in_docker(HostFacts& facts) {
  facts.place = Place::docker;
  facts.runtime = Runtime::docker;
  facts.seccomp_mode = 2;
}

void behind_a_filter_at_level(HostFacts& facts, std::int64_t level, KernelVendor vendor) {
  facts.seccomp_mode = 2;
  facts.perf_event_paranoid = level;
  facts.kernel_vendor = vendor;
}

constexpr Row kRows[] = {
    {"default_profile_without_the_capability", kOci,
     [](HostFacts& f) {
       in_docker(f);
       f.capabilities->bounding = 0;
       set_file_capabilities(f, kPerfmonBit);
     },
     kEperm, "fail:seccomp_eperm warn:bounding_set_lacks_perfmon"},
    {"profile_of_an_old_runtime_with_the_capability", kOci,
     [](HostFacts& f) {
       in_docker(f);
       grant(f, kPerfmonBit);
     },
     kEperm, "fail:seccomp_eperm"},
    {"profile_that_wants_both_capabilities", kOci,
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       f.place = Place::kubernetes;
       f.runtime = Runtime::crio;
       f.capabilities->bounding = kSysAdminBit;
       grant(f, kSysAdminBit);
     },
     kEnosys, "fail:seccomp_enosys"},
    {"filter_on_a_host_eperm", kHost,
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       grant(f, kPerfmonBit);
     },
     kEperm, "fail:seccomp_eperm"},
    {"filter_on_a_host_enosys", kHost,
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       grant(f, kPerfmonBit);
     },
     kEnosys, "fail:seccomp_enosys"},
    {"filter_on_a_host_eacces", kHost,
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       grant(f, kPerfmonBit);
     },
     kEacces, "fail:seccomp_errno"},
    {"filter_on_a_host_einval_which_perf_answers_to_the_first_trial_alone", kHost,
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       grant(f, kPerfmonBit);
     },
     "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL", "fail:seccomp_errno"},
    {"filter_of_whole_cpus_by_the_arguments", kHost,
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       grant(f, kPerfmonBit);
     },
     "EINVAL EFAULT OK OK EPERM EPERM EPERM OK", "fail:seccomp_eperm"},
    {"filter_that_kills", kHost,
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       grant(f, kPerfmonBit);
     },
     "SIGSYS", "fail:seccomp_kill"},
    {"filter_in_front_of_debians_gate", kRule,
     [](HostFacts& f) {
       behind_a_filter_at_level(f, 3, KernelVendor::debian);
       grant(f, kPerfmonBit);
     },
     kEperm, "fail:seccomp_eperm warn:debian_gate"},
    {"filter_that_kills_in_front_of_debians_gate_and_no_capability", kRule,
     [](HostFacts& f) { behind_a_filter_at_level(f, 4, KernelVendor::debian); }, "SIGSYS",
     "fail:seccomp_kill warn:file_capability_missing warn:debian_gate"},
    {"filter_in_front_of_ubuntus_gate", kRule,
     [](HostFacts& f) { behind_a_filter_at_level(f, 4, KernelVendor::ubuntu); }, kEnosys,
     "fail:seccomp_enosys warn:file_capability_missing warn:ubuntu_gate"},
    {"filter_on_debian_at_level_2", kRule,
     [](HostFacts& f) {
       behind_a_filter_at_level(f, 2, KernelVendor::debian);
       grant(f, kPerfmonBit);
     },
     kEperm, "fail:seccomp_eperm"},
    {"filter_in_front_of_a_gate_that_sys_admin_passes", kRule,
     [](HostFacts& f) {
       behind_a_filter_at_level(f, 3, KernelVendor::debian);
       grant(f, kSysAdminBit);
     },
     kEperm, "fail:seccomp_eperm"},
    {"filter_on_a_mainline_kernel_at_level_4", kRule,
     [](HostFacts& f) {
       behind_a_filter_at_level(f, 4, KernelVendor::other);
       grant(f, kPerfmonBit);
     },
     kEperm, "fail:seccomp_eperm"},
    {"filter_by_the_arguments_and_debians_gate", kRule,
     [](HostFacts& f) {
       behind_a_filter_at_level(f, 3, KernelVendor::debian);
       grant(f, kPerfmonBit);
     },
     "EINVAL EFAULT EACCES EACCES EPERM EPERM EPERM EACCES", "fail:seccomp_eperm fail:debian_gate"},
    {"filter_by_the_arguments_where_the_gate_has_let_a_call_through", kRule,
     [](HostFacts& f) {
       behind_a_filter_at_level(f, 3, KernelVendor::debian);
       grant(f, kPerfmonBit);
     },
     "EINVAL EFAULT OK OK EPERM EPERM EPERM OK", "fail:seccomp_eperm"},
    {"nspawn", kNspawn,
     [](HostFacts& f) {
       f.seccomp_mode = 2;
       f.place = Place::nspawn;
       f.runtime = Runtime::nspawn;
       f.uid = 0;
       f.capabilities = CapabilitySets{0xfcecafff, 0xfcecafff, 0, 0xfcecafff, 0};
     },
     kEperm, "fail:seccomp_eperm"},
    {"seccomp_mode_unknown", kRule,
     [](HostFacts& f) {
       f.seccomp_mode.reset();
       grant(f, kPerfmonBit);
     },
     kEperm, "fail:seccomp_eperm"},
    {"child_killed_by_something_else", kRule, [](HostFacts& f) { grant(f, kPerfmonBit); },
     "SIGKILL", "unknown:trials_not_run"},
    {"kernel_without_perf_events", kSource,
     [](HostFacts& f) {
       f.has_paranoid_sysctl = false;
       f.perf_event_paranoid.reset();
     },
     kEnosys, "fail:kernel_without_perf"},
    {"no_perf_or_seccomp", kRule,
     [](HostFacts& f) {
       f.has_paranoid_sysctl = false;
       f.perf_event_paranoid.reset();
       f.seccomp_mode = 2;
     },
     kEnosys, "fail:kernel_without_perf fail:seccomp_enosys"},
    {"gvisor", kSource,
     [](HostFacts& f) {
       f.emulated = true;
       f.has_paranoid_sysctl.reset();
       f.perf_event_paranoid.reset();
     },
     kEnodev, "fail:emulated_kernel"},
    {"gvisor_of_another_version_text", kSource, [](HostFacts& f) { grant(f, kPerfmonBit); },
     kEnodev, "fail:emulated_kernel"},
    {"intercepted", kRule, [](HostFacts& f) { grant(f, kPerfmonBit); }, kEperm,
     "fail:refused_before_perf"},
    {"no_answer_to_the_first", kRule, [](HostFacts& f) { grant(f, kPerfmonBit); }, "HANG",
     "fail:kernel_does_not_answer"},
    {"no_answer_to_a_later_one", kRule, [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT OK HANG", "fail:kernel_does_not_answer"},
    {"no_child", kRule, [](HostFacts& f) { grant(f, kPerfmonBit); }, "-", "unknown:trials_not_run"},

    {"no_descriptor_left", kHost, [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT EMFILE EMFILE EMFILE EMFILE EMFILE EMFILE", "fail:descriptors_exhausted"},
    {"no_descriptor_and_no_capability", kHost, nothing,
     "EINVAL EFAULT ENFILE EACCES ENFILE EACCES EACCES ENFILE",
     "fail:descriptors_exhausted fail:file_capability_missing warn:paranoid_restricts"},
    {"no_descriptor_to_raise_with", kHost, [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT EMFILE EACCES EMFILE EACCES EACCES EMFILE", "fail:descriptors_exhausted"},
};

}  // namespace

std::span<const Row> reach_rows() {
  return kRows;
}

}  // namespace perf_exporter
