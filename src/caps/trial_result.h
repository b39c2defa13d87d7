#pragma once

#include <string>

namespace perf_exporter {

// How one call that was tried ended; `done` is to others what `opened` is to an open. `number` is
// the errno of a refusal, the signal that killed the child, or why there was no child to run it: an
// errno. `unanswered`: the call has not returned, of r0 within some seconds.
struct TrialResult {
  enum class Outcome { not_run, opened, done, refused, killed, unanswered };
  Outcome outcome = Outcome::not_run;
  int number = 0;

  [[nodiscard]] bool opened() const { return outcome == Outcome::opened; }
  [[nodiscard]] bool failed_with(int error) const {
    return outcome == Outcome::refused && number == error;
  }
  friend bool operator==(const TrialResult&, const TrialResult&) = default;
};

// "opened", "done", "EACCES", "SIGSYS", "not run", "no answer".
std::string to_text(const TrialResult& result);

}  // namespace perf_exporter
