#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "collectors/counting/event_status.h"
#include "collectors/counting/opened_groups.h"
#include "collectors/events/event_catalog.h"
#include "perf/core_pmu.h"
#include "perf/target.h"

namespace perf_exporter {

// Opens the wanted events on one target after another: a CPU, or a cgroup on a CPU. Used by one
// thread.
//
// Software events form one group, and so do tracepoints. Hardware events form one merged group
// where the PMU takes it, else a group for each semantic group of the catalogue. What a PMU refused
// on one CPU is remembered and not asked again on its next CPU, of whole CPUs and of cgroups apart:
// a cgroup may be refused for another reason. An architectural event that Arm's PMU does not list
// is not asked for at all, and has no errno: some would open and stay 0. Events of a semantic group
// that open alone and not together are busy: the PMU may have room another time.
//
// What one call of it opens is one batch (PerfKernel::begin_opens()): what else is done to a
// target, its reads, its enabling and the closing of what it had, which may hang, is done outside.
class GroupOpener {
 public:
  // `kernel` must outlive the opener. `pmus` are the machine's core PMUs.
  GroupOpener(PerfKernel& kernel, EventSet wanted, std::vector<CorePmu> pmus, Guests guests);

  // Opens as much as `target` and the kernel allow, with at most `allowance` descriptors; groups
  // beyond it are not tried. The core PMU is that of the target's CPU. Never fails as a whole. All
  // its hardware events include guests, or all leave them out.
  OpenedCpu open(const Target& target, Arrangement arrangement, std::size_t allowance);

  // Whether `target` takes the event now, together with those that it is never counted without;
  // opens nothing that stays open.
  bool opens_now(std::size_t event, const Target& target);

  // Why `target` does not take the event alone; nothing where it does. As when it is opened: what
  // its PMU has refused on another CPU is not asked again. Opens nothing that stays open.
  std::optional<EventRefusal> refusal_alone(std::size_t event, const Target& target);

  // What PMUs refused is asked anew from now on.
  void forget_refusals();

  // The core PMUs as they are now, for the opens to come.
  void set_pmus(std::vector<CorePmu> pmus) { pmus_ = std::move(pmus); }

  // The guests' mode in force: exclude, too, once the kernel has refused to include them.
  [[nodiscard]] Guests guests() const { return guests_; }

  // On which CPU it has refused that; nothing where it has not.
  [[nodiscard]] std::optional<CpuId> guests_refused_on() const { return guests_refused_on_; }

 private:
  using Indices = std::vector<std::size_t>;
  struct TriedForm {
    Encoding encoding;
    std::optional<EventRefusal> refusal;
  };
  struct Attempt;
  // Whose answer it was, to which event.
  struct Question {
    std::string pmu;  // its name
    Target::Kind kind = Target::Kind::cpu;
    std::size_t event = 0;
    bool operator<(const Question& other) const {
      return std::tie(pmu, kind, event) < std::tie(other.pmu, other.kind, other.event);
    }
  };

  OpenedCpu open_groups(const Target& target, Arrangement arrangement, std::size_t allowance);
  TriedForm try_alone(std::size_t event, const Target& target, const CorePmu* pmu);
  TriedForm known_or_tried(std::size_t event, const Target& target, const CorePmu* pmu);
  bool open_group(Attempt& attempt, const Indices& events);
  void open_kind(Attempt& attempt, PmuKind kind);
  void open_hardware(Attempt& attempt, Arrangement arrangement);
  void open_semantic_group(Attempt& attempt, const Indices& events);
  void keep_what_opens_alone(Attempt& attempt, Indices& events);
  void refuse_together(Attempt& attempt, const Indices& events);
  [[nodiscard]] const CorePmu* pmu_of(const Target& target) const;
  [[nodiscard]] Indices required_of_group(std::size_t event) const;

  PerfKernel& kernel_;
  EventSet wanted_;
  std::vector<CorePmu> pmus_;
  Guests guests_;
  std::optional<CpuId> guests_refused_on_;
  std::map<Question, TriedForm> known_;
};

}  // namespace perf_exporter
