#include <cerrno>

#include "caps/probe/causes.h"

namespace perf_exporter {
namespace {

std::string tell_pmus(const Case& c) {
  const auto& pmus = c.facts.core_pmus;
  if (!pmus) {
    return "PMUs in sysfs unknown";
  }
  std::string text = pmus->empty() ? "no core PMU in sysfs" : "core PMUs in sysfs:";
  for (const std::string& name : *pmus) {
    text += " " + name;
  }
  return text;
}

std::string tell_machine(const Case& c) {
  const auto& hypervisor = c.facts.hypervisor;
  std::string text = ", hypervisor: ";
  text += hypervisor ? hypervisor_text(*hypervisor).title : "unknown";
  if (c.facts.machine) {
    text += ", machine '" + *c.facts.machine + "'";
  }
  return text;
}

// A refusal that comes from the PMU: not one of a permission, of a missing descriptor, of something
// in front of perf, or of the CPU, which `without_pmu`, the same open of a software event, shares.
bool pmu_refused(const Case& c, Trial trial, Trial without_pmu) {
  const TrialResult& result = c.trials[trial];
  return reached_perf(c) && result.outcome == TrialResult::Outcome::refused && !denied(c, trial) &&
         result.number != EMFILE && result.number != ENFILE && result != c.trials[without_pmu];
}

// Whether the PMUs are those of core types. x86 calls them cpu_core, cpu_atom and the like
// (arch/x86/events/intel/core.c, intel_hybrid_pmu_type_map), and shows those of which a CPU is
// online.
bool are_of_core_types(const std::vector<std::string>& pmus) {
  return pmus.size() > 1 || pmus.front().starts_with("cpu_");
}

// Empty where the refusal is no finding of its own.
std::string_view key_of(const Case& c, int error) {
  const auto& pmus = c.facts.core_pmus;
  switch (error) {
    case EBUSY:
      return "pmu_busy";
    case EOPNOTSUPP:  // mediated_vpmu says so
      return c.facts.mediated_vpmu == true ? "" : "hardware_event_unsupported";
    case ENOENT:
      // Between core types a generic event goes to one of them; it is opened once for each, and
      // that tells.
      return !pmus || pmus->empty()     ? "no_pmu"
             : are_of_core_types(*pmus) ? ""
                                        : "hardware_event_unsupported";
    default:
      return "hardware_event_unsupported";
  }
}

}  // namespace

void add_pmu_causes(Case& c) {
  const std::string seen = tell(c, {Trial::hardware_cpu, Trial::hardware_user_self}) + ", " +
                           tell_pmus(c) + tell_machine(c);
  // r7 needs no privilege below the distributions' gate, so that a missing PMU shows even where
  // whole CPUs are refused. Where r6 opens, r7 only tells that the PMU can't leave a mode out.
  const bool by_self = !c.trials[Trial::hardware_cpu].opened() &&
                       pmu_refused(c, Trial::hardware_user_self, Trial::user_self);
  const bool by_cpu = pmu_refused(c, Trial::hardware_cpu, Trial::kernel_cpu);
  const int error = c.trials[by_self ? Trial::hardware_user_self : Trial::hardware_cpu].number;
  const bool sysfs_shows_none = c.facts.core_pmus && c.facts.core_pmus->empty();
  const bool opens =
      c.trials[Trial::hardware_user_self].opened() || c.trials[Trial::hardware_cpu].opened();
  if (c.facts.mediated_vpmu == true) {
    add(c, "mediated_vpmu", Severity::warn, seen + ", KVM's enable_mediated_pmu Y");
  }
  if (by_self || by_cpu) {
    if (const std::string_view key = key_of(c, error); !key.empty()) {
      add(c, key, Severity::warn, seen);
    }
  } else if (sysfs_shows_none && !opens) {
    add(c, "no_pmu", Severity::warn, seen);
  }
  // A software event of the same target is allowed, and nothing says that the PMU is missing.
  if (!by_self && c.trials[Trial::kernel_cpu].opened() && denied(c, Trial::hardware_cpu)) {
    add(c, "unexplained_refusal", Severity::fail, seen + "; " + tell_sets(c));
  }
}

}  // namespace perf_exporter
