// What is to be opened and closed, as a function of what is wanted and what there is.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "collectors/counting/event_status.h"
#include "collectors/counting/opened_groups.h"
#include "host/cpu_list.h"
#include "perf/target.h"

namespace perf_exporter {

// The targets whose events are wanted: all tasks of each CPU that is chosen and online.
std::vector<Target> wanted_targets(const CpuList& online, const CpuList& chosen);

// A target that is to be opened anew, how, and, where it waits for what was refused, for which of
// the wanted events (by index).
struct Reopening {
  Target target;
  Arrangement arrangement = Arrangement::merged;
  std::vector<std::size_t> events = {};
};

// What there is. The lists of targets to be opened anew are of `open` ones.
struct Standing {
  std::vector<Target> wanted = {};
  std::vector<Target> open = {};        // have been opened, whatever of their events was refused
  std::vector<Reopening> waiting = {};  // for events that were refused, and may open now
  std::vector<Reopening> unlike = {};   // include guests, where others leave them out
  std::vector<Reopening> asking = {};   // by what their readings show
};

// One thing to do to one target.
struct Step {
  enum class What { close, open, reopen };
  enum class Why {
    unwanted,  // close
    missing,   // open
    waiting,   // reopen, where any of `events` opens now
    unlike,    // reopen
    asking,    // reopen
  };
  What what;
  Why why;
  Target target;
  Arrangement arrangement = Arrangement::merged;
  std::vector<std::size_t> events = {};

  bool operator==(const Step&) const = default;
};

// The steps from what there is to what is wanted, in their order: closing, which makes room, then
// what is missing, then what waits, is unlike, or asks, each in the order of its list. A target has
// one step at the most; opening it anew in any case goes before waiting, and as it asks for before
// all else.
std::vector<Step> reconcile(const Standing& standing);

// Whether the core PMUs are others than when an event was refused.
enum class Pmus { as_before, changed };

// Whether what was refused is worth another try. A limit that is reached may have room again: for
// `needed` descriptors, of which `left` may still be opened. What a PMU lacks can come with another
// PMU alone.
bool may_open_now(const EventRefusal& refusal, Pmus pmus, std::size_t left, std::size_t needed);

}  // namespace perf_exporter
