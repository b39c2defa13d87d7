// What is counted, as data: an event owns its names and its encoding, whatever described it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "perf/encoding.h"

namespace perf_exporter {

// Whether an event belongs to its semantic group whatever happens, or only where it fits.
enum class Membership { required, where_it_fits };

// Whether an event can be 0 while a CPU executes instructions. One that can't and is 0 all the same
// is not counted by what calls itself its counter; see WithheldEvents.
enum class Movement { may_rest, with_instructions };

// Whether a PMU that has no such event lacks something. No CPU has all of the generalised cache
// events.
enum class Presence { expected, optional };

struct Event {
  std::string name;       // unique: the `event` label, and the `group` label of a group it leads
  std::string collector;  // the collector that it belongs to: --collector NAME
  Encoding encoding;      // guests are included or not when it is opened
  std::string metric;     // between scope and _total: perf_cpu_<metric>_total
  std::string help;       // of its family: what it counts, and in which modes
  // Beside those of what it is counted on, in the order in which they are written.
  std::vector<std::pair<std::string, std::string>> labels;
  // Events of one semantic group are counted over the same instants, since they get divided by each
  // other; a group is never split. Software events form one group of their own.
  std::string group;
  Movement movement = Movement::may_rest;
  Membership membership = Membership::required;
  Presence presence = Presence::expected;
};

inline bool is_software(const Event& event) {
  return pmu_kind(event.encoding) == PmuKind::software;
}

// Whether a core's PMU counts it, which has few counters.
inline bool is_core(const Event& event) {
  return pmu_kind(event.encoding) == PmuKind::core;
}

// The events that are wanted, in the order of their families on the page: those of one metric stand
// together, those of one semantic group in the order of opening. They are known by their index.
// Immutable; copies share the events, which live as long as the last of them.
class EventSet {
 public:
  EventSet() = default;
  explicit EventSet(std::vector<Event> events)
      : events_(std::make_shared<const std::vector<Event>>(std::move(events))) {}

  [[nodiscard]] std::size_t size() const { return events_ ? events_->size() : 0; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  const Event& operator[](std::size_t event) const { return (*events_)[event]; }
  [[nodiscard]] const Event* begin() const { return events_ ? events_->data() : nullptr; }
  [[nodiscard]] const Event* end() const { return begin() + size(); }

 private:
  std::shared_ptr<const std::vector<Event>> events_;
};

}  // namespace perf_exporter
