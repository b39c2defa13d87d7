#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/count.h"
#include "perf/event_group.h"

namespace perf_exporter {

// What one event has counted on its target over all groups that it was a member of.
struct Tally {
  static constexpr RawCount kMost = ~RawCount{0} >> 1;

  // Estimated where the event did not run all the time. 63 bits hold 58 years of 5 GHz; a total
  // that has come so far stands still rather than to begin anew.
  RawCount total : 63 = 0;
  // Whether the total rests on a baseline that was settled at a reading: before, it is 0 for want
  // of running time, which is no count.
  RawCount has_total : 1 = 0;
  RawCount value = 0;  // its group's newest reading gave

  void add(Count count);
};

// What becomes of what an event has counted since the reading before.
enum class Use : std::uint8_t { counted, left_out };

// Turns readings of one opened group, which the kernel may have multiplexed, into totals of its
// events that never fall.
//
// It accumulates scaled deltas: what was counted since a baseline times enabled/running since then.
// Under multiplexing the baseline is held until the group has run for 25 ms and for 1 % of the
// enabled time since, for an off period must not be extrapolated from a sliver of running time.
// Where it has run for all of the time but 1/1000, next to nothing is extrapolated.
// Scaling the lifetime's value instead would fall whenever a CPU idles, and a fall is a counter
// reset to Prometheus.
//
// The clocks are the whole group's, and a baseline that is held is a thing of the few that are
// multiplexed: of others the totals and values of the newest reading are all there is.
class GroupScaler {
 public:
  // Which events the group's members are, in its order, where their totals are kept, and what is to
  // become of their counts.
  struct Members {
    std::span<const std::size_t> events;  // indices into the two below
    std::span<Tally> tallies;
    std::span<const Use> uses;
  };

  GroupScaler();
  GroupScaler(GroupScaler&&) noexcept;
  GroupScaler& operator=(GroupScaler&&) noexcept;
  GroupScaler(const GroupScaler&) = delete;
  GroupScaler& operator=(const GroupScaler&) = delete;
  ~GroupScaler();

  // Takes in the next reading; `before` are the clocks of the one before, 0 before the first. Where
  // the clocks or a value run backwards (which no kernel should give) nothing is added. Of a member
  // that is left out, what was counted since the newest baseline, and up to the next, is so for
  // good. Allocates nothing but when a group begins to be multiplexed.
  void update(const GroupClocks& before, const GroupReading& reading, const Members& members);

  // Takes in a reading of a group that has stood without a counter for long: what was held before
  // is settled, and the time without a counter is not extrapolated over.
  void starve(const GroupClocks& before, const GroupReading& reading, const Members& members);

  // The group is closed: settles what is held. `last` are the clocks of the newest reading.
  void close(const GroupClocks& last, std::span<const std::size_t> events,
             std::span<Tally> tallies);

 private:
  struct Held;

  void hold(const GroupClocks& before, const GroupReading& reading, const Members& members);
  void rebase(const GroupReading& reading, const Members& members);

  std::unique_ptr<Held> held_;  // null where no reading was ever held since all of them ran
};

}  // namespace perf_exporter
