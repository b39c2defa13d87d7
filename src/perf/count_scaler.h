#pragma once

#include "base/count.h"

namespace perf_exporter {

// What one event and its group's clock show at one reading, cumulated since it was enabled.
struct EventReading {
  RawCount value = 0;
  RawCount enabled = 0;  // ns
  RawCount running = 0;  // ns
};

// Turns readings of one event, which the kernel may have multiplexed, into a total that never
// falls.
//
// It accumulates scaled deltas: what was counted since a baseline times enabled/running since then.
// Under multiplexing the baseline is held until the event has run for 25 ms and for 1 % of the
// enabled time since, for an off period must not be extrapolated from a sliver of running time.
// Where it has run for all of the time but 1/1000, next to nothing is extrapolated.
// Scaling the lifetime's value instead would fall whenever a CPU idles, and a fall is a counter
// reset to Prometheus.
class CountScaler {
 public:
  // Takes in the next reading. One that runs backwards (which no kernel should give) moves the
  // baseline and adds nothing.
  void update(const EventReading& reading);

  // Takes in a reading of an event that has stood without a counter for long: what was held before
  // is settled, and the time without a counter is not extrapolated over.
  void starve(const EventReading& reading);

  // Takes in a reading that is not to be believed: what was counted since the newest that was
  // settled is left out for good.
  void skip(const EventReading& reading);

  // The event is closed: settles what is held. The next reading is that of a new event, from zero.
  void close();

  // What was counted, estimated where the event did not run all the time.
  [[nodiscard]] Count total() const { return total_; }
  // Whether the total rests on a baseline that was settled at a reading: before, it is 0 for want
  // of running time, which is no count.
  [[nodiscard]] bool has_total() const { return has_total_; }

 private:
  void settle(const EventReading& until);

  Count total_ = 0;
  bool has_total_ = false;
  EventReading baseline_;
  EventReading last_;      // the newest reading
  EventReading last_run_;  // the newest reading at which it had run since the one before
};

}  // namespace perf_exporter
