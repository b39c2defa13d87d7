#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "base/count.h"
#include "collectors/events/event.h"

namespace perf_exporter {

// What the rules of WithheldEvents ask of the wanted events, looked up once for all CPUs. Events
// are indices into them.
struct EventTraits {
  explicit EventTraits(const EventSet& wanted);

  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  struct Of {
    std::size_t semantic_group = 0;  // the first event of the same group
    bool is_required = false;        // of its group
    bool is_mover = false;           // moves with instructions
  };
  std::vector<Of> events;
  std::vector<std::size_t> movers;   // those that do
  std::size_t instructions = kNone;  // the one that counts them
};

// Why an event that is read is not published.
enum class Withheld : std::uint8_t {
  no,
  waiting,    // it can't be 0 while instructions are executed, and is 0 so far
  silent,     // the same, after a minute of running time
  untrusted,  // its PMU failed the truth check
};

// Which events of one target are read and not published, lest they lie.
//
// An event that can't stay 0 while instructions are executed has no data before it has moved: a 0
// there is a counter that does not count (virtual PMUs take events and leave them at 0), since the
// reading itself executes code in the kernel on that CPU, which is counted. After a minute of
// running time it is silent, provided that the target's instructions have moved where they are
// counted. It takes its semantic group along: misses without references are a lie. A member that is
// there only where it fits is no divisor and goes alone. Once it moves it is held no longer. What
// has moved on a target is not watched any more; that is the truth check's business.
class WithheldEvents {
 public:
  static constexpr RawCount kNotOpen = std::numeric_limits<RawCount>::max();

  // Of `events` events; all functions are to be given the same traits.
  explicit WithheldEvents(std::size_t events);

  // An event that is open has counted `value` since it was opened.
  void note(const EventTraits& traits, std::size_t event, RawCount value);

  // Judges every event by what was noted and by for how many ns each had its counter since it was
  // opened; kNotOpen where it is not, was not read yet, or has had nothing to count. Whether one
  // became silent or ceased to be. Allocates nothing.
  bool judge(const EventTraits& traits, std::span<const RawCount> running);

  // The events whose PMU failed the truth check: true at their index; empty: none did. One that is
  // trusted again is held until the reading after that is done: what it has counted in between is
  // not to be believed.
  void set_untrusted(const EventTraits& traits, const std::vector<bool>& untrusted);
  // All that follows from a reading has been done.
  void end_reading(const EventTraits& traits);

  [[nodiscard]] Withheld of(std::size_t event) const {
    const Of& one = events_[event];
    return one.trust == Trust::given ? one.withheld : Withheld::untrusted;
  }

  // Whether the event itself is silent, not only a partner of it.
  [[nodiscard]] bool is_silent_itself(std::size_t event) const {
    return events_[event].is_silent_itself;
  }

 private:
  enum class Trust : std::uint8_t { given, returning, lost };
  struct Of {
    bool has_moved : 1 = false;
    bool is_silent_itself : 1 = false;
    Trust trust : 2 = Trust::given;
    Withheld withheld : 2 = Withheld::no;
    Withheld next : 2 = Withheld::no;  // judge()'s
  };
  static_assert(sizeof(Of) == 1);

  [[nodiscard]] Withheld judged(const EventTraits& traits, std::span<const RawCount> running,
                                std::size_t event) const;
  void hold(const EventTraits& traits, std::size_t event, Withheld hold);

  std::unique_ptr<Of[]> events_;
  bool is_settled_ = true;     // no mover that is open waits to move, and nothing is held for it
  bool is_returning_ = false;  // some trust is
};

}  // namespace perf_exporter
