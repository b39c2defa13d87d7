#include "perf/count_scaler.h"

namespace perf_exporter {
namespace {

constexpr RawCount kHoldNanoseconds = 25'000'000;
constexpr RawCount kHoldShare = 100;  // running must reach 1/100 of the enabled time
constexpr RawCount kNoticeableShare = 1000;

EventReading since(const EventReading& baseline, const EventReading& reading) {
  return {reading.value - baseline.value, reading.enabled - baseline.enabled,
          reading.running - baseline.running};
}

bool runs_backwards(const EventReading& before, const EventReading& after) {
  return after.value < before.value || after.enabled < before.enabled ||
         after.running < before.running;
}

bool is_telling(const EventReading& delta) {
  const bool is_nearly_whole =
      delta.running > 0 && delta.running + delta.enabled / kNoticeableShare >= delta.enabled;
  return is_nearly_whole ||
         (delta.running >= kHoldNanoseconds && delta.running >= delta.enabled / kHoldShare);
}

// 64-bit factors: the product of value and enabled time fits 128 bits whatever they are.
Count scaled(const EventReading& delta) {
  return (Count{delta.value} * delta.enabled + delta.running / 2) / delta.running;
}

}  // namespace

void CountScaler::settle(const EventReading& until) {
  const EventReading delta = since(baseline_, until);
  const bool ran_throughout = delta.running >= delta.enabled;
  const bool is_sliver = delta.running == 0 || delta.running < delta.enabled / kHoldShare;
  total_ += ran_throughout || is_sliver ? Count{delta.value} : scaled(delta);
  baseline_ = until;
}

void CountScaler::update(const EventReading& reading) {
  if (runs_backwards(last_, reading)) {
    baseline_ = last_ = last_run_ = reading;
    return;
  }
  if (reading.running > last_.running) {
    last_run_ = reading;
  }
  last_ = reading;
  const EventReading delta = since(baseline_, reading);
  if (delta.running >= delta.enabled || is_telling(delta)) {
    settle(reading);
    has_total_ = true;
  }
}

void CountScaler::starve(const EventReading& reading) {
  if (runs_backwards(last_, reading)) {
    baseline_ = last_ = last_run_ = reading;
    return;
  }
  if (!runs_backwards(baseline_, last_run_)) {
    settle(last_run_);
  }
  total_ += reading.value - baseline_.value;
  baseline_ = last_ = last_run_ = reading;
}

void CountScaler::skip(const EventReading& reading) {
  baseline_ = last_ = last_run_ = reading;
}

void CountScaler::close() {
  settle(last_);
  baseline_ = last_ = last_run_ = {};
}

}  // namespace perf_exporter
