#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/call_use.h"
#include "base/count.h"
#include "perf/core_pmu.h"
#include "perf/known_loop.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// What became of one event's check.
enum class Verdict {
  right,
  not_counting,  // 0, or next to it
  nonsense,      // a count that can't be
  unknown,       // it could not be judged: see WhyUnknown
};

// Why a check could not be judged.
enum class WhyUnknown {
  none,
  no_loop,           // there is no known loop for this architecture
  no_cpu,            // the PMU has no CPU that may be used for it
  affinity_refused,  // the thread can't be kept on any of the PMU's CPUs
  refused,           // a permission or a limit: errno in the truth
  no_user_mode,      // the PMU can't count user mode alone
  no_such_event,     // the PMU does not have the event
  no_counter,        // others held the counters
  shared_counter,    // it had a counter for a part of the time
};

// What the check of one event has found.
struct EventTruth {
  Verdict verdict = Verdict::unknown;
  WhyUnknown why = WhyUnknown::none;  // of an unknown verdict
  int error = 0;                      // errno of an open, a read or the pinning that was refused
  RawCount seen = 0;  // of a verdict: what the newest try that decided it has counted

  [[nodiscard]] bool failed() const {
    return verdict == Verdict::not_counting || verdict == Verdict::nonsense;
  }
};

// What the check of a PMU has found.
struct PmuTruth {
  std::string pmu;
  std::optional<CpuId> cpu;  // where it was checked; nothing where no CPU could be used
  EventTruth cycles;
  EventTruth instructions;
};

// A hardware event must not come nearer to 0 than this in the loop: 1 % of its instructions. For
// cycles that would be a hundred instructions in each, where the widest CPUs execute about ten.
inline constexpr RawCount kNextToNothing = kKnownLoopInstructions / 100;

// Instructions may differ from the loop's by 1 %: the calls around it execute some hundred more.
inline constexpr RawCount kInstructionTolerance = kKnownLoopInstructions / 100;

// Cycles may not exceed this many for each ns for which the event was enabled: no CPU is clocked at
// more than 10 GHz.
inline constexpr RawCount kMostCyclesPerNanosecond = 10;

// Events of a whole CPU are served before those of a task, and where the PMU is small they may take
// every counter. Then the check asks for its own to come first (Scheduling::pinned), for as long as
// the thread runs in the loop: some 100 us for each of three tries. What loses its counters
// meanwhile has them again within the kernel's interval of rotation, 4 ms, whatever becomes of the
// thread, and shows the time as enabled and not running. `begins` and `ends` are called on the
// checking thread, around all tries together.
struct Precedence {
  std::function<void(CpuId)> begins;
  std::function<void(CpuId)> ends;
};

// Counts cycles and instructions of the own task in user mode over a loop of known length, on one
// of `cpus`, which should be online CPUs of `pmu`: whether the PMU counts at all, and counts right.
// Virtual PMUs often do neither, and say nothing.
//
// The calling thread is kept on that CPU meanwhile and has its own CPUs again afterwards; where
// sched_setaffinity is left out, nothing can be judged. Needs no
// privilege up to perf_event_paranoid 2. Takes about 1 ms, leaves nothing open, and never fails:
// what can't be judged is unknown. A reading is judged only where the events had their counters all
// the time, and an event has failed only where three such readings in a row were wrong, so that
// other users of the PMU raise no false alarm. Where they hold every counter and `precedence` is
// given, it has precedence over them. An event carries the type of a PMU that lists its
// CPUs (see on_pmu()) where the kernel takes that, else it is asked for as it is.
PmuTruth check_truth(PerfKernel& kernel, const CorePmu& pmu, const CpuList& cpus,
                     const Precedence& precedence = {}, CallUse affinity = CallUse::make);

}  // namespace perf_exporter
