#include "unit/caps/probe/diagnosis_rows.h"

namespace perf_exporter {
namespace {

constexpr Row kRows[] = {
    {"everything_allowed", kHost, [](HostFacts& f) { grant(f, kPerfmonBit); }, kAllowed,
     "ok:permitted"},
    {"paranoid_minus_one", kHost, [](HostFacts& f) { f.perf_event_paranoid = -1; }, kAllowed,
     "ok:permitted"},

    {"user_namespace_with_capability", kHost,
     [](HostFacts& f) {
       f.initial_user_namespace = false;
       grant(f, kAllBits);
     },
     kLevel2, "fail:user_namespace warn:paranoid_restricts"},
    {"user_namespace_without_capability", kHost,
     [](HostFacts& f) {
       f.initial_user_namespace = false;
       f.capabilities->bounding = 0;
       set_file_capabilities(f, kPerfmonBit);
     },
     kLevel2, "fail:user_namespace fail:bounding_set_lacks_perfmon warn:paranoid_restricts"},
    {"user_namespace_unknown", kRule,
     [](HostFacts& f) {
       f.initial_user_namespace.reset();
       grant(f, kPerfmonBit);
     },
     kLevel2, "fail:user_namespace fail:lsm_denies_capability"},

    {"no_file_capability", kHost, nothing, kLevel2,
     "fail:file_capability_missing warn:paranoid_restricts"},
    {"no_file_capability_and_no_pmu", kHost, [](HostFacts& f) { f.core_pmus->clear(); },
     kLevel2NoPmu, "fail:file_capability_missing warn:paranoid_restricts warn:no_pmu"},
    {"no_file_capability_at_level_1", kHost, [](HostFacts& f) { f.perf_event_paranoid = 1; },
     kLevel1, "fail:file_capability_missing warn:paranoid_restricts"},
    {"image_without_file_capability", kOci,
     [](HostFacts& f) {
       f.place = Place::kubernetes;
       f.root_filesystem = "overlay";
     },
     kLevel2, "fail:image_lacks_file_capability warn:paranoid_restricts"},
    {"other_file_capability", kHost, [](HostFacts& f) { set_file_capabilities(f, kSysAdminBit); },
     kLevel2, "fail:file_capability_lacks_perfmon warn:paranoid_restricts"},
    {"file_capability_of_another_namespace", kRule,
     [](HostFacts& f) {
       f.file_capabilities = FileCapabilities{true, kPerfmonBit, 0, true, 1000};
     },
     kLevel2, "fail:file_capability_lacks_perfmon warn:paranoid_restricts"},
    {"bounding_set", kHost,
     [](HostFacts& f) {
       f.capabilities->bounding = 0;
       set_file_capabilities(f, kPerfmonBit);
     },
     kLevel2, "fail:bounding_set_lacks_perfmon warn:paranoid_restricts"},
    {"bounding_set_and_file", kHost,
     [](HostFacts& f) { f.capabilities->bounding = kAllBits & ~kPerfmonBit; }, kLevel2,
     "fail:bounding_set_lacks_perfmon fail:file_capability_missing warn:paranoid_restricts"},
    {"nosuid", kHost,
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.nosuid_mount = true;
     },
     kLevel2, "fail:nosuid_mount warn:paranoid_restricts"},
    {"no_new_privs_behind_a_shell", kHost,
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.no_new_privs = true;
     },
     kLevel2, "fail:no_new_privs_dropped_perfmon warn:paranoid_restricts"},
    {"no_new_privs_proves_nothing_without_a_file_capability", kHost,
     [](HostFacts& f) { f.no_new_privs = true; }, kLevel2,
     "fail:file_capability_missing warn:paranoid_restricts"},
    {"tracer", kHost,
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.tracer_pid = 7;
     },
     kLevel2, "fail:tracer_dropped_perfmon warn:paranoid_restricts"},
    {"tracer_or_no_new_privs", kRule,
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.no_new_privs = true;
       f.tracer_pid = 7;
     },
     kLevel2,
     "fail:no_new_privs_dropped_perfmon fail:tracer_dropped_perfmon warn:paranoid_restricts"},
    {"no_file_caps", kSource,
     [](HostFacts& f) {
       set_file_capabilities(f, kPerfmonBit);
       f.no_file_caps = true;
     },
     kLevel2, "fail:file_capability_not_applied warn:paranoid_restricts"},
    {"old_kernel", kHost, [](HostFacts& f) { f.cap_last_cap = 37; }, kLevel2,
     "fail:kernel_lacks_perfmon warn:paranoid_restricts"},
    {"permitted_only", kRule, [](HostFacts& f) { f.capabilities->permitted = kPerfmonBit; },
     kLevel2, "fail:apparmor_denies_capability fail:permitted_not_raised warn:paranoid_restricts"},
    {"permitted_only_seen_by_capget", kHost,
     [](HostFacts& f) {
       grant(f, kPerfmonBit);
       f.capabilities->effective = 0;
     },
     kLevel2, "fail:permitted_not_raised warn:paranoid_restricts"},
    {"root_that_dropped", kHost, [](HostFacts& f) { f.uid = 0; }, kLevel2,
     "fail:root_lost_perfmon warn:paranoid_restricts"},
    {"sets_unknown", kRule, [](HostFacts& f) { f.capabilities.reset(); }, kLevel2,
     "fail:unexplained_refusal"},
    {"offline_cpu", kDebianVm, [](HostFacts& f) { grant(f, kPerfmonBit); },
     "EINVAL EFAULT OK OK ENODEV ENODEV ENODEV OK", "unknown:cpu_offline"},
};

}  // namespace

std::span<const Row> capability_rows() {
  return kRows;
}

}  // namespace perf_exporter
