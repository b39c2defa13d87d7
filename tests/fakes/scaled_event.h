// One event alone in its group, with the group's clocks: for tests of how readings are scaled.
#pragma once

#include <array>

#include "base/count.h"
#include "perf/group_scaler.h"

namespace perf_exporter {

// What an event and its group's clocks show at one reading, cumulated since it was enabled; ns.
struct EventReading {
  RawCount value = 0;
  RawCount enabled = 0;
  RawCount running = 0;
};

class ScaledEvent {
 public:
  void update(const EventReading& reading) { take(reading, Use::counted); }
  // What was counted is not to be believed.
  void skip(const EventReading& reading) { take(reading, Use::left_out); }
  void starve(const EventReading& reading) {
    const Use use = Use::counted;
    scaler_.starve(clocks_, as_group(reading), members(use));
    clocks_ = {reading.enabled, reading.running};
  }
  void close() {
    scaler_.close(clocks_, kEvents, tally_);
    clocks_ = {};
  }

  [[nodiscard]] Count total() const { return tally_[0].total; }
  [[nodiscard]] bool has_total() const { return tally_[0].has_total != 0; }

 private:
  static constexpr std::array<std::size_t, 1> kEvents = {0};

  void take(const EventReading& reading, Use use) {
    scaler_.update(clocks_, as_group(reading), members(use));
    clocks_ = {reading.enabled, reading.running};
  }
  GroupScaler::Members members(const Use& use) { return {kEvents, tally_, {&use, 1}}; }
  const GroupReading& as_group(const EventReading& reading) {
    group_.enabled = reading.enabled;
    group_.running = reading.running;
    group_.members.resize(1);
    group_.members[0].value = reading.value;
    return group_;
  }

  GroupScaler scaler_;
  GroupClocks clocks_;
  GroupReading group_;
  std::array<Tally, 1> tally_;
};

}  // namespace perf_exporter
