#include "unit/caps/probe/diagnosis_rows.h"

namespace perf_exporter {
namespace {

constexpr const char* kKernelOnly = "EINVAL EFAULT OK EACCES OK EACCES EACCES OK";
constexpr const char* kCpuOnly = "EINVAL EFAULT OK OK EACCES EACCES EACCES OK";
constexpr const char* kSelinuxLabel = "system_u:system_r:container_t:s0";

void selinux_with_perfmon(HostFacts& facts) {
  facts.lsm_label = kSelinuxLabel;
  grant(facts, kPerfmonBit);
}

constexpr Row kRows[] = {
    {"debian_gate_with_perfmon", kDebianVm,
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       f.kernel_vendor = KernelVendor::debian;
       grant(f, kPerfmonBit);
     },
     kDebianGate, "fail:debian_gate"},
    {"debian_gate_without_capability", kDebianVm, [](HostFacts& f) { f.perf_event_paranoid = 3; },
     kDebianGate, "fail:file_capability_missing fail:debian_gate"},
    {"debian_gate_with_sys_admin", kDebianVm,
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       grant(f, kSysAdminBit);
     },
     kAllowed, "ok:permitted"},
    {"mainline_at_level_4", kHost, [](HostFacts& f) { f.perf_event_paranoid = 4; }, kLevel2,
     "fail:file_capability_missing warn:paranoid_restricts"},
    {"ubuntu_gate_with_perfmon", kSource,
     [](HostFacts& f) {
       f.perf_event_paranoid = 4;
       f.kernel_vendor = KernelVendor::ubuntu;
       grant(f, kPerfmonBit);
     },
     kUbuntuGate, "fail:ubuntu_gate"},
    {"old_debian_gate_before_the_attributes", kSource,
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       f.kernel_vendor = KernelVendor::debian;
       grant(f, kPerfmonBit);
     },
     kUbuntuGate, "fail:debian_gate"},
    {"derived_kernel_with_ubuntus_patch", kSource,
     [](HostFacts& f) {
       f.perf_event_paranoid = 4;
       grant(f, kPerfmonBit);
     },
     kUbuntuGate, "fail:ubuntu_gate"},
    {"ubuntu_gate_without_capability", kSource, [](HostFacts& f) { f.perf_event_paranoid = 4; },
     kUbuntuGate, "fail:file_capability_missing fail:ubuntu_gate"},
    {"gate_for_a_namespaces_root", kDebianVm,
     [](HostFacts& f) {
       f.perf_event_paranoid = 4;
       f.initial_user_namespace = false;
       grant(f, kAllBits);
     },
     kDebianGate, "fail:user_namespace fail:debian_gate"},
    {"gate_or_selinux", kRule,
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       f.lsm_label = kSelinuxLabel;
       grant(f, kPerfmonBit);
     },
     kDebianGate, "fail:debian_gate unknown:lsm_denies_open"},
    {"gate_and_apparmor", kRule,
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       grant(f, kPerfmonBit);
       f.capget->permitted = 0;
     },
     kDebianGate, "fail:apparmor_denies_capability fail:debian_gate"},
    {"gate_no_pmu_in_sysfs", kDebianVm,
     [](HostFacts& f) {
       f.perf_event_paranoid = 3;
       grant(f, kPerfmonBit);
       f.core_pmus->clear();
     },
     kDebianGate, "fail:debian_gate warn:no_pmu"},
    {"gate_at_an_unknown_level", kRule,
     [](HostFacts& f) {
       f.perf_event_paranoid.reset();
       grant(f, kPerfmonBit);
     },
     kDebianGate, "fail:debian_gate unknown:lsm_denies_open"},
    {"hardened_kernel_refuses_root", kSource,
     [](HostFacts& f) {
       f.perf_event_paranoid = 4;
       f.uid = 0;
       grant(f, kAllBits);
     },
     kDebianGate, "fail:hardened_gate"},
    {"hardened_kernel_or_selinux", kRule,
     [](HostFacts& f) {
       f.perf_event_paranoid = 4;
       f.lsm_label = kSelinuxLabel;
       grant(f, kAllBits);
     },
     kDebianGate, "fail:lsm_denies_open unknown:hardened_gate"},

    {"selinux_open", kDebianVm,
     [](HostFacts& f) {
       f.lsm_label = kSelinuxLabel;
       grant(f, kAllBits);
     },
     kDebianGate, "fail:lsm_denies_open"},
    {"selinux_kernel", kDebianVm, selinux_with_perfmon, kKernelOnly, "fail:lsm_denies_kernel"},
    {"selinux_cpu", kDebianVm, selinux_with_perfmon, kCpuOnly, "fail:lsm_denies_cpu"},
    {"selinux_cpu_at_level_0", kRule, [](HostFacts& f) { f.perf_event_paranoid = 0; }, kCpuOnly,
     "fail:lsm_denies_cpu"},
    {"selinux_read", kDebianVm, selinux_with_perfmon, "EINVAL EFAULT OK OK OK OK OK OK - EACCES OK",
     "fail:lsm_denies_read"},
    {"selinux_write", kDebianVm, selinux_with_perfmon,
     "EINVAL EFAULT OK OK OK OK OK OK - OK EACCES", "fail:lsm_denies_write"},
    {"selinux_read_and_no_capability", kRule, nothing,
     "EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK - EACCES EACCES",
     "fail:file_capability_missing fail:lsm_denies_read fail:lsm_denies_write "
     "warn:paranoid_restricts"},
    {"selinux_capability", kDebianVm, selinux_with_perfmon, kLevel2, "fail:lsm_denies_capability"},
    {"veto_at_level_1", kRule,
     [](HostFacts& f) {
       f.perf_event_paranoid = 1;
       grant(f, kPerfmonBit);
     },
     kLevel1, "fail:lsm_denies_cpu fail:lsm_denies_capability"},
    {"apparmor", kDebianVm,
     [](HostFacts& f) {
       grant(f, kPerfmonBit);
       f.capget->permitted = 0;
       f.capget->effective = 0;
     },
     kLevel2, "fail:apparmor_denies_capability"},
};

}  // namespace

std::span<const Row> gate_rows() {
  return kRows;
}

}  // namespace perf_exporter
