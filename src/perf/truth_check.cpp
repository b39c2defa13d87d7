#include "perf/truth_check.h"

#include <linux/perf_event.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "perf/cpu_pin.h"
#include "perf/event_group.h"

namespace perf_exporter {
namespace {

constexpr int kTries = 3;
constexpr std::size_t kCycles = 0;
constexpr std::size_t kInstructions = 1;
constexpr std::array<std::uint64_t, 2> kConfigs = {PERF_COUNT_HW_CPU_CYCLES,
                                                   PERF_COUNT_HW_INSTRUCTIONS};
using Truths = std::array<EventTruth, kConfigs.size()>;

EventTruth unknown(WhyUnknown why, int error = 0) {
  return {Verdict::unknown, why, error, 0};
}

// Of an open that was refused (kernel/events/core.c, perf_try_init_event, and the PMUs' drivers).
WhyUnknown why_unknown(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
      return WhyUnknown::no_such_event;
    case EINVAL:
    case EOPNOTSUPP:
      return WhyUnknown::no_user_mode;
    case EBUSY:
    case ENOSPC:
      return WhyUnknown::no_counter;
    default:
      return WhyUnknown::refused;
  }
}

// The events as one PMU takes them; an event that it does not take has its reason.
struct Subject {
  std::vector<std::size_t> events;  // indices of kConfigs
  std::vector<Encoding> encodings;  // theirs
};

// The first form of the event that opens. The trial is disabled and closed again at once.
Result<Encoding> form_that_opens(PerfKernel& kernel, const CorePmu& pmu, CpuId cpu,
                                 const Encoding& plain) {
  std::vector<Encoding> forms = {plain};
  if (!pmu.cpus.empty()) {
    forms.insert(forms.begin(), on_pmu(plain, pmu.type));
  }
  Fault fault;
  for (const Encoding& form : forms) {
    const auto opened = EventGroup::open(kernel, {form}, Target::of_own_task(cpu));
    if (opened) {
      return form;
    }
    fault = opened.error().fault;
  }
  return tl::unexpected(fault);
}

Subject find_subject(PerfKernel& kernel, const CorePmu& pmu, CpuId cpu, Truths& truths) {
  Subject subject;
  for (std::size_t i = 0; i < kConfigs.size(); ++i) {
    const Encoding plain = in_user_mode({PERF_TYPE_HARDWARE, kConfigs[i]});
    const auto form = form_that_opens(kernel, pmu, cpu, plain);
    if (form) {
      subject.events.push_back(i);
      subject.encodings.push_back(*form);
    } else {
      truths[i] = unknown(why_unknown(form.error().code), form.error().code);
    }
  }
  return subject;
}

EventTruth judge(std::size_t event, RawCount seen, RawCount enabled) {
  if (seen < kNextToNothing) {
    return {Verdict::not_counting, WhyUnknown::none, 0, seen};
  }
  const RawCount off =
      seen > kKnownLoopInstructions ? seen - kKnownLoopInstructions : kKnownLoopInstructions - seen;
  const bool is_right = event == kInstructions ? off <= kInstructionTolerance
                                               : seen / kMostCyclesPerNanosecond <= enabled;
  return {is_right ? Verdict::right : Verdict::nonsense, WhyUnknown::none, 0, seen};
}

// One try: a fresh group, so that nothing of an earlier one is left. A truth for each event of the
// subject.
std::vector<EventTruth> try_once(PerfKernel& kernel, const Subject& subject, CpuId cpu,
                                 Scheduling scheduling) {
  const auto all = [&](const EventTruth& truth) {
    return std::vector<EventTruth>(subject.events.size(), truth);
  };
  auto group = EventGroup::open(kernel, subject.encodings, Target::of_own_task(cpu), scheduling);
  if (!group) {
    // Each has opened alone: together they are more than the PMU has room for just now.
    const int error = group.error().fault.code;
    return all(error == EINVAL ? unknown(WhyUnknown::no_counter, error)
                               : unknown(why_unknown(error), error));
  }
  ::sched_yield();  // now rather than in the loop
  if (const auto enabled = group->enable(kernel); !enabled) {
    return all(unknown(WhyUnknown::refused, enabled.error().code));
  }
  run_known_loop(kKnownLoopInstructions);
  GroupReading reading;
  if (const auto read = group->read(kernel, reading); !read) {
    const bool lacks_counters = read.error().lies == ReadFault::Lies::in_counters;
    return all(lacks_counters ? unknown(WhyUnknown::no_counter)
                              : unknown(WhyUnknown::refused, read.error().fault.code));
  }
  if (reading.running == 0) {
    return all(unknown(WhyUnknown::no_counter));
  }
  if (reading.running != reading.enabled) {
    return all(unknown(WhyUnknown::shared_counter));
  }
  std::vector<EventTruth> truths;
  for (std::size_t i = 0; i < subject.events.size(); ++i) {
    truths.push_back(judge(subject.events[i], reading.members[i].value, reading.enabled));
  }
  return truths;
}

// One right try settles an event, and one that can't be judged leaves it open: only tries that all
// failed condemn it. It counts nothing only where it did so each time.
EventTruth sum_up(const EventTruth& before, const EventTruth& now) {
  if (before.verdict == Verdict::right || now.verdict == Verdict::right) {
    return before.verdict == Verdict::right ? before : now;
  }
  if (before.verdict == Verdict::unknown || now.verdict == Verdict::unknown) {
    return before.verdict == Verdict::unknown ? before : now;
  }
  return now.verdict == Verdict::nonsense ? now : before;
}

void try_events(PerfKernel& kernel, const Subject& subject, CpuId cpu, Scheduling scheduling,
                Truths& truths) {
  for (int i = 0; i < kTries; ++i) {
    const auto tried = try_once(kernel, subject, cpu, scheduling);
    bool all_right = true;
    for (std::size_t member = 0; member < tried.size(); ++member) {
      EventTruth& truth = truths[subject.events[member]];
      truth = i == 0 ? tried[member] : sum_up(truth, tried[member]);
      all_right = all_right && truth.verdict == Verdict::right;
    }
    if (all_right) {
      return;
    }
  }
}

bool lacks_counters(const Truths& truths) {
  return std::any_of(truths.begin(), truths.end(), [](const EventTruth& truth) {
    return truth.why == WhyUnknown::no_counter || truth.why == WhyUnknown::shared_counter;
  });
}

}  // namespace

PmuTruth check_truth(PerfKernel& kernel, const CorePmu& pmu, const CpuList& cpus,
                     const Precedence& precedence, CallUse affinity) {
  PmuTruth result{pmu.name, {}, {}, {}};
  const auto give_up = [&](const EventTruth& why) {
    result.cycles = result.instructions = why;
    return result;
  };
  if (!has_known_loop()) {
    return give_up(unknown(WhyUnknown::no_loop));
  }
  if (cpus.empty()) {
    return give_up(unknown(WhyUnknown::no_cpu));
  }
  if (affinity == CallUse::leave_out) {
    return give_up(unknown(WhyUnknown::affinity_refused));
  }
  const auto pin = CpuPin::to_one_of(cpus);
  if (!pin) {
    return give_up(unknown(WhyUnknown::affinity_refused, pin.error().code));
  }
  result.cpu = pin->cpu();
  Truths truths;
  const Subject subject = find_subject(kernel, pmu, pin->cpu(), truths);
  if (!subject.events.empty()) {
    try_events(kernel, subject, pin->cpu(), Scheduling::flexible, truths);
  }
  if (precedence.begins && !subject.events.empty() && lacks_counters(truths)) {
    precedence.begins(pin->cpu());
    try_events(kernel, subject, pin->cpu(), Scheduling::pinned, truths);
    precedence.ends(pin->cpu());
  }
  result.cycles = truths[kCycles];
  result.instructions = truths[kInstructions];
  return result;
}

}  // namespace perf_exporter
