#include "unit/caps/probe/diagnosis_rows.h"

namespace perf_exporter {
namespace {

void allow(HostFacts& facts) {
  grant(facts, kPerfmonBit);
}

constexpr Row kRows[] = {
    {"no_pmu_and_allowed", kHost,
     [](HostFacts& f) {
       allow(f);
       f.core_pmus->clear();
       f.hypervisor = Hypervisor::other;
     },
     kAllowedNoPmu, "warn:no_pmu ok:permitted"},
    {"cycles_unknown_to_the_pmu", kSource, allow, kAllowedNoPmu,
     "warn:hardware_event_unsupported ok:permitted"},
    {"pmu_held", kSource, allow, "EINVAL EFAULT OK OK OK OK EBUSY EBUSY",
     "warn:pmu_busy ok:permitted"},
    {"pmu_that_excludes_no_mode", kSource, allow, "EINVAL EFAULT OK OK OK OK OK EINVAL",
     "ok:permitted"},
    {"guests_can_not_be_included", kSource, allow, "EINVAL EFAULT OK OK OK OK EOPNOTSUPP OK",
     "warn:hardware_event_unsupported ok:permitted"},
    {"mediated_vpmu", kSource,
     [](HostFacts& f) {
       allow(f);
       f.mediated_vpmu = true;
     },
     "EINVAL EFAULT OK OK OK OK EOPNOTSUPP OK", "warn:mediated_vpmu ok:permitted"},
    {"mediated_vpmu_without_a_guest", kSource,
     [](HostFacts& f) {
       allow(f);
       f.mediated_vpmu = true;
     },
     kAllowed, "warn:mediated_vpmu ok:permitted"},
    {"generic_event_of_the_other_core_type", kSource,
     [](HostFacts& f) {
       allow(f);
       f.core_pmus = std::vector<std::string>{"cpu_atom", "cpu_core"};
     },
     "EINVAL EFAULT OK OK OK OK ENOENT OK", "ok:permitted"},
    {"generic_event_where_the_other_core_type_is_offline", kSource,
     [](HostFacts& f) {
       allow(f);
       f.core_pmus = std::vector<std::string>{"cpu_atom"};
     },
     "EINVAL EFAULT OK OK OK OK ENOENT OK", "ok:permitted"},
    {"hardware_alone_refused", kRule, allow, "EINVAL EFAULT OK OK OK OK EACCES OK",
     "fail:unexplained_refusal ok:permitted"},
};

}  // namespace

std::span<const Row> pmu_rows() {
  return kRows;
}

}  // namespace perf_exporter
